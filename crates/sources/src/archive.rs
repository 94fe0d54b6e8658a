//! Folders of dated snapshots: `YYYY-MM-DD*` files, files with companions, or folders; `.gz` is read.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::{
    document::SourceDocument,
    snapshot::{Main, Snapshot, gunzip},
};

/// A file larger than this is not read: no leaderboard is.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// A dated folder may have so many files.
const MAX_FOLDER_FILES: usize = 20_000;

/// One dated snapshot of an archive.
#[derive(Clone, Debug)]
pub struct Dated {
    /// The day in its name.
    pub day: NaiveDate,
    /// The letter after the date, which orders one day: empty, `a`, `b`, ...
    pub letter: String,
    /// The name as it stands in the folder: `2024-07-31.csv`.
    pub name: String,
    /// What it holds.
    pub snapshot: Snapshot,
}

impl Dated {
    /// When it counts as observed: midnight UTC of its day.
    pub fn observed_at(&self) -> DateTime<Utc> {
        self.day.and_time(NaiveTime::MIN).and_utc()
    }
}

/// What a folder holds for a source.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    /// Its snapshots, oldest first.
    pub snapshots: Vec<Dated>,
    /// Files that are no snapshot of this source, each with the reason.
    pub left_out: Vec<(String, String)>,
}

/// Reads a folder of dated snapshots.
pub fn read_archive(document: &SourceDocument, dir: &Path) -> io::Result<Archive> {
    let mut archive = Archive::default();
    let mut dates: BTreeMap<(NaiveDate, String), Vec<(String, PathBuf)>> = BTreeMap::new();
    let mut names: Vec<_> = fs::read_dir(dir)?.collect::<Result<Vec<_>, _>>()?;
    names.sort_by_key(fs::DirEntry::file_name);
    for entry in names {
        let name = entry.file_name().to_string_lossy().into_owned();
        match split_name(&name) {
            Some((day, letter, rest)) => {
                dates.entry((day, letter.to_owned())).or_default().push((rest.to_owned(), entry.path()));
            }
            None => archive.left_out.push((name, "its name begins with no date".into())),
        }
    }
    for ((day, letter), files) in dates {
        read_day(document, day, letter, files, &mut archive)?;
    }
    Ok(archive)
}

/// `2024-07-31a.categories.json.gz` is the day, the letter and `.categories.json`.
fn split_name(name: &str) -> Option<(NaiveDate, &str, &str)> {
    let day = name.get(..10)?.parse().ok()?;
    let rest = &name[10..];
    let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
    // One letter before the ending orders a day; anything else after the date only names the file.
    let (letter, ending) = match rest.split_at(letters.min(1)) {
        (letter, ending) if ending.is_empty() || ending.starts_with('.') => (letter, ending),
        _ => ("", rest),
    };
    Some((day, letter, ending.strip_suffix(".gz").unwrap_or(ending)))
}

fn read_day(
    document: &SourceDocument,
    day: NaiveDate,
    letter: String,
    files: Vec<(String, PathBuf)>,
    archive: &mut Archive,
) -> io::Result<()> {
    let file_name =
        |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut companions = BTreeMap::new();
    let mut mains = Vec::new();
    for (rest, path) in files {
        let companion =
            document.companions.iter().find(|(name, c)| !rest.is_empty() && c.disk_suffix(name) == rest);
        match companion {
            Some((name, _)) => drop(companions.insert(name.clone(), (read_file(&path)?, file_name(&path)))),
            None => mains.push((rest, path)),
        }
    }
    // `DATE.ext` is the snapshot; `DATE.other.ext` beside it is something else that the document does not ask for.
    let plain = mains.iter().position(|(rest, _)| rest.matches('.').count() <= 1);
    let (main, name) = match (plain, mains.len()) {
        (Some(at), _) => {
            let (_, path) = mains.swap_remove(at);
            for (_, other) in mains {
                archive
                    .left_out
                    .push((file_name(&other), "a companion that the source document does not name".into()));
            }
            let name = file_name(&path);
            (read_main(&path)?, name)
        }
        (None, 0) => {
            for (_, name) in companions.into_values() {
                archive.left_out.push((name, "a companion whose main file is not there".into()));
            }
            return Ok(());
        }
        (None, 1) => {
            let (_, path) = mains.swap_remove(0);
            (read_main(&path)?, file_name(&path))
        }
        (None, _) => {
            // Members of one archive that were saved one by one.
            let name = format!("{day}{letter}.*");
            let mut members = Vec::new();
            for (rest, path) in mains {
                members.push((rest.trim_start_matches('.').to_owned(), read_file(&path)?));
            }
            (Main::Folder(members), name)
        }
    };
    let companions = companions.into_iter().map(|(name, (bytes, _))| (name, bytes)).collect();
    archive.snapshots.push(Dated { day, letter, name, snapshot: Snapshot { main, companions } });
    Ok(())
}

fn read_main(path: &Path) -> io::Result<Main> {
    if path.is_dir() { read_folder(path).map(Main::Folder) } else { read_file(path).map(Main::File) }
}

/// A file's bytes, unpacked; bytes that do not unpack stay as they are, for the extractor to name what is wrong.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > MAX_FILE_BYTES {
        return Err(io::Error::other(format!("{}: larger than {} MB", path.display(), MAX_FILE_BYTES >> 20)));
    }
    let bytes = fs::read(path)?;
    match gunzip(&bytes) {
        Ok(unpacked) => Ok(unpacked.into_owned()),
        Err(_) => Ok(bytes),
    }
}

/// Every file under a folder, by its path with forward slashes, in order.
fn read_folder(root: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let relative = path.strip_prefix(root).unwrap_or(&path);
                let name = relative
                    .components()
                    .map(|c| c.as_os_str().to_string_lossy())
                    .collect::<Vec<_>>()
                    .join("/");
                files.push((name, path));
            }
            if files.len() > MAX_FOLDER_FILES {
                return Err(io::Error::other(format!(
                    "{}: more than {MAX_FOLDER_FILES} files",
                    root.display()
                )));
            }
        }
    }
    files.sort();
    files.into_iter().map(|(name, path)| Ok((name, read_file(&path)?))).collect()
}
