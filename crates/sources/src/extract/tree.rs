//! JSON, YAML and TOML as one tree.

use serde_json::Value;

use super::ExtractError;
use crate::{document::Format, yaml};

/// Reads a text; the parsers bound the depth.
pub(super) fn parse(text: &str, format: Format) -> Result<Value, ExtractError> {
    let syntax = |reason: String| ExtractError::Syntax { format, reason: reason.chars().take(500).collect() };
    match format {
        Format::Json => serde_json::from_str(text).map_err(|e| syntax(e.to_string())),
        Format::Yaml => yaml::from_str(text).map_err(|e| syntax(e.to_string())),
        Format::Toml => toml::from_str(text).map_err(|e| syntax(e.to_string())),
        Format::Csv | Format::Html | Format::Markdown => Err(syntax("no tree".into())),
    }
}
