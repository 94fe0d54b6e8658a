//! From a timeline to an outcome.

use chrono::{DateTime, Utc};

use super::{Conclusion, Coverage, Outcome, Rhythm, Terms, Timeline, runs::Run};
use crate::{document::When, rule::Verdict};

impl Conclusion {
    pub(super) fn open(outcome: Outcome, why: String) -> Self {
        Self { outcome, first_hit: None, resolved_at: None, event_date: None, why }
    }
}

impl Timeline {
    /// The outcome as of the last evaluation. `now` is only asked whether the deadline has passed.
    pub fn conclude(
        &self,
        terms: &Terms<'_>,
        rhythm: Rhythm,
        coverage: Coverage,
        now: DateTime<Utc>,
    ) -> Conclusion {
        match terms.when {
            When::Ever => self.ever(terms, rhythm, coverage, now),
            When::AtDeadline => self.deadline(terms, rhythm, coverage, now),
        }
    }

    fn ever(&self, terms: &Terms<'_>, rhythm: Rhythm, coverage: Coverage, now: DateTime<Utc>) -> Conclusion {
        let Terms { window, confirm, .. } = *terms;
        let in_window = |run: &Run| run.hit < window.by;
        let holds = self.runs(terms, rhythm, |state| state.verdict == Verdict::Holds);
        if let Some(run) = holds.iter().find(|run| in_window(run) && run.confirms(run.hit, confirm)) {
            return yes(run, terms, run.hit + confirm.standing.delta());
        }
        let pending = |run: &Run| in_window(run) && run.ended.is_none();
        if let Some(run) = holds.iter().find(|run| pending(run)) {
            let why =
                format!("it holds since {} and must stand for {}", day(run.hit), confirm.standing.words());
            return Conclusion::open(Outcome::Pending, why);
        }
        if now < window.by {
            return Conclusion::open(Outcome::Pending, "the rule has not been confirmed yet".into());
        }
        let Some(deadline) = self.at_deadline(window) else {
            return awaiting("nothing was evaluated before the deadline");
        };
        if deadline.quarantined {
            return awaiting("the data at the deadline is quarantined");
        }
        // Had every doubt of a trusted snapshot in the window been settled for the claim.
        let hopeful = self.runs(terms, rhythm, |state| {
            state.verdict == Verdict::Holds || (state.step_at < window.by && state.at_best == Verdict::Holds)
        });
        if let Some(run) = hopeful.iter().find(|run| in_window(run) && run.confirms(run.hit, confirm)) {
            return awaiting(&format!(
                "had the unknown steps been holds, a run from {} to {} would have confirmed",
                day(run.hit),
                day(run.stood)
            ));
        }
        if hopeful.iter().any(pending) {
            return awaiting("an unknown step before the deadline may still turn out to have held");
        }
        no(terms, coverage, "no run within the window was confirmed, or could have been")
    }

    fn deadline(
        &self,
        terms: &Terms<'_>,
        rhythm: Rhythm,
        coverage: Coverage,
        now: DateTime<Utc>,
    ) -> Conclusion {
        let Terms { window, confirm, .. } = *terms;
        if now < window.by {
            return Conclusion::open(Outcome::Pending, "the deadline decides and has not come".into());
        }
        let Some(state) = self.at_deadline(window) else {
            return awaiting("nothing was evaluated before the deadline");
        };
        if state.quarantined {
            return awaiting("the data at the deadline is quarantined");
        }
        let verdict = state.verdict;
        if verdict == Verdict::Unknown {
            return awaiting("the deadline verdict is unknown");
        }
        let runs = self.runs(terms, rhythm, |state| state.verdict == verdict);
        let Some(run) = runs.iter().rfind(|run| run.began < window.by) else {
            return awaiting("nothing was evaluated before the deadline");
        };
        if run.confirms(run.began, confirm) {
            return if verdict == Verdict::Holds {
                yes(run, terms, (run.hit + confirm.standing.delta()).max(window.by))
            } else {
                no(terms, coverage, "the rule failed at the deadline, and that was confirmed")
            };
        }
        if run.ended.is_none() {
            let why = format!(
                "it {verdict} since {} and must stand for {}",
                day(run.began),
                confirm.standing.words()
            );
            return Conclusion::open(Outcome::Pending, why);
        }
        awaiting("the state at the deadline did not stand long enough to be confirmed")
    }
}

fn yes(run: &Run, terms: &Terms<'_>, resolved_at: DateTime<Utc>) -> Conclusion {
    let first_hit = run.hit.date_naive();
    let dated = run.event_date.unwrap_or(first_hit);
    let event_date = terms.window.from.map_or(dated, |from| dated.max(from.date_naive()));
    Conclusion {
        outcome: Outcome::Yes,
        first_hit: Some(run.hit),
        resolved_at: Some(resolved_at),
        event_date: Some(event_date),
        why: format!("it held from {} and stood for {}", day(run.hit), terms.confirm.standing.words()),
    }
}

fn no(terms: &Terms<'_>, coverage: Coverage, why: &str) -> Conclusion {
    if coverage.stale {
        return awaiting("a source was stale at the deadline, and no change is no evidence of no");
    }
    if !coverage.polled {
        return awaiting("a source was not polled within seven days after the deadline");
    }
    Conclusion { resolved_at: Some(terms.window.by), ..Conclusion::open(Outcome::No, why.to_owned()) }
}

fn awaiting(why: &str) -> Conclusion {
    Conclusion::open(Outcome::AwaitingData, why.to_owned())
}

fn day(at: DateTime<Utc>) -> String {
    crate::figures::date(at.date_naive())
}
