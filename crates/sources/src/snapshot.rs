//! The bytes of one snapshot: one file, several pages, a folder, with companions; and how they are kept as one.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _, Write as _},
};

use bellwether_core::ids::Sha256;
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// No file of a snapshot may unfold to more than this.
pub const MAX_UNPACKED_BYTES: u64 = 64 << 20;
/// No snapshot may have more files than this.
const MAX_FILES: usize = 20_000;

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

/// How the parts of a snapshot are kept as one run of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packing {
    /// The bytes are the one file as the publisher sent it.
    Plain,
    /// The bytes are a zip archive of the parts, uncompressed and undated, so that equal parts give equal bytes.
    Bundle,
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

    /// The bytes to store, and how they are packed.
    pub fn pack(&self) -> Result<(Vec<u8>, Packing), PackingError> {
        if let (Main::File(bytes), true) = (&self.main, self.companions.is_empty()) {
            return Ok((bytes.clone(), Packing::Plain));
        }
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default());
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in self.parts() {
            writer.start_file(name, options).map_err(|e| PackingError::Zip(e.to_string()))?;
            writer.write_all(bytes).map_err(|e| PackingError::Zip(e.to_string()))?;
        }
        let packed = writer.finish().map_err(|e| PackingError::Zip(e.to_string()))?;
        Ok((packed.into_inner(), Packing::Bundle))
    }

    /// Back from what [`Self::pack`] gave.
    pub fn unpack(bytes: &[u8], packing: Packing) -> Result<Self, PackingError> {
        if packing == Packing::Plain {
            return Ok(Self::file(bytes));
        }
        let mut archive = open_zip(bytes)?;
        let mut snapshot = Self { main: Main::Folder(Vec::new()), companions: BTreeMap::new() };
        let (mut file, mut pages, mut folder) = (None, Vec::new(), Vec::new());
        for i in 0..archive.len() {
            let entry = archive.by_index(i).map_err(|e| PackingError::Zip(e.to_string()))?;
            let name = entry.name().to_owned();
            let bytes = read_bounded(entry).map_err(|e| e.unwrap_or_else(PackingError::Zip))?;
            match name.split_once('/') {
                Some(("companions", name)) => drop(snapshot.companions.insert(name.to_owned(), bytes)),
                Some(("pages", _)) => pages.push(bytes),
                Some(("files", path)) => folder.push((path.to_owned(), bytes)),
                _ => file = Some(bytes),
            }
        }
        snapshot.main = match file {
            Some(bytes) => Main::File(bytes),
            None if !pages.is_empty() => Main::Pages(pages),
            None => Main::Folder(folder),
        };
        Ok(snapshot)
    }

    /// The digest that names the snapshot: of the bytes that are stored.
    pub fn sha256(&self) -> Result<Sha256, PackingError> {
        self.pack().map(|(bytes, _)| Sha256::of(&bytes))
    }

    /// How many bytes its files have together.
    pub fn len(&self) -> usize {
        self.parts().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Whether all its files are empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The files with the names they carry in a bundle.
    fn parts(&self) -> impl Iterator<Item = (String, &[u8])> {
        let main: Vec<(String, &[u8])> = match &self.main {
            Main::File(bytes) => vec![("main".to_owned(), bytes)],
            Main::Pages(pages) => pages
                .iter()
                .enumerate()
                .map(|(i, bytes)| (format!("pages/{:05}", i + 1), bytes.as_slice()))
                .collect(),
            Main::Folder(files) => {
                files.iter().map(|(path, bytes)| (format!("files/{path}"), bytes.as_slice())).collect()
            }
        };
        let companions =
            self.companions.iter().map(|(name, bytes)| (format!("companions/{name}"), bytes.as_slice()));
        main.into_iter().chain(companions)
    }
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
