//! The bytes of one snapshot: one file, several pages, or a folder, with companions.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _},
};

use bellwether_core::ids::Sha256;
use zip::ZipArchive;

/// No file of a snapshot may unfold to more than this.
pub const MAX_UNPACKED_BYTES: u64 = 64 << 20;
/// No snapshot may have more files than this.
const MAX_FILES: usize = 20_000;

const MAIN: &str = "main";
const PAGES: &str = "pages/";
const FILES: &str = "files/";
const COMPANIONS: &str = "companions/";

/// What was fetched at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The main file or files.
    pub main: Main,
    /// Further files by the names of the document.
    pub companions: BTreeMap<String, Vec<u8>>,
}

/// The main part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Main {
    /// One file.
    File(Vec<u8>),
    /// Several pages, in order.
    Pages(Vec<Vec<u8>>),
    /// A folder: paths and files, in order of the paths.
    Folder(Vec<(String, Vec<u8>)>),
}

/// Why bytes could not be unpacked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackingError {
    /// The gzip stream ends early or its checksum is wrong.
    #[error("truncated or damaged gzip: {0}")]
    Gzip(String),
    /// The archive cannot be read.
    #[error("damaged zip archive: {0}")]
    Zip(String),
    /// There is no such file in the archive.
    #[error("the archive has no member `{0}`")]
    NoMember(String),
    /// It unfolds to more than the limit.
    #[error("unpacks to more than {} MB", MAX_UNPACKED_BYTES >> 20)]
    TooLarge,
    /// It has more files than the limit.
    #[error("more than {MAX_FILES} files")]
    TooMany,
}

impl Snapshot {
    /// A snapshot of one file.
    pub fn file(bytes: impl Into<Vec<u8>>) -> Self {
        Self { main: Main::File(bytes.into()), companions: BTreeMap::new() }
    }

    /// The files with the names they are kept under: `main`, `pages/00001`, `files/PATH`, `companions/NAME`.
    pub fn files(&self) -> Vec<(String, &[u8])> {
        let main: Vec<(String, &[u8])> = match &self.main {
            Main::File(bytes) => vec![(MAIN.to_owned(), bytes)],
            Main::Pages(pages) => pages
                .iter()
                .enumerate()
                .map(|(i, bytes)| (format!("{PAGES}{:05}", i + 1), bytes.as_slice()))
                .collect(),
            Main::Folder(files) => {
                files.iter().map(|(path, bytes)| (format!("{FILES}{path}"), bytes.as_slice())).collect()
            }
        };
        let companions =
            self.companions.iter().map(|(name, bytes)| (format!("{COMPANIONS}{name}"), bytes.as_slice()));
        main.into_iter().chain(companions).collect()
    }

    /// Back from what [`Self::files`] gave.
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut companions = BTreeMap::new();
        let (mut file, mut pages, mut folder) = (None, Vec::new(), Vec::new());
        for (name, bytes) in files {
            if let Some(name) = name.strip_prefix(COMPANIONS) {
                companions.insert(name.to_owned(), bytes);
            } else if let Some(page) = name.strip_prefix(PAGES) {
                pages.push((page.to_owned(), bytes));
            } else if let Some(path) = name.strip_prefix(FILES) {
                folder.push((path.to_owned(), bytes));
            } else {
                file = Some(bytes);
            }
        }
        pages.sort();
        folder.sort();
        let main = match file {
            Some(bytes) => Main::File(bytes),
            None if !pages.is_empty() => Main::Pages(pages.into_iter().map(|(_, bytes)| bytes).collect()),
            None => Main::Folder(folder),
        };
        Self { main, companions }
    }

    /// What names the content: of one file its own digest, of several the digest of their list as `sha256sum` prints it.
    pub fn content(&self) -> Sha256 {
        let files = self.files();
        if let [(_, bytes)] = files.as_slice() {
            return Sha256::of(bytes);
        }
        content_of(files.iter().map(|(name, bytes)| (name.as_str(), Sha256::of(bytes))))
    }

    /// How many bytes its files have together.
    pub fn len(&self) -> usize {
        self.files().iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Whether all its files are empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A list of files as `sha256sum` prints it, and reads it to check them.
pub fn list_of<'a>(files: impl IntoIterator<Item = (&'a str, Sha256)>) -> String {
    let lines: Vec<String> = files.into_iter().map(|(name, sha256)| format!("{sha256}  {name}\n")).collect();
    lines.concat()
}

/// The digest of a list of files.
pub fn content_of<'a>(files: impl IntoIterator<Item = (&'a str, Sha256)>) -> Sha256 {
    Sha256::of(list_of(files).as_bytes())
}

/// Unpacks gzip where the bytes begin like it; anything else comes back as it is.
pub fn gunzip(bytes: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, PackingError> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.into());
    }
    read_bounded(flate2::read::MultiGzDecoder::new(bytes))
        .map(Into::into)
        .map_err(|e| e.unwrap_or_else(PackingError::Gzip))
}

/// Whether the bytes begin like a zip archive.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// One file of a zip archive, by its path or, where that is unique, by its last part.
pub(crate) fn zip_member(bytes: &[u8], member: &str) -> Result<Vec<u8>, PackingError> {
    let mut archive = open_zip(bytes)?;
    let ending = format!("/{member}");
    let names: Vec<&str> =
        archive.file_names().filter(|name| *name == member || name.ends_with(&ending)).collect();
    let name = match names.as_slice() {
        [name] => (*name).to_owned(),
        names if names.contains(&member) => member.to_owned(),
        _ => return Err(PackingError::NoMember(member.to_owned())),
    };
    let entry = archive.by_name(&name).map_err(|e| PackingError::Zip(e.to_string()))?;
    read_bounded(entry).map_err(|e| e.unwrap_or_else(PackingError::Zip))
}

fn open_zip(bytes: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, PackingError> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| PackingError::Zip(e.to_string()))?;
    if archive.len() > MAX_FILES { Err(PackingError::TooMany) } else { Ok(archive) }
}

/// A failure to read: ours by name, or the stream's own words.
enum ReadFault {
    Ours(PackingError),
    Stream(String),
}

impl ReadFault {
    fn unwrap_or_else(self, name: impl Fn(String) -> PackingError) -> PackingError {
        match self {
            Self::Ours(error) => error,
            Self::Stream(text) => name(text),
        }
    }
}

fn read_bounded(reader: impl std::io::Read) -> Result<Vec<u8>, ReadFault> {
    let mut out = Vec::new();
    reader
        .take(MAX_UNPACKED_BYTES + 1)
        .read_to_end(&mut out)
        .map_err(|e| ReadFault::Stream(e.to_string()))?;
    if out.len() as u64 > MAX_UNPACKED_BYTES { Err(ReadFault::Ours(PackingError::TooLarge)) } else { Ok(out) }
}
