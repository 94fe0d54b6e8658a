//! Compounds: what the legs come to together.

use rust_decimal::Decimal;

use super::{
    Node,
    evaluation::{Evaluation, Verdict},
};

/// Legs are ordered fails < unknown < holds, then by margin. A margin that is not known gives way, so that a compound
/// shows a figure where there is one: `last_wins` says which end of the order is shown.
pub(super) fn order(a: &Evaluation, b: &Evaluation, last_wins: bool) -> std::cmp::Ordering {
    let key = |e: &Evaluation| match (e.margin, last_wins) {
        (Some(margin), _) => (1, margin),
        (None, true) => (0, Decimal::ZERO),
        (None, false) => (2, Decimal::ZERO),
    };
    a.verdict.cmp(&b.verdict).then_with(|| key(a).cmp(&key(b)))
}

pub(super) fn walk(node: &Node, leaf: &mut dyn FnMut(usize) -> Evaluation, next: &mut usize) -> Evaluation {
    if let Node::Condition(_) = node {
        *next += 1;
        return leaf(*next - 1);
    }
    let legs: Vec<Evaluation> = node.legs().iter().map(|leg| walk(leg, leaf, next)).collect();
    compound(node, legs)
}

fn compound(node: &Node, legs: Vec<Evaluation>) -> Evaluation {
    // The n-th best leg decides; `all` is the last of them, `any` the first.
    let (n, last_wins) = match node {
        Node::Any(_) => (1, true),
        Node::NOf { n, .. } => (*n, true),
        Node::All(_) | Node::Not(_) | Node::Condition(_) => (legs.len(), false),
    };
    let mut order_of: Vec<usize> = (0..legs.len()).collect();
    order_of.sort_by(|a, b| order(&legs[*b], &legs[*a], last_wins).then_with(|| b.cmp(a)));
    let shown = match node {
        // The first of equal legs in either case.
        Node::Any(_) => {
            legs.iter().enumerate().rev().max_by(|(_, a), (_, b)| order(a, b, true)).map(|(i, _)| i)
        }
        _ => order_of.get(n.saturating_sub(1)).copied(),
    };
    let Some(shown) = shown.and_then(|i| legs.get(i)) else {
        return Evaluation::known(Verdict::Fails, "Nothing is asked.".to_owned());
    };
    let nth = |of: &dyn Fn(&Evaluation) -> Verdict| {
        let mut all: Vec<Verdict> = legs.iter().map(of).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.get(n.saturating_sub(1)).copied().unwrap_or(Verdict::Fails)
    };
    let (mut verdict, mut at_worst, mut at_best, mut margin) =
        (shown.verdict, nth(&|e| e.at_worst), nth(&|e| e.at_best), shown.margin);
    if matches!(node, Node::Not(_)) {
        (verdict, at_worst, at_best) = (verdict.negated(), at_best.negated(), at_worst.negated());
        margin = margin.map(|m| -m);
    }
    let mut unknown_because = Vec::new();
    let mut quarantined = None;
    if verdict == Verdict::Unknown {
        for leg in legs.iter().filter(|leg| leg.verdict == Verdict::Unknown) {
            for because in &leg.unknown_because {
                if !unknown_because.contains(because) {
                    unknown_because.push(because.clone());
                }
            }
            quarantined = quarantined.or_else(|| leg.quarantined.clone());
        }
    }
    let sentence = sentence(node, verdict, &legs, shown);
    Evaluation {
        verdict,
        margin,
        left: shown.left.clone(),
        right: shown.right.clone(),
        sentence,
        unknown_because,
        quarantined,
        benchmark: None,
        version: None,
        event_date: None,
        at_worst,
        at_best,
        legs,
    }
}

fn sentence(node: &Node, verdict: Verdict, legs: &[Evaluation], shown: &Evaluation) -> String {
    let count = |v: Verdict| legs.iter().filter(|leg| leg.verdict == v).count();
    let tally: Vec<String> = [Verdict::Holds, Verdict::Unknown, Verdict::Fails]
        .into_iter()
        .filter(|v| count(*v) > 0)
        .map(|v| match (v, count(v)) {
            (Verdict::Holds, 1) => "1 holds".to_owned(),
            (Verdict::Holds, n) => format!("{n} hold"),
            (Verdict::Fails, 1) => "1 fails".to_owned(),
            (Verdict::Fails, n) => format!("{n} fail"),
            (Verdict::Unknown, 1) => "1 is unknown".to_owned(),
            (Verdict::Unknown, n) => format!("{n} are unknown"),
        })
        .collect();
    let asked = match node {
        Node::Not(_) => return format!("The opposite is asked: {verdict}. {}", shown.sentence),
        Node::Any(_) => format!("One of {} conditions is asked", legs.len()),
        Node::NOf { n, .. } => format!("{n} of {} conditions are asked", legs.len()),
        Node::All(_) | Node::Condition(_) => format!("All {} conditions are asked", legs.len()),
    };
    format!("{asked}: {}, so it is {}. {}", tally.join(", "), outcome_word(verdict), shown.sentence)
}

fn outcome_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "satisfied",
        Verdict::Fails => "not satisfied",
        Verdict::Unknown => "unknown",
    }
}
