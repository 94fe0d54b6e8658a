//! What readers ask of a ledger: why this number, what without this item, how it moved.

use chrono::{DateTime, TimeDelta, Utc};

use super::{By, Ledger, Move, soft_points};
use crate::{
    evidence::{Side, Status},
    ids::EvidenceId,
    points::{PER_NAT, Points},
    probability::Probability,
    stream::{Headline, Stream},
};

/// From how many soft points on one side a reader is warned.
pub const SOFT_LIMIT: f64 = 60.0;

/// "Why 75%": points from the start to the headline. `start + bars = headline`, exactly, in log-odds.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakdown {
    /// The option it explains; 0 for yes.
    pub option: usize,
    /// Where the claim started.
    pub start: Probability,
    /// What led away from there, in the order in which it is shown.
    pub bars: Vec<(Bar, Points)>,
    /// The probability shown.
    pub shown: Probability,
}

/// One bar of "Why 75%".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bar {
    /// Items for, with their number.
    For(usize),
    /// Items against, with their number.
    Against(usize),
    /// What the items lost by ageing since they came.
    Ageing,
    /// Another stream of the pool.
    Stream(Stream),
}

/// Something a reader should know about the number.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Over 60 points on one side rest on press, social media or nothing.
    Soft {
        /// The side.
        side: Side,
        /// Its soft points.
        points: Points,
    },
    /// Contradictions that nobody has decided.
    Contradictions(usize),
    /// Two streams stand more than 10 percentage points apart.
    Apart {
        /// The higher one.
        high: Stream,
        /// The lower one.
        low: Stream,
        /// By how many percentage points.
        pts: f64,
    },
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Soft { side, points } => write!(
                f,
                "{} points {} rest on press, social media or no source at all",
                crate::figures::points_whole(points.value().abs()).trim_start_matches('+'),
                side.word()
            ),
            Self::Contradictions(n) => {
                let n = crate::figures::counted(*n as u64, "contradiction");
                write!(f, "{n} undecided: both sides count half until a person decides")
            }
            Self::Apart { high, low, pts } => {
                write!(f, "{} and {} stand {pts:.0} pts apart", high.title(), low.title())
            }
        }
    }
}

impl Ledger {
    /// The probabilities that are shown, one per option; they sum to 1.
    pub fn shown(&self) -> Vec<Probability> {
        self.headline().shown(self.made_of().floor())
    }

    /// The option that the number is about: yes, or the leading named one.
    pub fn leading(&self) -> usize {
        match self.options() {
            crate::options::Options::YesNo => 0,
            crate::options::Options::Named(_) => {
                let shown = self.shown();
                (0..shown.len())
                    .max_by(|a, b| shown[*a].value().total_cmp(&shown[*b].value()).then(b.cmp(a)))
                    .unwrap_or(0)
            }
        }
    }

    /// The probabilities that would be shown without an item; its duplicates then count in full.
    ///
    /// Only what hangs together with the item is weighed anew, so that a page may ask this of every item.
    pub fn without(&self, id: EvidenceId, now: DateTime<Utc>) -> Vec<Probability> {
        let mut part = self.around(id);
        let before = part.evidence();
        let by = By { actor: crate::actor::Actor::system("what-if"), at: now };
        if part.retract(id, &by).is_err() {
            return self.shown();
        }
        let after = part.evidence();
        let change = |option| after.get(option).unwrap_or(0.0) - before.get(option).unwrap_or(0.0);
        let mut streams = self.streams();
        let evidence = (0..self.options().count()).fold(self.evidence(), |l, o| l.plus(o, change(o)));
        streams.insert(Stream::Evidence, evidence);
        self.made_of().of(&streams, self.start()).shown(self.made_of().floor())
    }

    /// The ledger of the items whose weights may change with one item: its cluster, those it contradicts with theirs,
    /// and everything where it took another item's place, for that one may belong anywhere.
    fn around(&self, id: EvidenceId) -> Self {
        let mut part = self.clone();
        let Some(entry) = self.entry(id) else { return part };
        if entry.item.supersedes.is_none() {
            let mut touched = vec![id];
            for c in self.contradictions().iter().filter(|c| c.is_about(id)) {
                touched.extend([c.first, c.second]);
            }
            let clusters: Vec<EvidenceId> =
                touched.iter().filter_map(|id| self.entry(*id)).map(|e| e.factors.cluster).collect();
            part.entries.retain(|e| e.status == Status::Active && clusters.contains(&e.factors.cluster));
        }
        part
    }

    /// "Why 75%" for one option.
    pub fn breakdown(&self, option: usize) -> Breakdown {
        let shares = self.made_of().shares(&self.streams());
        let share = shares.get(&Stream::Evidence).copied().unwrap_or(0.0);
        let mut bars = Vec::new();
        if share > 0.0 {
            let about = |side: Side| {
                self.entries().iter().filter(move |e| {
                    e.counts != 0.0
                        && e.item.side == side
                        && self.options().index(e.item.option.as_deref()) == Ok(option)
                })
            };
            let mut ageing = 0.0;
            for (side, bar) in [(Side::For, Bar::For as fn(usize) -> Bar), (Side::Against, Bar::Against)] {
                let unaged: f64 = about(side).map(|e| e.factors.unaged()).sum();
                let counts: f64 = about(side).map(|e| e.counts).sum();
                ageing += counts - unaged;
                bars.push((bar(about(side).count()), Points::new(share * unaged)));
            }
            // Below a hundredth of a point it is the noise of adding decimals.
            let ageing = if ageing.abs() < 0.005 { 0.0 } else { ageing };
            bars.push((Bar::Ageing, Points::new(share * ageing)));
        }
        let from = self.start().get(option).unwrap_or(0.0);
        for (stream, weights) in self.streams() {
            if let (false, Some(share)) = (stream == Stream::Evidence, shares.get(&stream)) {
                let to = weights.get(option).unwrap_or(0.0);
                bars.push((Bar::Stream(stream), Points::new(share * PER_NAT * (to - from))));
            }
        }
        Breakdown { option, start: self.start().probabilities()[option], bars, shown: self.shown()[option] }
    }

    /// What a reader should know about the number.
    pub fn warnings(&self) -> Vec<Warning> {
        self.warnings_of(|_| true)
    }

    /// What a reader should know who sees only some of the streams.
    pub fn warnings_of(&self, sees: impl Fn(&Stream) -> bool) -> Vec<Warning> {
        let mut out = Vec::new();
        for side in [Side::For, Side::Against] {
            let soft = soft_points(self.entries(), side);
            if soft > SOFT_LIMIT {
                out.push(Warning::Soft { side, points: Points::new(side.sign() * soft) });
            }
        }
        let counts = |id| self.entry(id).is_some_and(|e| e.status == Status::Active);
        let open = self
            .contradictions()
            .iter()
            .filter(|c| c.decision.is_none() && counts(c.first) && counts(c.second))
            .count();
        if open > 0 {
            out.push(Warning::Contradictions(open));
        }
        let option = self.leading();
        let mut shown: Vec<(Stream, f64)> = self
            .streams()
            .into_iter()
            .filter(|(s, _)| sees(s))
            .map(|(s, l)| (s.clone(), l.shown(s.floor())[option].value()))
            .collect();
        shown.sort_by(|a, b| a.1.total_cmp(&b.1));
        if let ([low, ..], [.., high]) = (shown.as_slice(), shown.as_slice()) {
            let pts = 100.0 * (high.1 - low.1);
            if pts > 10.0 {
                out.push(Warning::Apart { high: high.0.clone(), low: low.0.clone(), pts });
            }
        }
        out
    }
}

/// The realised change of an option's shown probability over the window that ends at `now`, in percentage points, and
/// how many of the moves (oldest first) it is made of. A claim younger than the window moved from its start.
pub fn movement(moves: &[Move], option: usize, window: TimeDelta, now: DateTime<Utc>) -> (f64, usize) {
    let upto: Vec<&Move> = moves.iter().filter(|m| m.at <= now).collect();
    let within = upto.iter().filter(|m| m.at > now - window).count();
    let mut made_of = None::<&Headline>;
    let mut shown = Vec::with_capacity(upto.len());
    for row in &upto {
        made_of = row.made_of.as_ref().or(made_of);
        let floor = made_of.map_or(Headline::FLOOR, Headline::floor);
        shown.push(row.headline_after.shown(floor).get(option).map_or(0.0, |p| p.value()));
    }
    let Some(last) = shown.last() else { return (0.0, 0) };
    let base = upto.len() - within;
    // Within its first window a claim moved from its first row, which is no movement itself.
    let (from, count) = if base == 0 { (shown[0], within - 1) } else { (shown[base - 1], within) };
    (100.0 * (last - from), count)
}
