//! Registry files: CSV with columns by header.

use bellwether_core::registry::{ModelEntry, partial_date};

/// Why a file is no registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryFileError {
    /// It is no CSV.
    #[error("not readable as CSV: {0}")]
    Csv(String),
    /// Nothing says which model a line is about.
    #[error("no column `model_id` or `model`")]
    NoModel,
    /// Nothing says whether weights are open.
    #[error("no column `open_weights`")]
    NoOpenness,
}

/// Reads a registry. A line without a model is skipped.
pub fn read_registry(bytes: &[u8]) -> Result<Vec<ModelEntry>, RegistryFileError> {
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|e| RegistryFileError::Csv(e.to_string()))?.clone();
    let column =
        |names: &[&str]| names.iter().find_map(|name| headers.iter().position(|h| h.trim() == *name));
    let model = column(&["model_id", "model"]).ok_or(RegistryFileError::NoModel)?;
    // Publishers spell it in one word too.
    let open = column(&["open_weights", "openweight"]).ok_or(RegistryFileError::NoOpenness)?;
    let display = column(&["display_name", "displayName"]);
    let organisation = column(&["organisation", "organization"]);
    let licence = column(&["licence", "license"]);
    let (aliases, released, params) =
        (column(&["aliases"]), column(&["release_date"]), column(&["params_b"]));
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| RegistryFileError::Csv(e.to_string()))?;
        let cell = |at: Option<usize>| {
            at.and_then(|at| record.get(at)).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let Some(id) = cell(Some(model)) else { continue };
        entries.push(ModelEntry {
            id,
            display_name: cell(display),
            aliases: cell(aliases)
                .map(|all| {
                    all.split('|').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
                })
                .unwrap_or_default(),
            organisation: cell(organisation),
            release_date: cell(released).and_then(|text| partial_date(&text)),
            open_weights: cell(Some(open)).and_then(|text| match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Some(true),
                "false" | "no" | "0" => Some(false),
                _ => None,
            }),
            licence: cell(licence),
            params_b: cell(params).and_then(|text| text.parse().ok()),
        });
    }
    Ok(entries)
}
