//! The built-in sources on real files. `BELLWETHER_CORPUS` names the folder that has `leaderboards/`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bellwether_core::{frontier::Step, registry::Registry};
use bellwether_sources::{
    SourceDocument, archive::read_archive, builtin::built_in, check::check, extract, read_registry,
};
use rust_decimal::Decimal;

/// Folders of the corpus, the built-in source that reads each, and the registries it is read with.
const FOLDERS: &[(&str, &str, &[&str])] = &[
    ("aider_edit", "aider-edit", &["aider_model_openness.csv"]),
    ("aider_polyglot", "aider", &["aider_model_openness.csv"]),
    ("arena_csv", "lmarena-archive", &[]),
    ("arena_json", "lmarena-catalog", &["model_registry.csv"]),
    ("arena_table", "lmsys-table", &[]),
    ("bigcodebench", "bigcodebench", &[]),
    ("epoch_eci", "epoch-eci", &[]),
    ("epoch_external", "epoch-external", &["model_registry.csv"]),
    ("epoch_model_versions", "epoch-models", &[]),
    ("epoch_runs", "epoch-runs", &["model_registry.csv"]),
    ("evalplus", "evalplus", &[]),
    ("evalplus_csv", "evalplus-csv", &["model_registry.csv"]),
    ("livebench", "livebench", &["livebench_model_links.csv", "model_registry.csv"]),
    ("llm_stats", "llmstats-repo", &[]),
    ("ludwigstumpp", "ludwigstumpp", &["model_registry.csv"]),
    ("modelsdev_api", "models-dev", &[]),
    ("openrouter", "openrouter", &[]),
    ("superclue", "superclue", &["model_registry.csv"]),
    ("swebench", "swebench", &[]),
    ("swebench_html", "swebench-html", &["model_registry.csv"]),
    ("vectara", "vectara", &["model_registry.csv"]),
];

fn corpus() -> Option<PathBuf> {
    let Some(corpus) = std::env::var_os("BELLWETHER_CORPUS") else {
        println!("SKIPPED: BELLWETHER_CORPUS is not set");
        return None;
    };
    Some(Path::new(&corpus).join("leaderboards"))
}

fn registry(root: &Path, files: &[&str]) -> Registry {
    let mut registry = Registry::default();
    for file in files {
        let bytes = std::fs::read(root.join(file)).expect("registry file");
        registry.extend(read_registry(&bytes).expect("registry"));
    }
    registry
}

fn document(id: &str) -> SourceDocument {
    SourceDocument::parse(built_in(id).expect("built in")).expect("document")
}

#[test]
fn every_file_of_the_corpus_yields_rows_or_a_named_reason() {
    let Some(root) = corpus() else { return };
    let mut folders = 0;
    for entry in std::fs::read_dir(&root).expect("corpus") {
        let path = entry.expect("entry").path();
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        if !path.is_dir() || name == "examples" {
            continue;
        }
        let (_, id, registries) = FOLDERS
            .iter()
            .find(|(folder, ..)| *folder == name)
            .unwrap_or_else(|| panic!("no source reads {name}"));
        let report = check(&document(id), &path, &registry(&root, registries)).expect("readable");
        let silent: Vec<_> = report.silent().map(|s| &s.name).collect();
        assert!(silent.is_empty(), "{name}: {silent:?}");
        assert!(report.left_out.iter().all(|file| !file.reason.is_empty()));
        let models: usize = report.snapshots.iter().map(|s| s.models).sum();
        println!(
            "| `{name}` | `{id}` | {} | {} | {} | {} |",
            report.snapshots.len(),
            report.rows(),
            models,
            reasons(&report)
        );
        assert!(report.rows() + models > 0, "{name} gives nothing at all");
        folders += 1;
    }
    assert_eq!(folders, FOLDERS.len());
}

/// The kinds of reasons with how often each was given, for the summary.
fn reasons(report: &bellwether_sources::check::CheckReport) -> String {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for reason in report.snapshots.iter().flat_map(|s| &s.tables).flat_map(|t| &t.reasons) {
        let kind = reason.split(['(', ':']).next().unwrap_or_default().trim();
        let kind =
            kind.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').trim_end_matches(", the first");
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    for file in report.left_out.iter().filter(|file| file.name != "SOURCE.md") {
        *kinds.entry(file.reason.clone()).or_default() += 1;
    }
    kinds.into_iter().map(|(kind, n)| format!("{kind} ({n})")).collect::<Vec<_>>().join("; ")
}

/// The benchmark of a built-in source for a row of the recorded history.
fn benchmark(name: &str) -> &'static str {
    match name {
        "SWE-bench Verified" => "verified",
        "SWE-bench Lite" => "lite",
        "SWE-bench bash-only" => "bash-only",
        "Aider polyglot" => "polyglot",
        "Aider edit" => "edit",
        "Arena text Elo" => "text",
        "Arena Elo (2023)" => "arena-2023",
        "MMLU" | "MMLU (LLMStats)" => "mmlu",
        "HumanEval (LLMStats)" | "HumanEval (EvalPlus)" => "humaneval",
        "GPQA (LLMStats)" => "gpqa",
        "MMLU-Pro (LLMStats)" => "mmlu-pro",
        "HumanEval+ (EvalPlus)" => "humaneval-plus",
        "LiveBench global average" => "average",
        "BigCodeBench complete" => "complete",
        "Epoch Capabilities Index" => "eci",
        "GPQA diamond (Epoch)" => "gpqa-diamond",
        "MATH level 5 (Epoch)" => "math-level-5",
        "OTIS Mock AIME 2024-2025 (Epoch)" => "otis-mock-aime",
        other => panic!("no benchmark for {other}"),
    }
}

/// Rows that differ from the recorded history, each explained in docs/sources.md.
const EXPLAINED: &[(&str, &str, &str)] = &[
    ("epoch_eci", "eci", "2026-03-09"),
    ("epoch_eci", "eci", "2026-04-07"),
    ("epoch_eci", "eci", "2026-04-10"),
];

#[test]
fn best_open_best_closed_and_gap_agree_with_the_recorded_history() {
    let Some(root) = corpus() else { return };
    let mut reader = csv::Reader::from_path(root.join("gap_history_public.csv")).expect("history");
    let headers = reader.headers().expect("headers").clone();
    let column = |name: &str| headers.iter().position(|h| h == name).expect("column");
    let (source, name, day, open, closed, gap, file) = (
        column("source"),
        column("benchmark"),
        column("as_of"),
        column("best_open_score"),
        column("best_closed_score"),
        column("gap_points"),
        column("file"),
    );
    let mut steps: BTreeMap<(String, String, String), Step> = BTreeMap::new();
    for (folder, id, registries) in FOLDERS {
        let document = document(id);
        let registry = registry(&root, registries);
        let archive = read_archive(&document, &root.join(folder)).expect("archive");
        for dated in archive.snapshots {
            let Ok(found) = extract(&document, &dated.snapshot, &registry, dated.observed_at()) else {
                continue;
            };
            for table in &found.tables {
                let key =
                    ((*folder).to_owned(), table.spec.benchmark.name.to_string(), dated.day.to_string());
                steps.insert(key, Step::of(table, dated.observed_at()));
            }
        }
    }
    let (mut agree, mut absent, mut explained, mut differ) = (0, 0, 0, Vec::new());
    for record in reader.records() {
        let record = record.expect("record");
        let at = root.join(record[file].trim_end_matches('/'));
        if !at.exists() {
            absent += 1;
            continue;
        }
        let key = (record[source].to_owned(), benchmark(&record[name]).to_owned(), record[day].to_owned());
        let step = steps.get(&key).unwrap_or_else(|| panic!("{key:?} was not read"));
        // The history is rounded, to as many places as it shows.
        let same = |ours: Option<Decimal>, theirs: &str| {
            let places =
                theirs.split_once('.').map_or(0, |(_, p)| u32::try_from(p.len()).unwrap_or(0)).max(1);
            let theirs: Decimal = theirs.parse().expect("a number");
            ours.is_some_and(|ours| (ours - theirs).abs() <= Decimal::new(6, places + 1))
        };
        let ours = (step.open.as_ref().map(|l| l.score), step.closed.as_ref().map(|l| l.score), step.gap);
        if same(ours.0, &record[open]) && same(ours.1, &record[closed]) && same(ours.2, &record[gap]) {
            agree += 1;
        } else if EXPLAINED.iter().any(|(f, b, d)| (*f, *b, *d) == (&key.0, &key.1, &key.2)) {
            // The publisher does not say how the leading model can be had: it is named, and leads no group.
            let leader = step.unknown_above.first().expect("a row of unknown openness above the frontier");
            assert!(same(Some(leader.score), &record[closed]), "{key:?}: {leader:?}");
            explained += 1;
        } else {
            differ.push(format!(
                "{key:?}: {:?}, recorded {} {} {}",
                ours, &record[open], &record[closed], &record[gap]
            ));
        }
    }
    println!(
        "{agree} rows agree, {absent} have no file, {} are explained, {} differ",
        EXPLAINED.len(),
        differ.len()
    );
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert_eq!(explained, EXPLAINED.len(), "what is explained must still differ");
}
