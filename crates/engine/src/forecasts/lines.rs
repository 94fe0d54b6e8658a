//! The lines of a claim as series of forecasts: every stream and the headline, as they were shown.

use std::collections::BTreeMap;

use bellwether_core::{
    forecast::{Forecaster, Interval},
    ledger::Move,
    probability::Probability,
    stream::Headline,
};
use chrono::{DateTime, Utc};

/// Every stream and the headline, as shown from move to move. They are scored, and nobody is compared with them.
pub(super) fn of_moves(moves: &[Move]) -> Vec<Interval<Forecaster>> {
    let mut lines = Lines::default();
    let mut floor = Headline::FLOOR;
    for m in moves {
        if let Some(made_of) = &m.made_of {
            floor = made_of.floor();
        }
        let stream = (!m.ended).then(|| m.stream_after.shown(m.stream.floor()));
        lines.step(Forecaster::Headline, m.at, Some(m.headline_after.shown(floor)));
        lines.step(Forecaster::Stream(m.stream.clone()), m.at, stream);
    }
    lines.intervals
}

#[derive(Default)]
struct Lines {
    intervals: Vec<Interval<Forecaster>>,
    standing: BTreeMap<Forecaster, usize>,
}

impl Lines {
    /// From here on a line shows this; nothing: it has ended.
    fn step(&mut self, forecaster: Forecaster, at: DateTime<Utc>, shown: Option<Vec<Probability>>) {
        let shown = shown.map(|p| p.into_iter().map(|p| Some(p.value())).collect::<Vec<_>>());
        if let Some(i) = self.standing.remove(&forecaster) {
            if shown.as_ref() == Some(&self.intervals[i].p) {
                self.standing.insert(forecaster, i);
                return;
            }
            self.intervals[i].end = Some(at);
        }
        if let Some(p) = shown {
            self.standing.insert(forecaster.clone(), self.intervals.len());
            self.intervals.push(Interval { forecaster, start: at, end: None, p, counts: false });
        }
    }
}
