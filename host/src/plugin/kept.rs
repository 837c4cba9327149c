//! The folder of accepted components: each under the SHA-256 of its bytes, so a file is what its name says or is refused.

use std::path::{Path, PathBuf};

use super::file::{self, File, FileError};

/// The folder.
#[derive(Clone)]
pub(super) struct Kept(PathBuf);

impl Kept {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Keeps a component. One that is there already is the same one.
    pub(super) fn put(&self, file: &File) -> Result<(), FileError> {
        let path = self.path(&file.digest);
        if path.exists() {
            return Ok(());
        }
        let failed = |e: std::io::Error| FileError::Unwritable { path: self.0.clone(), problem: e.to_string() };
        std::fs::create_dir_all(&self.0).map_err(failed)?;
        file::place(&path, &file.bytes)
    }

    /// Reads a component, and makes sure that it is the one that was kept.
    pub(super) fn read(&self, digest: &str) -> Result<File, FileError> {
        let path = self.path(digest);
        let file = file::read(&path)?;
        if file.digest == digest {
            return Ok(file);
        }
        let problem = "it is not what was kept under this name; install the version again".to_owned();
        Err(FileError::Unreadable { path, problem })
    }

    /// Lets go of a component. One that cannot be removed takes room and harms nothing.
    pub(super) fn remove(&self, digest: &str) {
        let path = self.path(digest);
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::debug!(file = %path.display(), %error, "an old version could not be removed");
        }
    }

    /// The one component whose digest begins so.
    pub(super) fn find(&self, prefix: &str) -> Option<String> {
        let entries = std::fs::read_dir(&self.0).ok()?;
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut found = names
            .filter_map(|name| name.strip_suffix(".wasm").map(str::to_owned))
            .filter(|digest| digest.starts_with(prefix));
        found.next().filter(|_| found.next().is_none())
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.0.join(format!("{digest}.wasm"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_altered_on_disk_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path());
        let file = File::of(b"\0asm\x0d\0\x01\0one".to_vec(), None).unwrap();
        kept.put(&file).unwrap();
        kept.put(&file).unwrap();
        assert_eq!(kept.read(&file.digest).unwrap().bytes, file.bytes);
        assert_eq!(kept.find(&file.digest[..9]).as_ref(), Some(&file.digest));
        std::fs::write(kept.path(&file.digest), b"\0asm\x0d\0\x01\0two").unwrap();
        let text = kept.read(&file.digest).err().unwrap().to_string();
        assert!(text.contains("not what was kept"), "{text}");
        kept.remove(&file.digest);
        assert!(kept.read(&file.digest).is_err() && kept.find("").is_none());
    }
}
