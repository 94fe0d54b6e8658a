//! When a movement of the headline is worth an alert.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{BadSetting, Span};

/// Against what a movement is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The probability one was told last, or the one when one subscribed.
    #[default]
    LastAlert,
    /// The probability at one's last visit.
    LastVisit,
    /// One's own standing forecast; without one, the last alert.
    MyForecast,
}

/// Which movements are told. All points are points of probability, 0 to 100.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenRule", into = "WrittenRule")]
pub struct MoveRule {
    at_least: f64,
    rearm: f64,
    confirmations: u32,
    baseline: Baseline,
    cooldown: Span,
}

/// A rule as it is written; what is left out is as usual.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    #[serde(default = "usual_points")]
    at_least: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rearm: Option<f64>,
    #[serde(default = "one")]
    confirmations: u32,
    #[serde(default)]
    baseline: Baseline,
    #[serde(default = "usual_cooldown")]
    cooldown: Span,
}

fn usual_points() -> f64 {
    3.0
}

fn one() -> u32 {
    1
}

fn usual_cooldown() -> Span {
    Span::seconds(15 * 60)
}

impl Default for MoveRule {
    fn default() -> Self {
        Self {
            at_least: usual_points(),
            rearm: usual_points() / 4.0,
            confirmations: 1,
            baseline: Baseline::default(),
            cooldown: usual_cooldown(),
        }
    }
}

impl TryFrom<WrittenRule> for MoveRule {
    type Error = BadSetting;

    fn try_from(written: WrittenRule) -> Result<Self, BadSetting> {
        let rearm = written.rearm.unwrap_or(written.at_least / 4.0);
        Self::new(written.at_least, rearm, written.confirmations, written.baseline, written.cooldown)
    }
}

impl From<MoveRule> for WrittenRule {
    fn from(rule: MoveRule) -> Self {
        Self {
            at_least: rule.at_least,
            rearm: Some(rule.rearm),
            confirmations: rule.confirmations,
            baseline: rule.baseline,
            cooldown: rule.cooldown,
        }
    }
}

/// Rounding of sums of points must not decide.
const HAIR: f64 = 1e-9;

impl MoveRule {
    /// Told when the headline stands at least `at_least` points (0.1 to 100) from the baseline for `confirmations` (1 to
    /// 100) changes in a row; told again only after it came back by `rearm` points (0 to `at_least`), and not within
    /// `cooldown`.
    pub fn new(
        at_least: f64,
        rearm: f64,
        confirmations: u32,
        baseline: Baseline,
        cooldown: Span,
    ) -> Result<Self, BadSetting> {
        if !(0.1..=100.0).contains(&at_least) {
            return Err(BadSetting::new("at_least", at_least, "a number of points from 0.1 to 100"));
        }
        if !(0.0..=at_least).contains(&rearm) {
            let want = format!("a number of points from 0 to {at_least}, the threshold");
            return Err(BadSetting::new("rearm", rearm, want));
        }
        if !(1..=100).contains(&confirmations) {
            return Err(BadSetting::new("confirmations", confirmations, "a number from 1 to 100"));
        }
        Ok(Self { at_least, rearm, confirmations, baseline, cooldown })
    }

    /// The threshold, in points.
    pub fn at_least(&self) -> f64 {
        self.at_least
    }

    /// Against what movements are measured.
    pub fn baseline(&self) -> Baseline {
        self.baseline
    }

    /// For how long after an alert nothing more is told of the same claim's movement.
    pub fn cooldown(&self) -> Span {
        self.cooldown
    }

    /// The same rule with another threshold.
    pub fn with_at_least(&self, at_least: f64) -> Result<Self, BadSetting> {
        Self::new(at_least, at_least / 4.0, self.confirmations, self.baseline, self.cooldown)
    }
}

/// What a subscription remembers of one claim's headline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// The probability, 0 to 1, that was told last, or the first that was seen.
    pub baseline: f64,
    /// Whether the next crossing is told.
    pub armed: bool,
    /// How many changes in a row stood beyond the threshold.
    pub streak: u32,
    /// When the last alert was raised.
    pub told_at: Option<DateTime<Utc>>,
    /// When to look again although nothing changes: a crossing was held back.
    pub look_again_at: Option<DateTime<Utc>>,
}

/// A movement worth telling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fired {
    /// The baseline, 0 to 1.
    pub from: f64,
    /// The probability now, 0 to 1.
    pub to: f64,
}

impl Watched {
    /// Nothing told yet; `p` is where the headline stood before the first change that is seen.
    pub fn new(p: f64) -> Self {
        Self { baseline: p, armed: true, streak: 0, told_at: None, look_again_at: None }
    }

    /// The headline drifted by ageing from `from` to `to`: the baseline goes along, so that age alone is never told.
    pub fn drifted(&mut self, from: f64, to: f64) {
        let moved = self.baseline + (to - from);
        if moved.is_finite() {
            self.baseline = moved.clamp(0.0, 1.0);
        }
    }

    /// The headline stands at `p` since `at`. `reference` replaces the remembered baseline: the last visit, a forecast.
    /// `quiet_until` holds alerts back, as a cooldown does. A number that is none neither fires nor clears.
    pub fn observe(
        &mut self,
        rule: &MoveRule,
        p: f64,
        reference: Option<f64>,
        at: DateTime<Utc>,
        quiet_until: Option<DateTime<Utc>>,
    ) -> Option<Fired> {
        let from = reference.filter(|r| r.is_finite()).unwrap_or(self.baseline);
        let points = (p - from).abs() * 100.0;
        if !points.is_finite() {
            return None;
        }
        if !self.armed && points <= rule.at_least - rule.rearm + HAIR {
            self.armed = true;
            self.streak = 0;
        }
        if points < rule.at_least - HAIR {
            self.streak = 0;
            self.look_again_at = None;
            return None;
        }
        if !self.armed {
            return None;
        }
        self.streak = self.streak.saturating_add(1);
        if self.streak < rule.confirmations {
            return None;
        }
        let cooled = self.told_at.map(|told| told + TimeDelta::from(rule.cooldown));
        if let Some(until) = cooled.max(quiet_until).filter(|until| *until > at) {
            self.look_again_at = Some(until);
            return None;
        }
        self.streak = 0;
        self.told_at = Some(at);
        self.look_again_at = None;
        self.baseline = p;
        // Against the last alert the distance is nought again; against anything else it must first shrink.
        self.armed = reference.is_none();
        Some(Fired { from, to: p })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(at_least: f64, rearm: f64, k: u32, cooldown: u32) -> MoveRule {
        MoveRule::new(at_least, rearm, k, Baseline::LastAlert, Span::seconds(cooldown)).unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_775_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a12_a_series_that_swings_about_the_threshold_is_told_once() {
        let (t, h) = (5.0, 2.0);
        for reference in [None, Some(0.5)] {
            let mut watched = Watched::new(0.5);
            let told = (0..200)
                .filter(|i| {
                    let swing = if i % 2 == 0 { h / 4.0 } else { -h / 4.0 };
                    let p = 0.5 + (t + swing) / 100.0;
                    watched.observe(&rule(t, h, 1, 0), p, reference, at(*i), None).is_some()
                })
                .count();
            assert_eq!(told, 1, "{reference:?}");
        }
    }

    #[test]
    fn a12_it_is_told_again_only_after_it_came_back() {
        let rule = rule(5.0, 2.0, 1, 0);
        let mut watched = Watched::new(0.5);
        let mut tell = |p, i| watched.observe(&rule, p, Some(0.5), at(i), None).is_some();
        assert!(tell(0.56, 0));
        assert!(!tell(0.58, 1), "beyond is not news");
        assert!(!tell(0.54, 2), "4 points: not back by 2 yet");
        assert!(!tell(0.56, 3));
        assert!(!tell(0.53, 4), "3 points: armed again");
        assert!(tell(0.55, 5));
    }

    #[test]
    fn a12_missing_numbers_neither_fire_nor_clear() {
        let rule = rule(5.0, 2.0, 2, 0);
        let mut watched = Watched::new(0.5);
        assert_eq!(watched.observe(&rule, 0.56, None, at(0), None), None, "the first of two");
        assert_eq!(watched.observe(&rule, f64::NAN, None, at(1), None), None);
        assert!(watched.observe(&rule, 0.56, None, at(2), None).is_some(), "the streak goes on");
    }

    #[test]
    fn c10_a_move_of_2_8_is_told_once_and_one_of_0_7_never() {
        let rule = rule(2.0, 0.5, 1, 0);
        let mut watched = Watched::new(0.72);
        assert_eq!(watched.observe(&rule, 0.748, None, at(0), None), Some(Fired { from: 0.72, to: 0.748 }));
        assert_eq!(watched.observe(&rule, 0.748, None, at(1), None), None);
        assert_eq!(watched.observe(&rule, 0.755, None, at(2), None), None);
    }

    #[test]
    fn a_crossing_within_the_cooldown_is_told_at_its_end() {
        let rule = rule(3.0, 0.75, 1, 600);
        let mut watched = Watched::new(0.5);
        assert!(watched.observe(&rule, 0.55, None, at(0), None).is_some());
        assert_eq!(watched.observe(&rule, 0.60, None, at(10), None), None);
        assert_eq!(watched.look_again_at, Some(at(600)));
        assert_eq!(watched.observe(&rule, 0.60, None, at(600), None), Some(Fired { from: 0.55, to: 0.60 }));
        assert_eq!(watched.look_again_at, None);
    }

    #[test]
    fn ageing_alone_is_never_told() {
        let rule = rule(3.0, 0.75, 1, 0);
        let mut watched = Watched::new(0.75);
        let mut p = 0.75;
        for i in 0..100 {
            let next = p - 0.002;
            watched.drifted(p, next);
            p = next;
            assert_eq!(watched.observe(&rule, p, None, at(i), None), None);
        }
        assert!(watched.observe(&rule, p + 0.03, None, at(200), None).is_some());
    }

    proptest! {
        #[test]
        fn whatever_is_told_moved_by_the_threshold(
            ps in proptest::collection::vec(0.0..=1.0f64, 1..60),
            t in 0.1..40.0f64,
            k in 1..4u32,
            cooldown in 0..20u32,
        ) {
            let rule = rule(t, t / 4.0, k, cooldown);
            let mut watched = Watched::new(ps[0]);
            let mut last = (ps[0], None::<i64>);
            for (i, p) in ps.iter().enumerate() {
                let i = i64::try_from(i).unwrap();
                if let Some(fired) = watched.observe(&rule, *p, None, at(i), None) {
                    prop_assert!((fired.to - fired.from).abs() * 100.0 >= t - 1e-6);
                    prop_assert_eq!(fired.from.to_bits(), last.0.to_bits(), "the baseline is what was told last");
                    prop_assert!(last.1.is_none_or(|told| i - told >= i64::from(cooldown)));
                    last = (fired.to, Some(i));
                }
            }
        }
    }
}
