//! Compiling in a process of its own, which leaves the machine code in the cache and takes its memory with it.
//!
//! The compiler needs several times what an idle host holds, and an allocator keeps some of that. A file that makes the
//! compiler run away or crash ends that process and not the host. Where no such process can be had (a host inside
//! another program), the host compiles by itself.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use wasmtime::component::Component;

use super::engine::{self, EngineError};
use crate::limits;

/// The program that compiles, and the cache it shares with the host.
#[derive(Clone, Debug)]
pub(super) struct Compiler {
    program: PathBuf,
    cache: PathBuf,
}

impl Compiler {
    /// This very program, when it is the product's own: another one would not know the command.
    pub(super) fn of_this_program(cache: &Path) -> Option<Self> {
        let program = std::env::current_exe().ok()?;
        let own = program.file_stem().is_some_and(|name| name == "apiconnect");
        own.then(|| Self { program, cache: cache.to_owned() })
    }

    /// Fills the cache. Whether that worked shows when the host takes the component up: it finds the code, or compiles
    /// the file itself and has the error to tell.
    pub(super) fn compile(&self, digest: &str, wasm: &[u8]) {
        // A mark saves the process where the code is there from before; where it was cleaned away, the host compiles.
        let mark = self.cache.join(format!("{digest}-{}", env!("CARGO_PKG_VERSION")));
        if mark.exists() {
            return;
        }
        match self.run(wasm) {
            Ok(true) => {
                drop(std::fs::write(mark, ""));
                self.forget_oldest();
            }
            Ok(false) => tracing::debug!("the compiling process did not finish its work"),
            Err(error) => tracing::debug!(%error, "the compiling process could not be had"),
        }
    }

    /// Keeps the marks within their number. The code they stand for is the cache's own to clean up.
    fn forget_oldest(&self) {
        let Ok(entries) = std::fs::read_dir(&self.cache) else { return };
        let marks = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let mut marks: Vec<_> = marks
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .filter(|(_, path)| path.file_name().and_then(|name| name.to_str()).is_some_and(is_mark))
            .collect();
        marks.sort();
        let surplus = marks.len().saturating_sub(limits::COMPILED_MARKS_MAX);
        marks.iter().take(surplus).for_each(|(_, path)| drop(std::fs::remove_file(path)));
    }

    fn run(&self, wasm: &[u8]) -> std::io::Result<bool> {
        let mut command = Command::new(&self.program);
        command.args(["plugin", "compile"]).arg(&self.cache);
        // It has no business with the secrets that the host's environment may hold.
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let written = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(wasm));
        let ended = wait(&mut child);
        written.and(ended)
    }
}

/// Whether a file is named as a mark is: 64 hex digits, then a version.
fn is_mark(name: &str) -> bool {
    name.split_once('-').is_some_and(|(digest, _)| digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Waits within bounds, then ends it.
fn wait(child: &mut Child) -> std::io::Result<bool> {
    for _ in 0..limits::COMPILE_WAITS {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        std::thread::sleep(limits::COMPILE_WAIT);
    }
    child.kill()?;
    child.wait()?;
    Ok(false)
}

/// Compiles a component into the cache: what the process of its own does.
///
/// # Errors
/// When the engine cannot be set up, or the bytes are no component that compiles.
pub fn compile_into(cache: &Path, wasm: &[u8]) -> Result<(), EngineError> {
    let engine = engine::engine(Some(cache))?;
    Component::new(&engine, wasm).map(drop).map_err(|error| EngineError::new(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_bounded_and_nothing_else_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let compiler = Compiler { program: PathBuf::from("none"), cache: folder.path().to_owned() };
        for number in 0..limits::COMPILED_MARKS_MAX + 3 {
            std::fs::write(folder.path().join(format!("{number:064x}-1.0.0")), "").unwrap();
        }
        std::fs::write(folder.path().join("settings.toml"), "").unwrap();
        compiler.forget_oldest();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(left.len(), limits::COMPILED_MARKS_MAX + 1);
        assert!(left.iter().any(|name| name == "settings.toml"));
    }
}
