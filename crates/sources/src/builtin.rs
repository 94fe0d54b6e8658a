//! The sources that come with Bellwether, embedded in the binary.

use crate::document::SourceDocument;

macro_rules! builtins {
    ($($name:literal),* $(,)?) => {
        /// Every built-in document: its id and its text.
        pub const BUILT_IN: &[(&str, &str)] = &[$(($name, include_str!(concat!("../builtin/", $name, ".yaml")))),*];
    };
}

builtins!(
    "swebench",
    "aider",
    "lmarena",
    "epoch",
    "livebench",
    "evalplus",
    "llm-stats",
    "bfcl",
    "artificial-analysis",
    "bigcodebench",
    "vectara",
    "models-dev",
    "openrouter",
    "lmarena-archive",
    "lmarena-catalog",
    "lmsys-table",
    "llmstats-repo",
    "aider-edit",
    "evalplus-csv",
    "epoch-runs",
    "epoch-eci",
    "epoch-external",
    "epoch-models",
    "swebench-html",
    "superclue",
    "ludwigstumpp",
);

/// The text of a built-in document.
pub fn built_in(id: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(name, _)| *name == id).map(|(_, text)| *text)
}

/// Every built-in document, parsed.
///
/// # Panics
/// Never: the documents are part of the program, and a test reads every one.
pub fn built_in_documents() -> impl Iterator<Item = SourceDocument> {
    BUILT_IN.iter().map(|(_, text)| {
        SourceDocument::parse(text)
            .expect("built-in documents are part of the program, and a test reads every one")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_document_reads_and_says_whose_figures_it_shows() {
        for (name, text) in BUILT_IN {
            let document = SourceDocument::parse(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(document.id.as_str(), *name);
            assert!(!document.attribution.is_empty() && !document.licence.is_empty(), "{name}");
            assert!(
                document.retired != document.schedule.is_some(),
                "{name}: pulled by a schedule, or retired"
            );
        }
        let files =
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/builtin")).expect("folder").count();
        assert_eq!(files, BUILT_IN.len(), "every document of the folder is embedded");
    }
}
