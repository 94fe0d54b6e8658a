//! The standing forecasts, kept in the order of their starts and, per option, in the order of their values.

use super::{Aggregate, Method, weights::Recency};

/// Standing forecasts under ascending ids. A newcomer goes to the end; leaving shifts what came later.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    yes_no: bool,
    /// Ids in the order of starts, ascending.
    order: Vec<u32>,
    /// One per option; for yes/no that of yes alone, no is its mirror.
    columns: Vec<Column>,
    recency: Recency,
}

/// The values of one option.
#[derive(Clone, Debug, Default)]
struct Column {
    /// In the order of starts; NaN where the option could not be chosen.
    by_rank: Vec<f64>,
    /// Ascending, NaN last; equal values in the order of starts.
    sorted: Vec<f64>,
    /// The places in the order of starts of what `sorted` holds.
    places: Vec<u32>,
}

/// Lower quartile, median, upper quartile.
const QUANTILES: [f64; 3] = [0.25, 0.5, 0.75];

impl Standing {
    /// Nobody stands.
    pub(super) fn new(yes_no: bool, options: usize) -> Self {
        let columns = vec![Column::default(); if yes_no { 1 } else { options }];
        Self { yes_no, order: Vec::new(), columns, recency: Recency::default() }
    }

    /// A newcomer, whose id is higher than any that stands.
    pub(super) fn push(&mut self, id: u32, p: &[Option<f64>]) {
        debug_assert!(self.order.last().is_none_or(|last| *last < id), "ids ascend");
        let place = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        self.order.push(id);
        self.recency.reach(self.order.len());
        for (option, column) in self.columns.iter_mut().enumerate() {
            let value = p.get(option).copied().flatten().unwrap_or(f64::NAN);
            column.by_rank.push(value);
            let at = column.find(value, place);
            column.sorted.insert(at, value);
            column.places.insert(at, place);
        }
    }

    /// One leaves; nothing happens when it does not stand.
    pub(super) fn remove(&mut self, id: u32) {
        let Ok(rank) = self.order.binary_search(&id) else { return };
        self.order.remove(rank);
        let place = u32::try_from(rank).unwrap_or(u32::MAX);
        for column in &mut self.columns {
            let value = column.by_rank.remove(rank);
            let at = column.find(value, place);
            column.sorted.remove(at);
            column.places.remove(at);
            for later in &mut column.places {
                *later -= u32::from(*later > place);
            }
        }
    }

    /// One leaves and a newcomer enters, which is what an update does: only what lies between the two values moves.
    pub(super) fn replace(&mut self, id: u32, new: u32, p: &[Option<f64>]) {
        let Ok(rank) = self.order.binary_search(&id) else { return self.push(new, p) };
        self.order.copy_within(rank + 1.., rank);
        let last = self.order.len() - 1;
        self.order[last] = new;
        let places = [rank, last].map(|place| u32::try_from(place).unwrap_or(u32::MAX));
        for (option, column) in self.columns.iter_mut().enumerate() {
            column.replace(rank, places, p.get(option).copied().flatten().unwrap_or(f64::NAN));
        }
    }

    /// Gives ids anew, each its place, and returns the old ones in that order.
    pub(super) fn renumber(&mut self) -> Vec<u32> {
        let new = (0_u32..).take(self.order.len()).collect();
        std::mem::replace(&mut self.order, new)
    }

    /// What they make together; none where nobody stands.
    pub(super) fn aggregate(&self, method: Method) -> Option<Aggregate> {
        let n = self.order.len();
        if n == 0 {
            return None;
        }
        if method == Method::GeometricMean {
            return Some(self.geometric_mean());
        }
        let recent = method == Method::RecencyWeighted && n > 2;
        let of = |column: &Column| {
            if recent {
                let (weights, sum) = (self.recency.weights(n), self.recency.sum(n));
                (column.weighted(weights, sum), dot(&column.by_rank, weights) / sum)
            } else {
                (column.unweighted(), total(&column.by_rank) / n as f64)
            }
        };
        let mut all = if self.yes_no {
            mirrored(n, of(&self.columns[0]))
        } else {
            normalised(n, &self.columns.iter().map(of).collect::<Vec<_>>())
        };
        match method {
            Method::Mean => all.centers.clone_from(&all.means),
            Method::GeometricMeanOfOdds => all.centers = self.geometric_mean_of_odds(),
            Method::RecencyWeighted | Method::Unweighted | Method::GeometricMean => {}
        }
        Some(all)
    }

    /// Weights by hundredths of the probability of yes, each bin `[k/100, (k+1)/100)` as binary fractions fall.
    pub(super) fn histogram(&self, method: Method) -> Vec<f64> {
        let mut bins = vec![0.0; 100];
        let n = self.order.len();
        for (place, p) in self.columns[0].by_rank.iter().enumerate() {
            let recent = method == Method::RecencyWeighted && n > 2;
            let weight = if recent { (((place + 1) as f64).sqrt() - (n as f64).sqrt()).exp() } else { 1.0 };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a probability's hundredths, cut off on purpose"
            )]
            let bin = ((p * 100.0) as usize).min(99);
            bins[bin] += weight;
        }
        bins
    }

    fn geometric_mean(&self) -> Aggregate {
        let n = self.order.len();
        let of = |values: &mut dyn Iterator<Item = f64>| known((sum(values.map(f64::ln)) / n as f64).exp());
        let centers = if self.yes_no {
            let yes = &self.columns[0].by_rank;
            vec![of(&mut yes.iter().copied()), of(&mut yes.iter().map(|p| 1.0 - p))]
        } else {
            self.columns.iter().map(|c| of(&mut c.by_rank.iter().copied())).collect()
        };
        let none = Vec::new;
        Aggregate { n: if n > 1 { n } else { 0 }, centers, lower: none(), upper: none(), means: none() }
    }

    fn geometric_mean_of_odds(&self) -> Vec<Option<f64>> {
        let n = self.order.len() as f64;
        if self.yes_no {
            let log_odds = sum(self.columns[0].by_rank.iter().map(|p| (p / (1.0 - p)).ln())) / n;
            let yes = 1.0 / (1.0 + (-log_odds).exp());
            return vec![known(yes), known(1.0 - yes)];
        }
        let roots: Vec<f64> =
            self.columns.iter().map(|c| (sum(c.by_rank.iter().map(|p| p.ln())) / n).exp()).collect();
        let whole = sum(roots.iter().copied().filter(|root| !root.is_nan()));
        roots.into_iter().map(|root| known(root / whole)).collect()
    }
}

impl Column {
    /// Where in `sorted` a value stands or would stand that has this place in the order of starts.
    fn find(&self, value: f64, place: u32) -> usize {
        let from = self.sorted.partition_point(|v| v.total_cmp(&value).is_lt());
        let to = from + self.sorted[from..].partition_point(|v| v.total_cmp(&value).is_eq());
        from + self.places[from..to].partition_point(|other| *other < place)
    }

    /// The value at `rank`, whose place is the first of `places`, gives way to one at the end, whose place is the other.
    fn replace(&mut self, rank: usize, places: [u32; 2], value: f64) {
        let before = self.by_rank[rank];
        let from = self.find(before, places[0]);
        let last = self.by_rank.len() - 1;
        self.by_rank.copy_within(rank + 1.., rank);
        self.by_rank[last] = value;
        for place in &mut self.places {
            *place -= u32::from(*place > places[0]);
        }
        // The newcomer stands behind its equals, for it came last.
        let behind = self.sorted.partition_point(|v| v.total_cmp(&value).is_le());
        let to = if behind > from {
            self.sorted.copy_within(from + 1..behind, from);
            self.places.copy_within(from + 1..behind, from);
            behind - 1
        } else {
            self.sorted.copy_within(behind..from, behind + 1);
            self.places.copy_within(behind..from, behind + 1);
            behind
        };
        self.sorted[to] = value;
        self.places[to] = places[1];
    }

    /// Quantiles where all weigh the same: with an exact hit, the mean of the two neighbours.
    fn unweighted(&self) -> [f64; 3] {
        let n = self.sorted.len();
        QUANTILES.map(|q| {
            let before = q * n as f64;
            let left = self.sorted.get(ceil(before).max(1) - 1);
            let right = self.sorted.get(floor(before));
            left.zip(right).map_or(f64::NAN, |(l, r)| 0.5 * (l + r))
        })
    }

    /// Quantiles under weights by place: of the first value whose running weight reaches the share and the first whose
    /// running weight exceeds it, the mean.
    fn weighted(&self, weights: &[f64], total: f64) -> [f64; 3] {
        /// So many weights are summed at a time, until the next share lies among them.
        const STRIDE: usize = 8;
        let mut out = [f64::NAN; 3];
        let (mut running, mut at) = (0.0, 0);
        let weight = |place: &u32| weights[*place as usize];
        for (q, out) in QUANTILES.iter().zip(&mut out) {
            let share = q * total;
            while let Some(block) = self.places[at..].first_chunk::<STRIDE>() {
                let w = block.each_ref().map(weight);
                let sum = ((w[0] + w[1]) + (w[2] + w[3])) + ((w[4] + w[5]) + (w[6] + w[7]));
                if running + sum >= share {
                    break;
                }
                running += sum;
                at += STRIDE;
            }
            // `running` is what stands before `at`, which lies before the share.
            let mut reached = None;
            let mut exceeded = None;
            let mut within = running;
            for (place, value) in self.places[at..].iter().zip(&self.sorted[at..]) {
                within += weight(place);
                if within >= share {
                    reached = reached.or(Some(value));
                }
                if within > share {
                    exceeded = Some(value);
                    break;
                }
            }
            // Rounding may keep the last running weight from exceeding its share.
            let exceeded = exceeded.or(self.sorted.last()).unwrap_or(&f64::NAN);
            *out = 0.5 * (reached.unwrap_or(exceeded) + exceeded);
        }
        out
    }
}

/// Yes as found, no as its mirror.
fn mirrored(n: usize, ([lower, center, upper], mean): ([f64; 3], f64)) -> Aggregate {
    let pair = |yes: f64, no: f64| vec![known(yes), known(1.0 - no)];
    Aggregate {
        n,
        centers: pair(center, center),
        lower: pair(lower, upper),
        upper: pair(upper, lower),
        means: pair(mean, mean),
    }
}

/// Medians of options do not sum to 1: what each has above 0.001 is scaled so that they do, and the band with it.
fn normalised(n: usize, found: &[([f64; 3], f64)]) -> Aggregate {
    const FLOOR: f64 = 0.001;
    let medians = || found.iter().map(|(q, _)| q[1]).filter(|m| !m.is_nan());
    let above = sum(medians().map(|m| m - FLOOR));
    let available = medians().count() as f64;
    let center = |m: f64| {
        // Where everybody stands at the floor there is nothing to scale.
        let share = if above > 0.0 { (m - FLOOR) / above } else { 1.0 / available };
        share * (1.0 - FLOOR * available) + FLOOR
    };
    let band = |quantile: usize| {
        found.iter().map(|(q, _)| known(q[quantile] * center(q[1]) / q[1])).collect::<Vec<_>>()
    };
    Aggregate {
        n,
        centers: found.iter().map(|(q, _)| known(center(q[1]))).collect(),
        lower: band(0),
        upper: band(2),
        means: found.iter().map(|(_, mean)| known(*mean)).collect(),
    }
}

/// None for a number that is none.
fn known(p: f64) -> Option<f64> {
    (!p.is_nan()).then_some(p)
}

fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |a, b| a + b)
}

/// The sum of products.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let (a_whole, a_rest) = a.as_chunks::<LANES>();
    let (b_whole, b_rest) = b.as_chunks::<LANES>();
    let rest = sum(a_rest.iter().zip(b_rest).map(|(a, b)| a * b));
    lanes(a_whole.iter().zip(b_whole).map(|(a, b)| std::array::from_fn(|i| a[i] * b[i]))) + rest
}

/// The sum of values.
fn total(values: &[f64]) -> f64 {
    let (whole, rest) = values.as_chunks::<8>();
    lanes(whole.iter().copied()) + sum(rest.iter().copied())
}

/// Eight running sums, which a processor can keep side by side, and then their sum.
fn lanes(rows: impl Iterator<Item = [f64; 8]>) -> f64 {
    let sums = rows.fold([0.0; 8], |sums, row| std::array::from_fn(|i| sums[i] + row[i]));
    sum(sums.into_iter())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to the number of forecasts"
)]
fn ceil(x: f64) -> usize {
    x.ceil() as usize
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to the number of forecasts"
)]
fn floor(x: f64) -> usize {
    x.floor() as usize
}
