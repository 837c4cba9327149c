//! Whether a connector's sources have changed. The folder is looked through as the host looks through its own: a listing
//! and a `stat` a file, which also sees what change notices miss on network and container file systems.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::limits;

/// Path, size and time of every source.
type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// The sources of a connector.
pub(super) struct Sources {
    folder: PathBuf,
    /// As they were at the last look.
    last: Stamp,
    /// As they were when a change was told.
    told: Option<Stamp>,
}

impl Sources {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), last: stamp(folder), told: None }
    }

    /// Whether they are others than when this said so last. A file that is just being written is waited for: only what
    /// two looks find the same counts.
    pub(super) fn changed(&mut self) -> bool {
        let now = stamp(&self.folder);
        let settled = now == self.last;
        self.last.clone_from(&now);
        let changed = settled && self.told.as_ref() != Some(&now);
        if changed {
            self.told = Some(now);
        }
        changed
    }
}

/// The files of a folder and those below it, in the order of their names; what is built or hidden is left out.
fn stamp(folder: &Path) -> Stamp {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if found.len() >= limits::WATCHED_FILES_MAX {
                break;
            }
            let Ok(data) = entry.metadata() else { continue };
            if data.is_dir() {
                if name != "target" && name != "node_modules" && !name.starts_with('.') {
                    open.push(entry.path());
                }
            } else if !name.starts_with('.') && !name.ends_with('~') && name != "Cargo.lock" {
                found.push((entry.path(), data.len(), data.modified().ok()));
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_only_when_it_has_settled() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("target")).unwrap();
        put("lib.rs", "one");
        let mut sources = Sources::new(folder.path());
        assert!(sources.changed(), "the first look begins the work");
        assert!(!sources.changed());
        put("lib.rs", "longer");
        assert!(!sources.changed(), "it may still be written");
        assert!(sources.changed() && !sources.changed());
        put("target/lib.wasm", "built");
        put(".lib.rs.swp", "an editor's");
        assert!(!sources.changed() && !sources.changed(), "what is built or hidden is no source");
        put("more.rs", "new");
        assert!(!sources.changed() && sources.changed());
    }
}
