//! Drafts (草稿): uploaded workbooks that nobody has signed yet. Nothing of them is in the log, in the tables or with anybody else.
//!
//! Files below one folder, closed to other users of the machine: one folder for each person, named by the digest of their identity,
//! in it `<id>.json` and `<id>.book` for each draft. Who asks is the folder that is looked into, so a draft of somebody else is not
//! found whatever its id. Bounded in number, size and age.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Period, Text};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bounds of the drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftLimits {
    /// Drafts of one person.
    pub per_person: usize,
    /// Bytes of one workbook.
    pub file_bytes: usize,
    /// Bytes of all workbooks of all persons.
    pub total_bytes: u64,
    /// Days that a draft is kept after its last change.
    pub days: u32,
}

/// A cell that was corrected on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// The cell, for example `G7`.
    pub place: String,
    /// What it held.
    pub before: String,
    /// What was put there.
    pub after: String,
    /// When.
    pub time: DateTime<Utc>,
}

/// A draft without its workbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// The round.
    pub period: Period,
    /// Name of the file that was uploaded.
    pub file: String,
    /// When it was uploaded first.
    pub made: DateTime<Utc>,
    /// When it was changed last.
    pub changed: DateTime<Utc>,
    /// What was corrected on the page since the last upload.
    pub corrected: Vec<Corrected>,
}

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// This person has none of this id.
    #[error("no such draft")]
    Unknown,
    /// A bound is reached.
    #[error("{}", .0.zh)]
    Full(Text),
    /// The disk.
    #[error("drafts cannot be kept: {0}")]
    Disk(#[from] io::Error),
}

/// The drafts of a node.
#[derive(Debug)]
pub struct Drafts {
    folder: PathBuf,
    limits: DraftLimits,
    /// One change at a time: bounds are counted and kept under it.
    turn: Mutex<()>,
}

impl Drafts {
    /// Drafts below this folder, which is made with the first one.
    #[must_use]
    pub fn new(folder: PathBuf, limits: DraftLimits) -> Self {
        Self { folder, limits, turn: Mutex::default() }
    }

    /// The bounds.
    #[must_use]
    pub fn limits(&self) -> DraftLimits {
        self.limits
    }

    /// The drafts of a person, the newest first.
    ///
    /// # Errors
    /// [`DraftError::Disk`].
    pub fn list(&self, owner: &str, now: DateTime<Utc>) -> Result<Vec<Draft>, DraftError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut drafts = self.kept(&self.folder_of(owner), now)?;
        drafts.sort_by(|a, b| b.changed.cmp(&a.changed).then_with(|| a.id.cmp(&b.id)));
        Ok(drafts)
    }

    /// A draft of this person with its workbook.
    ///
    /// # Errors
    /// [`DraftError::Unknown`], [`DraftError::Disk`].
    pub fn get(&self, owner: &str, id: &str, now: DateTime<Utc>) -> Result<(Draft, Vec<u8>), DraftError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder_of(owner);
        let draft = self.kept(&folder, now)?.into_iter().find(|draft| draft.id == id).ok_or(DraftError::Unknown)?;
        let book = fs::read(book(&folder, &draft.id))?;
        Ok((draft, book))
    }

    /// Keeps a new draft.
    ///
    /// # Errors
    /// [`DraftError::Full`], [`DraftError::Disk`].
    pub fn add(
        &self,
        owner: &str,
        period: Period,
        file: String,
        bytes: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Draft, DraftError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder_of(owner);
        let most = self.limits.per_person;
        if self.kept(&folder, now)?.len() >= most {
            return Err(DraftError::Full(Text::new(
                format!("草稿已有 {most} 份，达到上限；请先提交或删除旧草稿"),
                format!("there are {most} drafts, as many as may be kept; submit or delete some first"),
            )));
        }
        self.has_room(bytes.len(), now)?;
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(io::Error::other)?;
        let draft = Draft { id: hex::encode(id), period, file, made: now, changed: now, corrected: Vec::new() };
        write(&folder, &draft, bytes)?;
        Ok(draft)
    }

    /// Puts another workbook in the place of a draft's.
    ///
    /// # Errors
    /// [`DraftError`].
    pub fn replace(&self, owner: &str, draft: &Draft, bytes: &[u8], now: DateTime<Utc>) -> Result<(), DraftError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder_of(owner);
        if !self.kept(&folder, now)?.iter().any(|kept| kept.id == draft.id) {
            return Err(DraftError::Unknown);
        }
        self.has_room(bytes.len(), now)?;
        write(&folder, &Draft { changed: now, ..draft.clone() }, bytes)?;
        Ok(())
    }

    /// Deletes a draft.
    ///
    /// # Errors
    /// [`DraftError`].
    pub fn delete(&self, owner: &str, id: &str, now: DateTime<Utc>) -> Result<(), DraftError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder_of(owner);
        if !self.kept(&folder, now)?.iter().any(|kept| kept.id == id) {
            return Err(DraftError::Unknown);
        }
        Ok(remove(&folder, id)?)
    }

    fn folder_of(&self, owner: &str) -> PathBuf {
        self.folder.join(hex::encode(Sha256::digest(owner)))
    }

    /// The drafts in a person's folder; those that are too old go. What cannot be read is left where it is and told in the log.
    fn kept(&self, folder: &Path, now: DateTime<Utc>) -> io::Result<Vec<Draft>> {
        let mut kept = Vec::new();
        for path in files(folder)? {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let read = fs::read(&path).and_then(|text| serde_json::from_slice::<Draft>(&text).map_err(io::Error::from));
            match read {
                Ok(draft) if now - draft.changed > TimeDelta::days(self.limits.days.into()) => {
                    remove(folder, &draft.id)?;
                }
                Ok(draft) => kept.push(draft),
                Err(error) => tracing::warn!(path = %path.display(), %error, "a draft cannot be read"),
            }
        }
        Ok(kept)
    }

    /// Whether so many bytes more may be kept. Drafts of everybody that are too old go before that is counted.
    fn has_room(&self, more: usize, now: DateTime<Utc>) -> Result<(), DraftError> {
        let (most, file) = (self.limits.total_bytes, self.limits.file_bytes);
        if more > file {
            let most = file >> 10;
            return Err(DraftError::Full(Text::new(
                format!("文件超过上限 {most} KB"),
                format!("the file has more than {most} KB"),
            )));
        }
        let mut total = u64::try_from(more).unwrap_or(u64::MAX);
        for folder in files(&self.folder)? {
            self.kept(&folder, now)?;
            for file in files(&folder)? {
                total = total.saturating_add(fs::metadata(file)?.len());
            }
        }
        if total > most {
            return Err(DraftError::Full(Text::new(
                "本节点的草稿空间已满；请删除不用的草稿，或请管理员放宽 web.drafts.total_bytes",
                "this node has no room for more drafts; delete some, or ask the operator to raise web.drafts.total_bytes",
            )));
        }
        Ok(())
    }
}

fn book(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.book"))
}

/// What is in a folder; nothing when there is none.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn write(folder: &Path, draft: &Draft, bytes: &[u8]) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // The workbook first: a draft is there when its description is.
    put(&book(folder, &draft.id), bytes)?;
    put(&folder.join(format!("{}.json", draft.id)), &serde_json::to_vec(draft)?)
}

/// Writes a file in one step, for its owner only.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("fresh");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(bytes)?;
    fs::rename(fresh, path)
}

fn remove(folder: &Path, id: &str) -> io::Result<()> {
    fs::remove_file(folder.join(format!("{id}.json")))?;
    fs::remove_file(book(folder, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_751_335_200 + day * 86_400, 0).unwrap()
    }

    fn drafts(folder: &Path, limits: DraftLimits) -> Drafts {
        Drafts::new(folder.join("drafts"), limits)
    }

    const LIMITS: DraftLimits = DraftLimits { per_person: 2, file_bytes: 100, total_bytes: 2_000, days: 30 };

    fn add(drafts: &Drafts, owner: &str, bytes: usize, day: i64) -> Result<Draft, DraftError> {
        drafts.add(owner, Period::parse("2024").unwrap(), "填报.xlsx".to_owned(), &vec![7; bytes], at(day))
    }

    #[test]
    fn a_draft_is_found_by_its_owner_only_and_gone_when_it_is_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let drafts = drafts(dir.path(), LIMITS);
        let draft = add(&drafts, "甲", 10, 0).unwrap();
        assert_eq!(drafts.get("甲", &draft.id, at(0)).unwrap(), (draft.clone(), vec![7; 10]));
        assert!(matches!(drafts.get("乙", &draft.id, at(0)), Err(DraftError::Unknown)));
        assert!(matches!(drafts.delete("乙", &draft.id, at(0)), Err(DraftError::Unknown)));
        assert!(matches!(drafts.get("甲", "../../etc", at(0)), Err(DraftError::Unknown)));
        drafts.replace("甲", &draft, &[8; 20], at(1)).unwrap();
        assert_eq!(drafts.get("甲", &draft.id, at(1)).unwrap().1, [8; 20]);
        drafts.delete("甲", &draft.id, at(1)).unwrap();
        assert!(drafts.list("甲", at(1)).unwrap().is_empty());
    }

    #[test]
    fn drafts_are_bounded_in_number_and_size_and_go_with_time() {
        let dir = tempfile::tempdir().unwrap();
        let drafts = drafts(dir.path(), LIMITS);
        add(&drafts, "甲", 10, 0).unwrap();
        add(&drafts, "甲", 10, 20).unwrap();
        assert!(matches!(add(&drafts, "甲", 10, 20), Err(DraftError::Full(_))), "a third one");
        add(&drafts, "乙", 10, 20).unwrap();
        assert!(matches!(add(&drafts, "丙", 101, 20), Err(DraftError::Full(_))), "too large a file");
        let left = drafts.list("甲", at(31)).unwrap();
        assert_eq!(left.len(), 1, "the one of the first day is too old");
        add(&drafts, "甲", 10, 31).unwrap();
    }

    #[test]
    fn all_drafts_together_are_bounded_too() {
        let dir = tempfile::tempdir().unwrap();
        let drafts = drafts(dir.path(), DraftLimits { total_bytes: 600, per_person: 9, ..LIMITS });
        add(&drafts, "甲", 100, 0).unwrap();
        add(&drafts, "乙", 100, 0).unwrap();
        assert!(matches!(add(&drafts, "丙", 100, 0), Err(DraftError::Full(_))));
        add(&drafts, "丙", 100, 40).unwrap();
    }

    #[test]
    fn nobody_else_on_the_machine_reads_a_draft() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let drafts = drafts(dir.path(), LIMITS);
        let draft = add(&drafts, "甲", 10, 0).unwrap();
        let folder = drafts.folder_of("甲");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&book(&folder, &draft.id))), (0o700, 0o600));
    }
}
