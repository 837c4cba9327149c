//! The stores that are damaged, and the damage.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::scribe::{Dice, Ledger};
use crate::world::{Folder, binary};

/// A host's folder with records in it, and what was acknowledged of them.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) name: &'static str,
    pub(super) folder: PathBuf,
    pub(super) acknowledged: usize,
}

impl Image {
    pub(super) fn config(&self) -> PathBuf {
        self.folder.join("apiconnect.toml")
    }

    pub(super) fn ledger(&self) -> PathBuf {
        self.folder.join("ledger.json")
    }
}

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Harm {
    Flip,
    Cut,
}

impl Harm {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Flip => "flip",
            Self::Cut => "cut",
        }
    }

    /// Inside what was written: the engine extends its file with zeroes that nobody reads.
    pub(super) fn to(self, file: &Path, dice: &mut Dice) -> anyhow::Result<()> {
        let mut bytes = fs::read(file)?;
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(bytes.len(), |last| last + 1);
        let at = dice.index(used);
        match self {
            Self::Cut => bytes.truncate(at),
            Self::Flip => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
        Ok(fs::write(file, bytes)?)
    }
}

/// Four images of one history: a store that was never reopened, as a kill leaves it and as an orderly end does; and one
/// that was reopened and went on, likewise.
pub(super) fn make(root: &Path, documents: u64, seed: u64) -> anyhow::Result<Vec<Image>> {
    let live = Folder::new()?;
    // Not sealed: a seal would find damage that the store has to find by itself.
    live.configure("")?;
    let mut ledger = Ledger::default();
    let mut images = Vec::new();
    for (open, closed, part) in [("fresh, killed", "fresh, closed", 0), ("reopened, killed", "reopened, closed", 1)] {
        let killed = root.join(open);
        fs::create_dir_all(killed.join("data"))?;
        let heard = write(live.path(), part * documents, documents, seed, Some(&killed.join("data/store")))?;
        heard.lines().for_each(|line| ledger.hear(line));
        images.push(image(live.path(), open, killed, &ledger)?);
        let ended = root.join(closed);
        copy(&live.path().join("data/store"), &ended.join("data/store"))?;
        images.push(image(live.path(), closed, ended, &ledger)?);
    }
    Ok(images)
}

fn image(live: &Path, name: &'static str, folder: PathBuf, ledger: &Ledger) -> anyhow::Result<Image> {
    for file in ["apiconnect.toml", "master.key"] {
        fs::copy(live.join(file), folder.join(file))?;
    }
    let image = Image { name, folder, acknowledged: ledger.acknowledged() };
    fs::write(image.ledger(), serde_json::to_vec(ledger)?)?;
    Ok(image)
}

/// Runs the writer on `folder` and returns what it said.
fn write(folder: &Path, from: u64, documents: u64, seed: u64, to: Option<&Path>) -> anyhow::Result<String> {
    let mut command = Command::new(binary("scribe")?);
    command.arg("write").arg(folder.join("apiconnect.toml"));
    command.args([from, documents, 8, seed].map(|number| number.to_string()));
    if let Some(to) = to {
        command.arg("copy").arg(to);
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("start the writer")?;
    ensure!(output.status.success(), "the writer failed: {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// Copies a folder with all that is in it.
///
/// # Errors
/// When the disk refuses.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (entry, target) = {
            let entry = entry?;
            (entry.path(), to.join(entry.file_name()))
        };
        if entry.is_dir() {
            copy(&entry, &target)?;
        } else {
            fs::copy(&entry, &target)?;
        }
    }
    Ok(())
}

/// All files below `folder` that have something in them, in order.
pub(super) fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if fs::metadata(&path)?.len() > 0 {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
