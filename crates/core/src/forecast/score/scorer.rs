//! One question's scoring, prepared once and asked for every series.

use super::{
    Interval, Question, Score, ScoreKind, Scores,
    means::{Line, Mean, geometric_means},
};
use crate::forecast::aggregate::{self, Method};

/// A question with a known outcome and everybody's forecasts, ready to score any series.
#[derive(Clone, Debug)]
pub struct Scorer {
    options: usize,
    yes_no: bool,
    outcome: usize,
    which: Vec<ScoreKind>,
    open: i64,
    close: i64,
    /// `[open, scheduled_close)` in microseconds.
    horizon: f64,
    spot: i64,
    peers: Line,
    /// The peers an instant before the spot time.
    spot_peers: Option<Mean>,
    relative: Line,
}

impl Scorer {
    /// Prepares the scores of kinds `which`; the forecasts that count are what peers are compared with. `outcome` is
    /// the index of the option that came true.
    pub fn new<K>(
        question: &Question,
        intervals: &[Interval<K>],
        outcome: usize,
        which: &[ScoreKind],
    ) -> Self {
        let open = question.open.timestamp_micros();
        let close = question.close().timestamp_micros();
        let spot = question.spot_time().timestamp_micros();
        let wants = |kinds: &[ScoreKind]| which.iter().any(|kind| kinds.contains(kind));
        let means = if wants(&[ScoreKind::Peer, ScoreKind::SpotPeer]) {
            geometric_means(intervals, outcome)
        } else {
            Vec::new()
        };
        // n / (n - 1) ln(p / G) is ln p less the mean ln of the others.
        let peers = Line::new(means.iter().map(|m| (m.at, others(m.n), m.ln)), open, close);
        let spot_peers = means.iter().rfind(|m| m.at.max(open) < spot).copied();
        let relative = if wants(&[ScoreKind::RelativeLegacy]) {
            let medians = aggregate::history(question, intervals, Method::RecencyWeighted);
            let ln = |entry: &aggregate::Entry| {
                let p = &entry.aggregate.centers;
                p.get(outcome).copied().flatten().or(p.last().copied().flatten()).map_or(0.0, f64::ln)
            };
            Line::new(medians.iter().map(|e| (e.start.timestamp_micros(), 1.0, ln(e))), open, close)
        } else {
            Line::new([], open, close)
        };
        Self {
            options: question.options.count(),
            yes_no: question.options == crate::options::Options::YesNo,
            outcome,
            which: which.to_vec(),
            open,
            close,
            horizon: (question.scheduled_close.timestamp_micros() - open) as f64,
            spot,
            peers,
            spot_peers,
            relative,
        }
    }

    /// The scores of one series: the forecasts of one forecaster, or the steps of a stream or an aggregate. They must
    /// not overlap.
    ///
    /// Peers are compared over whole steps between two changes of the crowd, by who stands when a step begins. That is
    /// exact for forecasters and aggregates, whose changes make the steps; for a stream use [`Self::stream`].
    pub fn series<'a, K: 'a>(&self, series: impl IntoIterator<Item = &'a Interval<K>>) -> Scores {
        self.scores(series, Line::earned)
    }

    /// The scores of a stream, which moves at other times than the crowd: as [`Self::series`], but compared with the
    /// peers to the instant.
    pub fn stream<'a, K: 'a>(&self, steps: impl IntoIterator<Item = &'a Interval<K>>) -> Scores {
        self.scores(steps, Line::earned_exactly)
    }

    fn scores<'a, K: 'a>(
        &self,
        series: impl IntoIterator<Item = &'a Interval<K>>,
        earned: fn(&Line, f64, i64, i64) -> (f64, f64),
    ) -> Scores {
        let mut sums = Sums::default();
        for interval in series {
            self.add(&mut sums, interval, earned);
        }
        self.which.iter().filter_map(|kind| Some((*kind, self.finish(&sums, *kind)?))).collect()
    }

    fn add<K>(
        &self,
        sums: &mut Sums,
        interval: &Interval<K>,
        earned_by: fn(&Line, f64, i64, i64) -> (f64, f64),
    ) {
        let of = |option: Option<&Option<f64>>| option.copied().flatten();
        let Some(p) = of(interval.p.get(self.outcome)).or_else(|| of(interval.p.last())) else { return };
        let ln = p.max(f64::MIN_POSITIVE).ln();
        let available = interval.p.iter().flatten().count().max(2);
        let baseline = 1.0 + ln / (available as f64).ln();
        let start = interval.start.timestamp_micros();
        let end = interval.end.map(|end| end.timestamp_micros());
        if start <= self.spot && end.is_none_or(|end| self.spot < end) {
            sums.spot_baseline = Some(sums.spot_baseline.unwrap_or(0.0) + 100.0 * baseline);
            if let Some(peers) = self.spot_peers {
                let earned = 100.0 * others(peers.n) * (ln - peers.ln);
                sums.spot_peer = Some(sums.spot_peer.unwrap_or(0.0) + earned);
            }
        }
        let (from, to) = (start.max(self.open), end.map_or(self.close, |end| end.min(self.close)));
        if to <= from {
            return;
        }
        let lasts = (to - from) as f64;
        sums.time += lasts;
        sums.baseline += 100.0 * baseline * lasts;
        sums.log += ln * lasts;
        sums.brier += self.brier(&interval.p) * lasts;
        let (earned, time) = earned_by(&self.peers, ln, from, to);
        sums.peer += 100.0 * earned;
        sums.peer_time += time;
        let (earned, time) = earned_by(&self.relative, ln, from, to);
        sums.relative += earned / std::f64::consts::LN_2;
        sums.relative_time += time;
    }

    /// Half the sum over the options of the squared distance from the outcome, so that named options are on the scale of
    /// yes/no, where it is the squared distance of yes. An outcome that could not be chosen at the time counts as the
    /// last option.
    fn brier(&self, p: &[Option<f64>]) -> f64 {
        let at = |option: usize| p.get(option).copied().flatten();
        let came_true = if at(self.outcome).is_some() { self.outcome } else { p.len().saturating_sub(1) };
        let distance = |option: usize| {
            let outcome = if option == came_true { 1.0 } else { 0.0 };
            (at(option).unwrap_or(0.0) - outcome).powi(2)
        };
        if self.yes_no { distance(0) } else { (0..self.options).map(distance).sum::<f64>() / 2.0 }
    }

    fn finish(&self, sums: &Sums, kind: ScoreKind) -> Option<Score> {
        let period = (self.close - self.open) as f64;
        let over = |sum: f64, time: f64, whole: f64| {
            (time > 0.0 && whole > 0.0).then(|| Score { value: sum / whole, coverage: time / whole })
        };
        let mean = |sum: f64| {
            let score = over(sum, sums.time, self.horizon)?;
            Some(Score { value: sum / sums.time, ..score })
        };
        let spot = |value: Option<f64>| value.map(|value| Score { value, coverage: 1.0 });
        match kind {
            ScoreKind::Brier => mean(sums.brier),
            ScoreKind::Log => mean(sums.log),
            ScoreKind::Baseline => over(sums.baseline, sums.time, self.horizon),
            ScoreKind::Peer => over(sums.peer, sums.peer_time, self.horizon),
            ScoreKind::SpotBaseline => spot(sums.spot_baseline),
            ScoreKind::SpotPeer => spot(sums.spot_peer),
            ScoreKind::RelativeLegacy => over(sums.relative, sums.relative_time, period),
        }
    }
}

/// `n / (n - 1)`, or 0 where nobody else stands.
fn others(n: usize) -> f64 {
    if n > 1 { n as f64 / (n - 1) as f64 } else { 0.0 }
}

#[derive(Default)]
struct Sums {
    time: f64,
    baseline: f64,
    log: f64,
    brier: f64,
    peer: f64,
    peer_time: f64,
    relative: f64,
    relative_time: f64,
    spot_baseline: Option<f64>,
    spot_peer: Option<f64>,
}
