//! What is promised about safety, one test or more for each promise, named after it: S2 to S13 and S20. The others
//! have theirs beside what they are about: S1, S3, S4 and S16 in the engine's tests of people, S15 in `people` and in
//! the command's tests, S16 and S17 in `people`.

mod input;
mod output;

use std::{fs, path::Path};

/// The promises that are kept by now; S14, S18 and S19 are about the audit, backups and dependencies.
const KEPT: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17];

#[test]
fn every_promise_has_a_test_of_its_name() {
    let mut sources = String::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut sources);
    let missing: Vec<_> =
        KEPT.iter().chain(&[20]).filter(|n| !sources.contains(&format!("fn s{n}_"))).collect();
    assert!(missing.is_empty(), "no test for S{missing:?}");
}

/// All Rust text below a folder.
fn gather(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()) {
        if entry.is_dir() {
            gather(&entry, text);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            text.push_str(&fs::read_to_string(&entry).expect("text"));
        }
    }
}
