//! The key that secrets of channels are sealed with.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use bellwether_engine::alerts::SealKey;

/// Its name in a data folder.
pub(super) const IN_FOLDER: &str = "secret.key";

/// Reads the key from its file: 64 hexadecimal digits. One that is not there yet is made, for its owner's eyes only; it
/// belongs into the backup, but not beside it.
pub(super) fn read_or_make(file: &Path) -> anyhow::Result<SealKey> {
    match fs::read_to_string(file) {
        Ok(text) => {
            let open_to_all = fs::metadata(file)?.permissions().mode() & 0o077 != 0;
            if open_to_all {
                bail!("{}: others may read this key: chmod 600 it", file.display());
            }
            text.trim().parse().with_context(|| file.display().to_string())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => make(file),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

fn make(file: &Path) -> anyhow::Result<SealKey> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|e| anyhow::anyhow!("no randomness: {e}"))?;
    let mut made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(|| file.display().to_string())?;
    writeln!(made, "{}", hex::encode(bits))?;
    made.sync_all()?;
    Ok(SealKey::from_bytes(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again_and_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(IN_FOLDER);
        read_or_make(&file).unwrap();
        let made = fs::read_to_string(&file).unwrap();
        read_or_make(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), made);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let error = read_or_make(&file).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        let odd = folder.path().join("odd");
        fs::write(&odd, "not a key").unwrap();
        fs::set_permissions(&odd, fs::Permissions::from_mode(0o600)).unwrap();
        let error = format!("{:#}", read_or_make(&odd).unwrap_err());
        assert!(error.contains("odd") && !error.contains("not a key"), "{error}");
    }
}
