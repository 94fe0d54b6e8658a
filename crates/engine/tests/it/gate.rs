//! The gate on real files: broken snapshots lead to no proposal, ordinary updates pass.

use bellwether_core::{
    benchmark::{BenchmarkId, Unit},
    document::{Confirm, When},
    registry::Registry,
    rule::Rule,
    table::Table,
    window::{Window, WindowText},
};
use bellwether_engine::backtest::{Content, Contents, Question, Report, replay_rule};
use bellwether_sources::{
    Main, Snapshot, SourceDocument,
    builtin::built_in,
    extract,
    gate::{GateState, Standing},
};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::corpus;

/// Built-in sources with the folders of their histories.
const ARCHIVES: &[(&str, &str)] = &[
    ("lmarena-archive", "arena_csv"),
    ("lmsys-table", "arena_table"),
    ("lmarena-catalog", "arena_json"),
    ("aider", "aider_polyglot"),
    ("aider-edit", "aider_edit"),
    ("livebench", "livebench"),
    ("evalplus", "evalplus"),
    ("evalplus-csv", "evalplus_csv"),
    ("bigcodebench", "bigcodebench"),
    ("swebench", "swebench"),
    ("swebench-html", "swebench_html"),
    ("vectara", "vectara"),
    ("superclue", "superclue"),
    ("ludwigstumpp", "ludwigstumpp"),
    ("llmstats-repo", "llm_stats"),
    ("epoch-runs", "epoch_runs"),
    ("epoch-external", "epoch_external"),
    ("epoch-eci", "epoch_eci"),
];

struct History {
    document: SourceDocument,
    snapshots: Vec<bellwether_sources::Dated>,
    contents: Contents,
}

fn registry(folder: &std::path::Path) -> Registry {
    let files = ["aider_model_openness.csv", "livebench_model_links.csv", "model_registry.csv"];
    corpus::registry(&files.map(|f| folder.join(f)))
}

fn histories(folder: &std::path::Path, registry: &Registry) -> Vec<History> {
    ARCHIVES
        .iter()
        .map(|(id, dir)| {
            let document = SourceDocument::parse(built_in(id).expect("built in")).expect("a document");
            let snapshots = corpus::snapshots(&document, &folder.join(dir));
            let contents = Contents::extract(&document, &snapshots, registry);
            History { document, snapshots, contents }
        })
        .collect()
}

#[test]
fn ordinary_real_updates_pass_the_gate() {
    let Some(folder) = corpus::folder() else { return };
    let registry = registry(&folder);
    let (mut updates, mut held_back, mut re_releases, mut rows_held) = (0, Vec::new(), Vec::new(), 0);
    for history in histories(&folder, &registry) {
        for benchmark in &history.contents.benchmarks {
            let mut gate = GateState::default();
            let mut before: Option<DateTime<Utc>> = None;
            let mut last_finding = None;
            for content in history.contents.contents.iter().filter(|c| c.is_new) {
                let table = |t: &Vec<Table>| t.iter().find(|t| t.spec.benchmark == *benchmark).cloned();
                if before.is_some() {
                    gate.poll(content.at, u32::MAX);
                }
                let judgement = match content.tables.as_ref().map(table) {
                    Ok(Some(table)) => gate.arrive(&table, content.at),
                    Ok(None) => continue,
                    Err(reason) => gate.unreadable(reason),
                };
                let first = before.replace(content.at).is_none();
                if judgement.standing == Standing::NotThereYet {
                    before = None;
                    continue;
                }
                if first {
                    continue;
                }
                // A table that its publisher has withdrawn is withdrawn once, however often the file comes again.
                let finding = judgement.standing.finding().cloned();
                if finding.is_some() && finding == last_finding {
                    continue;
                }
                last_finding = finding;
                updates += 1;
                rows_held += judgement.holds.len();
                if let Some(finding) = judgement.standing.finding() {
                    let line = format!("{benchmark} {}: {finding}", content.name);
                    // A person declares a re-release; the rest of the history is then judged against it.
                    if matches!(judgement.standing, Standing::Changed { .. }) {
                        gate.release();
                        re_releases.push(line);
                    } else {
                        held_back.push(line);
                    }
                }
            }
        }
    }
    let ordinary = updates - re_releases.len();
    println!("{updates} real updates; re-releases for a person to declare: {}", re_releases.len());
    for line in &re_releases {
        println!("  {line}");
    }
    println!("{} of {ordinary} ordinary updates held back; {rows_held} rows held for a day", held_back.len());
    for line in &held_back {
        println!("  {line}");
    }
    assert!(updates > 100, "{updates} updates are no proof");
    assert!(held_back.len() * 50 <= ordinary, "more than 2 % of ordinary updates held back");
}

/// A small deterministic generator; the seed is in the test.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(sides.max(1)).expect("small")).expect("small")
    }
}

const KINDS: [&str; 8] = [
    "rows lost",
    "column renamed",
    "scale x100",
    "one row +300",
    "duplicates",
    "future dates",
    "HTML",
    "truncated gzip",
];

/// A broken copy of a real snapshot, as the extractor reads it.
fn mutated(
    kind: &str,
    document: &SourceDocument,
    dated: &bellwether_sources::Dated,
    real: &[Table],
    at: DateTime<Utc>,
    registry: &Registry,
    dice: &mut Dice,
) -> Result<Vec<Table>, String> {
    let re_read = |snapshot: &Snapshot| {
        extract(document, snapshot, registry, at).map(|e| e.tables).map_err(|e| e.to_string())
    };
    let with_bytes = |change: &dyn Fn(&[u8]) -> Vec<u8>| {
        let main = match &dated.snapshot.main {
            Main::File(bytes) => Main::File(change(bytes)),
            Main::Pages(pages) => Main::Pages(pages.iter().map(|p| change(p)).collect()),
            Main::Folder(files) => Main::Folder(files.iter().map(|(n, b)| (n.clone(), change(b))).collect()),
        };
        Snapshot { main, companions: dated.snapshot.companions.clone() }
    };
    let mut tables = real.to_vec();
    match kind {
        "rows lost" => {
            let keep = 20 + dice.roll(45);
            for table in &mut tables {
                table.rows.retain(|_| dice.roll(100) < keep);
            }
        }
        "scale x100" => {
            for row in tables.iter_mut().flat_map(|t| &mut t.rows) {
                row.score = row.score.map(|s| s * Decimal::ONE_HUNDRED);
            }
        }
        "one row +300" => {
            for table in tables.iter_mut().filter(|t| !t.rows.is_empty()) {
                let at = dice.roll(table.rows.len());
                let row = &mut table.rows[at];
                row.score = row.score.map(|s| s + Decimal::from(300));
            }
        }
        "duplicates" => {
            for table in &mut tables {
                table.duplicate_rows = (table.rows.len() / 20).max(3);
            }
        }
        "future dates" => {
            let later =
                (at + TimeDelta::days(3 + i64::try_from(dice.roll(400)).expect("small"))).date_naive();
            for row in tables.iter_mut().flat_map(|t| &mut t.rows).filter(|_| dice.roll(4) == 0) {
                row.as_of = Some(later);
            }
        }
        "column renamed" => {
            for table in &mut tables {
                table.missing_columns.push("score".into());
                table.rows.iter_mut().for_each(|row| row.score = None);
            }
        }
        "HTML" => {
            return re_read(&with_bytes(&|_| {
                b"<!doctype html><title>502</title><h1>Bad gateway</h1>".to_vec()
            }));
        }
        _ => {
            return re_read(&with_bytes(&|bytes| {
                // The beginning of a gzip stream: a header, a stored block, and not all of its bytes.
                let block = u16::try_from(bytes.len().min(60_000)).expect("fits");
                let mut gz = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 0];
                gz.extend(block.to_le_bytes());
                gz.extend((!block).to_le_bytes());
                gz.extend(&bytes[..usize::from(block) / 2]);
                gz
            }));
        }
    }
    Ok(tables)
}

/// Questions that the real file answers with a narrow "fails": a broken one could turn them.
fn questions(benchmark: &BenchmarkId, table: &Table) -> Vec<Rule> {
    let rule = |text: String| rule_of(&text);
    let scores: Vec<Decimal> = table.rows.iter().filter_map(|r| r.score).collect();
    let (Some(high), Some(low)) = (scores.iter().max(), scores.iter().min()) else { return Vec::new() };
    let mut all = vec![
        rule(format!(r#"{{"score":{{"benchmark":"{benchmark}","of":"any","above":{}}}}}"#, high.max(low))),
        rule(format!(r#"{{"score":{{"benchmark":"{benchmark}","of":"any","below":{low}}}}}"#)),
        rule(format!(r#"{{"not":{{"score":{{"benchmark":"{benchmark}","of":"any","at_least":{low}}}}}}}"#)),
    ];
    for (of, to) in [("open", "closed"), ("closed", "open")] {
        all.push(rule(format!(r#"{{"lead":{{"benchmark":"{benchmark}","of":"{of}","over":"{to}"}}}}"#)));
        for within in [0, 1, 3, 10, 25, 60] {
            all.push(rule(format!(
                r#"{{"gap":{{"benchmark":"{benchmark}","of":"{of}","to":"{to}","within":{within}}}}}"#
            )));
        }
    }
    all
}

fn rule_of(json: &str) -> Rule {
    serde_json::from_str(json).unwrap_or_else(|e| panic!("{json}: {e}"))
}

fn ask(rule: &Rule, window: &Window, contents: &Contents) -> Report {
    let question = Question { rule, window, when: When::Ever, confirm: Confirm::default() };
    replay_rule(&question, std::slice::from_ref(contents), &[]).expect("replays")
}

#[test]
fn a_hundred_broken_snapshots_lead_to_no_proposal() {
    let Some(folder) = corpus::folder() else { return };
    let registry = registry(&folder);
    let histories = histories(&folder, &registry);
    let mut dice = Dice(20_261_122);
    let (mut made, mut asked, mut held_back) = (0, 0, 0);
    let mut wrong = Vec::new();
    while made < 100 {
        let history = &histories[dice.roll(histories.len())];
        let all = &history.contents.contents;
        if all.len() < 2 {
            continue;
        }
        let i = dice.roll(all.len() - 1);
        let (before, after) = (&all[i], &all[i + 1]);
        let days = (after.at - before.at).num_days();
        let (Ok(real), Ok(_)) = (&before.tables, &after.tables) else { continue };
        if days < 2 {
            continue;
        }
        // The broken file stands between two real ones, for a day to a week, until the publisher notices.
        let kind = KINDS[made % KINDS.len()];
        let stands =
            1 + i64::try_from(dice.roll(usize::try_from(days.min(7) - 1).expect("small"))).expect("small");
        let at = after.at - TimeDelta::days(stands);
        let tables = mutated(kind, &history.document, &history.snapshots[i], real, at, &registry, &mut dice);
        let broken = Content {
            at,
            letter: String::new(),
            name: format!("{kind} in {}", before.name),
            is_new: true,
            tables,
        };
        let mut with = history.contents.clone();
        with.contents.insert(i + 1, broken);
        let mut caught = false;
        for benchmark in &history.contents.benchmarks {
            let Some(table) = real.iter().find(|t| t.spec.benchmark == *benchmark && !t.rows.is_empty())
            else {
                continue;
            };
            let text = |t: DateTime<Utc>| t.to_rfc3339();
            let window = Window::read(WindowText {
                from: Some(text(before.at)),
                by: text(after.at + TimeDelta::days(1)),
                zone: None,
            })
            .expect("a window");
            for rule in questions(benchmark, table) {
                let (clean, dirty) = (ask(&rule, &window, &history.contents), ask(&rule, &window, &with));
                asked += 1;
                caught |=
                    dirty.steps.iter().any(|s| s.quarantined.is_some() || s.verdict_on_arrival.is_some());
                if dirty.outcome == "yes" && clean.outcome != "yes" {
                    wrong.push(format!("{benchmark} {kind} at {at} for {stands} days: {:?}", rule.node));
                }
            }
        }
        held_back += usize::from(caught);
        made += 1;
    }
    println!(
        "{made} broken snapshots, {asked} questions: {} proposals; {held_back} were held back",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        histories.iter().any(|h| h.contents.benchmarks.len() > 1 && h.document.tables[0].unit != Unit::Elo)
    );
}
