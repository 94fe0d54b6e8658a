//! Where an installation keeps its data.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// A data folder with SQLite in it, or a PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder; the database in it is `bellwether.db`.
    Folder(PathBuf),
    /// A `postgres://` address, with its password.
    Postgres(String),
}

impl Location {
    /// The SQLite file of a data folder.
    pub fn database_file(folder: &Path) -> PathBuf {
        folder.join("bellwether.db")
    }

    /// The file whose lock says that a server works in a data folder.
    pub fn lock_file(folder: &Path) -> PathBuf {
        folder.join("bellwether.lock")
    }
}

impl FromStr for Location {
    type Err = std::convert::Infallible;

    /// A `postgres://` or `postgresql://` address is one; anything else is a folder.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Postgres(text.to_owned())
        } else {
            Self::Folder(text.strip_prefix("sqlite:").unwrap_or(text).into())
        })
    }
}

impl fmt::Display for Location {
    /// For logs and messages: without user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                write!(f, "postgres://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
            }
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let Ok(at) = "postgres://me:p%40ss@db.example:5432/bellwether".parse::<Location>();
        assert_eq!(
            format!("{at} {at:?}"),
            "postgres://db.example:5432/bellwether postgres://db.example:5432/bellwether"
        );
    }

    #[test]
    fn anything_else_is_a_folder() {
        assert_eq!("data".parse(), Ok(Location::Folder("data".into())));
        assert_eq!("sqlite:/var/lib/bellwether".parse(), Ok(Location::Folder("/var/lib/bellwether".into())));
    }
}
