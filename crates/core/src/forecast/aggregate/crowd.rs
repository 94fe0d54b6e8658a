//! The crowd kept up to date, forecast by forecast.

use std::collections::BTreeMap;

use super::{Aggregate, Method, standing::Standing};
use crate::options::Options;

/// The standing forecasts of a claim. Each call takes in one change; nothing is computed afresh.
///
/// A newcomer is placed by a binary search; an update also moves everyone who forecast in between one place forward.
/// The numbers are those of [`super::now`] over the same forecasts.
#[derive(Clone, Debug)]
pub struct Crowd<K> {
    standing: Standing,
    ids: BTreeMap<K, u32>,
    next: u32,
}

impl<K: Ord> Crowd<K> {
    /// Nobody stands yet.
    pub fn new(options: &Options) -> Self {
        let standing = Standing::new(*options == Options::YesNo, options.count());
        Self { standing, ids: BTreeMap::new(), next: 0 }
    }

    /// A forecaster says something, which is later than everything said before; it replaces what stood.
    pub fn forecast(&mut self, forecaster: K, p: &[Option<f64>]) {
        // Numbers are given out anew before those of ended forecasts outnumber the standing.
        if self.next as usize > 2 * self.ids.len() + 1000 {
            let old = self.standing.renumber();
            for id in self.ids.values_mut() {
                let place = old.partition_point(|other| other < id);
                *id = u32::try_from(place).unwrap_or(u32::MAX);
            }
            self.next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        }
        match self.ids.insert(forecaster, self.next) {
            Some(before) => self.standing.replace(before, self.next, p),
            None => self.standing.push(self.next, p),
        }
        self.next += 1;
    }

    /// A forecaster has no opinion any more: withdrawn or expired.
    pub fn withdraw(&mut self, forecaster: &K) {
        if let Some(id) = self.ids.remove(forecaster) {
            self.standing.remove(id);
        }
    }

    /// How many stand.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether nobody stands.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// What they make together; none where nobody stands.
    pub fn now(&self, method: Method) -> Option<Aggregate> {
        self.standing.aggregate(method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_updates_need_no_more_room_than_those_who_stand() {
        let mut crowd = Crowd::new(&Options::YesNo);
        for i in 0..5_000_u32 {
            let p = f64::from(i % 97 + 1) / 100.0;
            crowd.forecast(i % 7, &[Some(p), Some(1.0 - p)]);
        }
        let last: Vec<_> = (4_993..5_000_u32)
            .map(|i| f64::from(i % 97 + 1) / 100.0)
            .map(|p| [Some(p), Some(1.0 - p)])
            .collect();
        let fresh =
            super::super::now(&Options::YesNo, last.iter().map(<[_; 2]>::as_slice), Method::RecencyWeighted);
        assert_eq!(crowd.now(Method::RecencyWeighted), fresh);
        assert!(crowd.next < 2_100 && crowd.len() == 7);
        (0..7).for_each(|f| crowd.withdraw(&f));
        assert!(crowd.is_empty() && crowd.now(Method::Unweighted).is_none());
    }
}
