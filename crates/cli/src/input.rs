//! Files named on the command line. What cannot be read is a mistake in the call.

use std::path::Path;

use crate::usage::Usage;

/// A file's bytes.
pub(crate) fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Usage::of(&path.display().to_string(), format!("cannot be read: {e}")))
}

/// A file's text.
pub(crate) fn text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(bytes(path)?)
        .map_err(|_| Usage::of(&path.display().to_string(), "is no text: its bytes are not UTF-8"))
}
