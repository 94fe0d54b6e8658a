//! Where the value of a field stands in a row.

use scraper::Selector;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::Format;

/// A field: alternatives of which the first present wins, because publishers rename their columns.
#[derive(Clone, Debug)]
pub struct Field {
    /// In the order they are tried; at least one.
    pub alternatives: Vec<Alternative>,
    /// Whether its column may be gone.
    pub optional: bool,
}

/// One place a value can stand.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// Where.
    pub source: FieldSource,
    /// How a date is written there, in chrono's notation.
    pub format: Option<String>,
}

/// Where a value stands.
#[derive(Clone, Debug)]
pub enum FieldSource {
    /// A member of the row's object, or a column.
    Name(String),
    /// A singular query relative to the row.
    Query {
        /// As written, with `@`.
        text: String,
        /// The same, rooted in the row.
        path: JsonPath,
    },
    /// The member name of the row.
    Key,
    /// A member of the nearest enclosing object.
    Parent(String),
    /// The path of the file in a folder.
    File,
    /// An element of an HTML row.
    Select {
        /// As written.
        text: String,
        /// Finds the element; `None`: the row itself.
        selector: Option<Selector>,
        /// Its attribute; `None`: its text.
        attribute: Option<String>,
    },
}

impl std::fmt::Display for FieldSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Query { text, .. } | Self::Select { text, .. } => f.write_str(text),
            Self::Key => f.write_str("$key"),
            Self::Parent(name) => write!(f, "$parent.{name}"),
            Self::File => f.write_str("$file"),
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, alternative) in self.alternatives.iter().enumerate() {
            write!(f, "{}{}", if i > 0 { " or " } else { "" }, alternative.source)?;
        }
        Ok(())
    }
}

impl Field {
    /// Reads a text, an object or a list of alternatives.
    pub(super) fn read(value: &Value, format: Format) -> Result<Self, String> {
        match value {
            Value::Array(list) if list.is_empty() => Err("an empty list names no column".into()),
            Value::Array(list) => {
                let fields: Vec<Self> =
                    list.iter().map(|v| Self::read(v, format)).collect::<Result<_, _>>()?;
                let optional = fields.iter().any(|field| field.optional);
                Ok(Self { alternatives: fields.into_iter().flat_map(|f| f.alternatives).collect(), optional })
            }
            Value::Object(map) => {
                let text = |key: &str| match map.get(key) {
                    None => Ok(None),
                    Some(Value::String(text)) => Ok(Some(text.clone())),
                    Some(other) => Err(format!("`{key}` must be a text, not {other}")),
                };
                if let Some(key) = map
                    .keys()
                    .find(|k| !matches!(k.as_str(), "field" | "select" | "attribute" | "format" | "optional"))
                {
                    return Err(format!(
                        "unknown key `{key}`: expected field, select, attribute, format or optional"
                    ));
                }
                let optional = match map.get("optional") {
                    None => false,
                    Some(Value::Bool(b)) => *b,
                    Some(other) => return Err(format!("`optional` must be true or false, not {other}")),
                };
                let date_format = text("format")?;
                if let Some(date_format) = &date_format {
                    check_date_format(date_format)?;
                }
                let mut field = match (map.get("field"), text("select")?) {
                    (Some(_), Some(_)) => return Err("`field` and `select` exclude each other".into()),
                    (None, None) => return Err("needs `field`, or `select` for HTML".into()),
                    (Some(inner), None) => {
                        if map.contains_key("attribute") {
                            return Err("`attribute` goes with `select`".into());
                        }
                        Self::read(inner, format)?
                    }
                    (None, Some(css)) => {
                        if format != Format::Html {
                            return Err("`select` reads HTML only".into());
                        }
                        let selector = match css.trim() {
                            ":scope" => None,
                            css => Some(
                                Selector::parse(css)
                                    .map_err(|e| format!("`{css}` is no CSS selector: {e}"))?,
                            ),
                        };
                        let source =
                            FieldSource::Select { text: css, selector, attribute: text("attribute")? };
                        Self { alternatives: vec![Alternative { source, format: None }], optional: false }
                    }
                };
                if date_format.is_some() {
                    for alternative in &mut field.alternatives {
                        alternative.format.clone_from(&date_format);
                    }
                }
                field.optional |= optional;
                Ok(field)
            }
            Value::String(text) => {
                let source = source_of(text, format)?;
                Ok(Self { alternatives: vec![Alternative { source, format: None }], optional: false })
            }
            // A column may be headed by a bare number or a word that YAML reads as one.
            Value::Number(number) => Self::read(&Value::String(number.to_string()), format),
            other => Err(format!("must name a column, not {other}")),
        }
    }
}

fn source_of(text: &str, format: Format) -> Result<FieldSource, String> {
    match text {
        "" => Err("an empty text names no column".into()),
        "$key" => Ok(FieldSource::Key),
        "$file" => Ok(FieldSource::File),
        _ if text.starts_with("$parent.") => Ok(FieldSource::Parent(text["$parent.".len()..].to_owned())),
        _ if text.starts_with('@') && format.is_tree() => {
            // Comparisons allow singular queries only, so the parser itself tells whether this is one.
            JsonPath::parse(&format!("$[?{text} == 1]")).map_err(|_| {
                format!("`{text}` is no singular query relative to the row, such as @['pass@1'].base")
            })?;
            let path = JsonPath::parse(&format!("${}", &text[1..]))
                .map_err(|e| format!("`{text}` is no singular query: {e}"))?;
            Ok(FieldSource::Query { text: text.to_owned(), path })
        }
        _ => Ok(FieldSource::Name(text.to_owned())),
    }
}

fn check_date_format(format: &str) -> Result<(), String> {
    use chrono::format::{Item, StrftimeItems};
    if StrftimeItems::new(format).any(|item| matches!(item, Item::Error)) {
        return Err(format!("`{format}` is no date format; write for example %d %B %Y"));
    }
    Ok(())
}
