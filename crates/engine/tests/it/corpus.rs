//! Real leaderboard files, found by the environment variable `BELLWETHER_CORPUS`.

use std::path::PathBuf;

use bellwether_core::registry::Registry;
use bellwether_sources::{SourceDocument, read_archive, read_registry};

/// The folder of real files; says so where it is not set.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("BELLWETHER_CORPUS").map(|p| PathBuf::from(p).join("leaderboards"));
    if folder.is_none() {
        println!("SKIPPED: BELLWETHER_CORPUS is not set");
    }
    folder
}

pub(crate) fn registry(files: &[PathBuf]) -> Registry {
    let mut registry = Registry::default();
    for file in files {
        let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        registry.extend(read_registry(&bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display())));
    }
    registry
}

pub(crate) fn document(path: &std::path::Path) -> SourceDocument {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    SourceDocument::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn snapshots(document: &SourceDocument, dir: &std::path::Path) -> Vec<bellwether_sources::Dated> {
    read_archive(document, dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())).snapshots
}
