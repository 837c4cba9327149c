//! A Rust compiler that can build for Wasm: found, or made once.
//!
//! Tried in this order: what is installed; `rustup target add`; Debian's compiler with a standard library that is built
//! from Debian's own sources, for machines that reach a package mirror and nothing else.

mod debian;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use thiserror::Error;

use crate::cli::screen::Screen;
use crate::limits;

/// What connectors are built for. It has no system interface at all: what a connector may do is what it imports.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Why there is no compiler.
#[derive(Debug, Error)]
pub(super) enum ToolchainError {
    #[error("find a Rust compiler: `rustc` is not installed, or not in PATH; install Rust from https://rustup.rs")]
    NoRust,
    #[error("add the target {TARGET} to your Rust: {0}")]
    NoTarget(String),
    #[error(
        "find a Rust compiler for {TARGET}: your Rust has no such target and rustup cannot download it here. Debian's own \
         compiler will do: sudo apt-get install --no-install-recommends {}; or let `apiconnect plugin build --setup` \
         install it",
        debian::PACKAGES
    )]
    NoPackages,
    #[error("install {}: {problem}", debian::PACKAGES)]
    Install { problem: String },
    #[error("build the standard library for {TARGET}: {0}")]
    Library(String),
}

/// What a build is run with.
#[derive(Debug, Default)]
pub(super) struct Toolchain {
    environment: Vec<(String, OsString)>,
    arguments: Vec<&'static str>,
}

impl Toolchain {
    /// Finds or makes a compiler for a connector's folder, which may name a compiler of its own. With `setup` packages
    /// that are missing are installed.
    ///
    /// # Errors
    /// [`ToolchainError`] says what to install.
    pub(super) fn find(folder: &Path, setup: bool, screen: &mut Screen) -> Result<Self, ToolchainError> {
        let libraries = ask(folder, &["--print", "target-libdir", "--target", TARGET])?;
        if has_library(Path::new(&libraries)) {
            return Ok(Self::default());
        }
        let cache = cache();
        match add_target(folder, &cache, screen) {
            Ok(()) => Ok(Self::default()),
            Err(problem) if debian::is_here() => {
                screen.note(&format!("rustup cannot add the target {TARGET} ({problem}); using Debian's compiler"));
                debian::toolchain(folder, &cache, setup, screen)
            }
            Err(problem) => Err(ToolchainError::NoTarget(problem)),
        }
    }

    /// The same as assignments for a shell, for scripts that run cargo themselves.
    pub(super) fn shell(&self) -> String {
        let quoted = |value: &OsString| format!("'{}'", value.to_string_lossy().replace('\'', "'\\''"));
        let lines = self.environment.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value)));
        lines.chain([format!("export APICONNECT_CARGO='{}'\n", self.arguments.join(" "))]).collect()
    }

    /// Makes a command use it.
    pub(super) fn apply(&self, command: &mut Command) {
        command.args(&self.arguments);
        for (name, value) in &self.environment {
            command.env(name, value);
        }
    }
}

/// What the connector's own compiler says.
fn ask(folder: &Path, arguments: &[&str]) -> Result<String, ToolchainError> {
    let output = Command::new("rustc").args(arguments).current_dir(folder).stderr(Stdio::null()).output();
    let output = output.map_err(|_| ToolchainError::NoRust)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a folder has a standard library.
fn has_library(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    let is_core = |name: &str| name.starts_with("libcore-") && name.ends_with(".rlib");
    entries.flatten().any(|entry| entry.file_name().to_str().is_some_and(is_core))
}

/// Lets rustup add the target. Where that failed it is not tried again for a day: a machine without that network would
/// wait for it at every build.
fn add_target(folder: &Path, cache: &Path, screen: &Screen) -> Result<(), String> {
    let mark = cache.join("rustup-unreachable");
    let fresh = std::fs::metadata(&mark).and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
    if fresh.is_some_and(|age| age < limits::RUSTUP_UNREACHABLE_FOR) {
        return Err("it could not a while ago".to_owned());
    }
    let spinner = Spinner::new(&format!("asking rustup for the target {TARGET}"), screen);
    let mut command = Command::new("rustup");
    command.args(["target", "add", TARGET]).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|_| "rustup is not installed".to_owned())?;
    for _ in 0..limits::RUSTUP_WAITS {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) | Err(_) => break,
            Ok(None) => std::thread::sleep(limits::RUSTUP_WAIT),
        }
    }
    drop((child.kill(), child.wait()));
    drop(spinner);
    drop((std::fs::create_dir_all(cache), std::fs::write(&mark, "")));
    Err("it cannot download it here".to_owned())
}

/// The folder for what is made once for this user.
fn cache() -> PathBuf {
    let own = directories_next::ProjectDirs::from("", "", "apiconnect").map(|found| found.cache_dir().to_owned());
    own.unwrap_or_else(|| std::env::temp_dir().join("apiconnect")).join("wasm")
}

/// Shows that something happens; only where somebody looks.
struct Spinner(ProgressBar);

impl Spinner {
    fn new(what: &str, screen: &Screen) -> Self {
        if screen.json() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_reads_is_quoted() {
        let environment = vec![("RUSTC".to_owned(), OsString::from("/it's here/rustc"))];
        let text = Toolchain { environment, arguments: vec!["--ignore-rust-version"] }.shell();
        let read = Command::new("sh").arg("-c").arg(format!("{text} printf %s \"$RUSTC $APICONNECT_CARGO\"")).output();
        assert_eq!(String::from_utf8(read.unwrap().stdout).unwrap(), "/it's here/rustc --ignore-rust-version");
    }

    #[test]
    fn a_library_is_there_when_its_core_is() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_library(folder.path()) && !has_library(&folder.path().join("none")));
        std::fs::write(folder.path().join("libcore-0123.rlib"), "").unwrap();
        assert!(has_library(folder.path()));
    }
}
