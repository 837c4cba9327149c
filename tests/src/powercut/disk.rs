//! What is on the device after a power cut.
//!
//! Bytes and lengths of a file are there when an `fsync` or `fdatasync` of it began after they were written and had ended
//! before the cut; `sync_file_range` counts for nothing. An entry of a folder is there when the folder, or the new file
//! itself, was forced likewise, and so are all changes of that folder before it, as journaling file systems keep them in
//! order. A torn image has, in addition, any of the other 4 KiB pages, and some more of each folder's changes.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::parse::Event;
use super::trace::Step;
use crate::scribe::Dice;

/// What a device writes whole.
const PAGE: usize = 4_096;

/// Which of the bytes that no sync covers are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// None.
    Strict,
    /// A random half.
    Torn,
}

/// The files and folders below the root.
#[derive(Debug, Default)]
pub(super) struct Disk {
    files: HashMap<usize, Vec<u8>>,
    /// Entries of each folder, and whether they are folders.
    folders: HashMap<usize, BTreeMap<String, (usize, bool)>>,
}

impl Disk {
    /// What is there after a cut before the line `cut` of the trace.
    pub(super) fn after(steps: &[Step], cut: usize, mode: Mode, dice: &mut Dice) -> Self {
        let synced = synced(steps, cut);
        let kept = kept(steps, cut, &synced, mode, dice);
        let mut disk = Self::default();
        for (step, kept) in steps.iter().zip(kept) {
            if step.start >= cut {
                continue;
            }
            let covered = |node: &usize| synced.get(node).is_some_and(|sync| step.end < *sync);
            match &step.event {
                Event::Write { node, offset, data } if covered(node) => disk.put(*node, *offset, data),
                Event::Write { node, offset, data } if mode == Mode::Torn => disk.tear(*node, *offset, data, dice),
                Event::Resize { node, length } if covered(node) || (mode == Mode::Torn && dice.below(2) == 0) => {
                    disk.files.entry(*node).or_default().resize(*length, 0);
                }
                event if kept => disk.name(event),
                _ => {}
            }
        }
        disk
    }

    fn put(&mut self, node: usize, offset: usize, data: &[u8]) {
        let file = self.files.entry(node).or_default();
        let end = offset + data.len();
        if file.len() < end {
            file.resize(end, 0);
        }
        file[offset..end].copy_from_slice(data);
    }

    fn tear(&mut self, node: usize, offset: usize, data: &[u8], dice: &mut Dice) {
        let mut at = 0;
        while at < data.len() {
            let end = data.len().min(at + PAGE - (offset + at) % PAGE);
            if dice.below(2) == 0 {
                self.put(node, offset + at, &data[at..end]);
            }
            at = end;
        }
    }

    fn name(&mut self, event: &Event) {
        match event {
            Event::Make { node, folder, name, is_folder } => {
                self.folders.entry(*folder).or_default().insert(name.clone(), (*node, *is_folder));
            }
            Event::Rename { from, to, .. } => {
                let moved = self.folders.entry(from.0).or_default().remove(&from.1);
                if let Some(moved) = moved {
                    self.folders.entry(to.0).or_default().insert(to.1.clone(), moved);
                }
            }
            Event::Remove { folder, name } => {
                self.folders.entry(*folder).or_default().remove(name);
            }
            _ => {}
        }
    }

    /// Writes it all to `root`, which is the folder number 0.
    pub(super) fn write(&self, root: &Path) -> std::io::Result<()> {
        self.write_folder(0, root.to_owned())
    }

    fn write_folder(&self, folder: usize, path: PathBuf) -> std::io::Result<()> {
        std::fs::create_dir_all(&path)?;
        for (name, (node, is_folder)) in self.folders.get(&folder).into_iter().flatten() {
            if *is_folder {
                self.write_folder(*node, path.join(name))?;
            } else {
                let nothing = Vec::new();
                std::fs::write(path.join(name), self.files.get(node).unwrap_or(&nothing))?;
            }
        }
        Ok(())
    }
}

/// For each file and folder where its last sync began that had ended before the cut.
fn synced(steps: &[Step], cut: usize) -> HashMap<usize, usize> {
    let mut synced: HashMap<usize, usize> = HashMap::new();
    for step in steps.iter().filter(|step| step.end < cut) {
        if let Event::Sync { node } = step.event {
            let last = synced.entry(node).or_default();
            *last = step.start.max(*last);
        }
    }
    synced
}

/// Which steps change folders and are there after the cut.
fn kept(steps: &[Step], cut: usize, synced: &HashMap<usize, usize>, mode: Mode, dice: &mut Dice) -> Vec<bool> {
    let mut changes: BTreeMap<usize, Vec<(usize, bool)>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate().filter(|(_, step)| step.start < cut) {
        let forced = |node: &usize| synced.get(node).is_some_and(|sync| step.end < *sync);
        let (folder, own) = match &step.event {
            Event::Make { node, folder, .. } => (*folder, forced(node)),
            Event::Rename { from, .. } => (from.0, false),
            Event::Remove { folder, .. } => (*folder, false),
            _ => continue,
        };
        changes.entry(folder).or_default().push((at, own || forced(&folder)));
    }
    let mut kept = vec![false; steps.len()];
    for changes in changes.values() {
        let mut upto = changes.iter().rposition(|(_, forced)| *forced).map_or(0, |last| last + 1);
        if mode == Mode::Torn {
            upto += dice.index(changes.len() - upto + 1);
        }
        changes.iter().take(upto).for_each(|(at, _)| kept[*at] = true);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(at: usize, event: Event) -> Step {
        Step { event, start: at, end: at }
    }

    #[test]
    fn only_what_was_forced_is_there() {
        let make = |node, folder, name: &str, is_folder| Event::Make { node, folder, name: name.to_owned(), is_folder };
        let write = |offset, data: &[u8]| Event::Write { node: 2, offset, data: data.to_vec() };
        let steps = [
            step(0, make(1, 0, "new", true)),
            step(1, make(2, 1, "db", false)),
            step(2, write(0, b"abc")),
            step(3, Event::Sync { node: 2 }),
            step(4, write(1, b"X")),
            step(5, Event::Sync { node: 1 }),
            step(6, Event::Rename { node: 1, from: (0, "new".to_owned()), to: (0, "records".to_owned()) }),
            step(7, Event::Sync { node: 0 }),
        ];
        let image = |cut| {
            let folder = tempfile::tempdir().unwrap();
            Disk::after(&steps, cut, Mode::Strict, &mut Dice::new(1)).write(folder.path()).unwrap();
            let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).ok();
            (read("new/db"), read("records/db"))
        };
        assert_eq!(image(3), (None, None));
        assert_eq!(image(6), (Some("abc".to_owned()), None), "its folder is there once it was forced itself");
        assert_eq!(image(7), (Some("abc".to_owned()), None), "the rename is not");
        assert_eq!(image(8), (None, Some("abc".to_owned())), "and the write behind the sync is not");
    }
}
