//! Clusters: items that tell the same story count together like one and a bit, not like many.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use crate::{
    evidence::{Entry, INDEPENDENT, REPEATED, Side, Status},
    ids::EvidenceId,
    points::CAP,
};

/// Words in a shingle.
const SHINGLE: usize = 5;
/// Jaccard similarity from which two texts are nearly the same.
pub const SAME: f64 = 0.6;

/// A text as a set of runs of five words, for telling how alike two texts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shingles(Vec<u64>);

impl Shingles {
    /// The shingles of a text; case and punctuation do not matter. A text of fewer than five words is one shingle.
    pub fn of(text: &str) -> Self {
        let words: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect();
        let hash = |run: &[String]| {
            let mut h = DefaultHasher::new();
            run.hash(&mut h);
            h.finish()
        };
        let mut set: Vec<u64> = match words.len() {
            0 => Vec::new(),
            n if n < SHINGLE => vec![hash(&words)],
            _ => words.windows(SHINGLE).map(hash).collect(),
        };
        set.sort_unstable();
        set.dedup();
        Self(set)
    }

    /// Size of the intersection over size of the union, from 0 to 1; two empty texts are not alike.
    pub fn jaccard(&self, other: &Self) -> f64 {
        let (mut i, mut j, mut both) = (0, 0, 0_usize);
        while let (Some(a), Some(b)) = (self.0.get(i), other.0.get(j)) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => (i, j, both) = (i + 1, j + 1, both + 1),
            }
        }
        let union = self.0.len() + other.0.len() - both;
        if union == 0 { 0.0 } else { both as f64 / union as f64 }
    }
}

/// What belonging to a cluster does to an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Membership {
    /// The cluster's first item by id, which names it.
    pub cluster: EvidenceId,
    /// How many items it has.
    pub size: usize,
    /// The item's independence, 0 to 1.
    pub independence: f64,
}

/// The clusters of a claim's active items: per side and option, items of one origin or of nearly the same text, single
/// link. The strongest counts 1, the others .25, together at most 40 points; ties go to the lower id.
pub fn memberships(entries: &[Entry]) -> BTreeMap<EvidenceId, Membership> {
    let mut groups: BTreeMap<(Side, Option<&str>), Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|e| e.status == Status::Active) {
        groups.entry((entry.item.side, entry.item.option.as_deref())).or_default().push(entry);
    }
    let mut out = BTreeMap::new();
    for mut group in groups.into_values() {
        group.sort_by_key(|e| e.id);
        for cluster in linked(&group) {
            weigh(&cluster, &mut out);
        }
    }
    out
}

/// Items of the same side and option that are one origin or nearly the same text as `entry`: what a preview warns of.
pub fn alike<'a>(entry: &Entry, entries: &'a [Entry]) -> Vec<&'a Entry> {
    let (origin, shingles) = (entry.item.source.origin_key(), Shingles::of(&entry.item.text));
    entries
        .iter()
        .filter(|e| e.status == Status::Active && e.id != entry.id)
        .filter(|e| e.item.side == entry.item.side && e.item.option == entry.item.option)
        .filter(|e| {
            (origin.is_some() && e.item.source.origin_key() == origin)
                || Shingles::of(&e.item.text).jaccard(&shingles) >= SAME
        })
        .collect()
}

/// Connected components of "one origin or nearly the same text", each sorted by id.
fn linked<'a>(group: &[&'a Entry]) -> Vec<Vec<&'a Entry>> {
    let mut parent: Vec<usize> = (0..group.len()).collect();
    let origins: Vec<Option<String>> = group.iter().map(|e| e.item.source.origin_key()).collect();
    let shingles: Vec<Shingles> = group.iter().map(|e| Shingles::of(&e.item.text)).collect();
    for j in 1..group.len() {
        for i in 0..j {
            let same_origin = origins[i].is_some() && origins[i] == origins[j];
            if same_origin || shingles[i].jaccard(&shingles[j]) >= SAME {
                let (a, b) = (root(&mut parent, i), root(&mut parent, j));
                parent[a.max(b)] = a.min(b);
            }
        }
    }
    let mut clusters: BTreeMap<usize, Vec<&Entry>> = BTreeMap::new();
    for (i, entry) in group.iter().enumerate() {
        clusters.entry(root(&mut parent, i)).or_default().push(entry);
    }
    clusters.into_values().collect()
}

/// The representative of `i` in a forest of parents, with the path to it halved.
fn root(parent: &mut [usize], mut i: usize) -> usize {
    while parent[i] != i {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    i
}

fn weigh(cluster: &[&Entry], out: &mut BTreeMap<EvidenceId, Membership>) {
    let Some(first) = cluster.first() else { return };
    // `max_by` keeps the last of equals, so the order is turned: equals go to the lower id.
    let strongest = cluster.iter().rev().max_by(|a, b| a.factors.base().total_cmp(&b.factors.base()));
    let share = |e: &Entry| if strongest.is_some_and(|s| s.id == e.id) { INDEPENDENT } else { REPEATED };
    let sum: f64 = cluster.iter().map(|e| e.factors.base() * share(e)).sum();
    let scale = if sum > CAP { CAP / sum } else { 1.0 };
    for entry in cluster {
        let independence = share(entry) * scale;
        out.insert(entry.id, Membership { cluster: first.id, size: cluster.len(), independence });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_same_texts_are_alike_and_others_are_not() {
        let a = Shingles::of(
            "The eight month gap between frontier and open source models is shrinking fast this year",
        );
        let b = Shingles::of(
            "The eight-month gap between frontier and open-source models is shrinking fast, this year!",
        );
        let c =
            Shingles::of("Closed labs keep an advantage in data that open projects cannot buy at any price");
        assert!((a.jaccard(&b) - 1.0).abs() < f64::EPSILON);
        assert!(a.jaccard(&c) < 0.1);
        assert!(
            (Shingles::of("Short text").jaccard(&Shingles::of("short  TEXT.")) - 1.0).abs() < f64::EPSILON
        );
        assert!(Shingles::of("").jaccard(&Shingles::of("")) < f64::EPSILON);
    }
}
