//! Debian's compiler, and a standard library for Wasm that is built from Debian's own sources: about a minute, once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Spinner, TARGET, Toolchain, ToolchainError, ask, has_library};
use crate::cli::screen::Screen;

/// The compiler, and the sources of its standard library.
pub(super) const PACKAGES: &str = "rustc-web rust-web-src";
/// The one that Debian installs, whatever stands first in PATH.
const COMPILER: &str = "/usr/bin/rustc";

/// Whether this is a machine where packages come from Debian.
pub(super) fn is_here() -> bool {
    Path::new("/usr/bin/apt-get").exists() || Path::new(COMPILER).exists()
}

/// Finds or installs the compiler, finds or builds the library.
pub(super) fn toolchain(
    folder: &Path,
    cache: &Path,
    setup: bool,
    screen: &mut Screen,
) -> Result<Toolchain, ToolchainError> {
    let compiler = Path::new(COMPILER);
    if !has_sources(compiler) {
        if !setup {
            return Err(ToolchainError::NoPackages);
        }
        let _spinner = Spinner::new(&format!("installing {PACKAGES}"), screen);
        install()?;
    }
    let sysroot = library(compiler, cache, screen)?;
    let mut environment: Vec<(String, OsString)> = vec![("RUSTC".to_owned(), compiler.into())];
    let flag = format!("--sysroot={}", sysroot.display());
    // Flags in RUSTFLAGS shut out those of the target, so this one joins them.
    environment.push(match std::env::var("RUSTFLAGS") {
        Ok(flags) => ("RUSTFLAGS".to_owned(), format!("{flags} {flag}").into()),
        Err(_) => ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS".to_owned(), flag.into()),
    });
    if let Some(linker) = linker(folder)? {
        environment.push(("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER".to_owned(), linker.into()));
    }
    // Debian's compiler may be older than what the SDK is developed with; it is new enough for what the SDK says.
    Ok(Toolchain { environment, arguments: vec!["--ignore-rust-version"] })
}

/// Whether a compiler has the sources of its standard library beside it.
fn has_sources(compiler: &Path) -> bool {
    let beside = compiler.parent().and_then(Path::parent).map(|prefix| prefix.join("lib/rustlib/src/rust/library"));
    compiler.exists() && beside.is_some_and(|folder| folder.exists())
}

fn install() -> Result<(), ToolchainError> {
    let run = |arguments: &[&str]| {
        let mut command = match is_root() {
            true => Command::new("apt-get"),
            false => Command::new("sudo"),
        };
        if !is_root() {
            command.arg("apt-get");
        }
        let output = command.args(arguments).stdin(Stdio::null()).output();
        let output = output.map_err(|e| ToolchainError::Install { problem: e.to_string() })?;
        match output.status.success() {
            true => Ok(()),
            false => Err(ToolchainError::Install { problem: last_lines(&output.stderr) }),
        }
    };
    run(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(PACKAGES.split(' '));
    run(&arguments)
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// The folder with a standard library for Wasm that this compiler can read: kept, or built.
fn library(compiler: &Path, cache: &Path, screen: &Screen) -> Result<PathBuf, ToolchainError> {
    let failed = |problem: String| ToolchainError::Library(problem);
    let version = Command::new(compiler).arg("--version").output().map_err(|e| failed(e.to_string()))?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    // A folder for each compiler, so that none reads the library of another.
    let name: String = version.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let sysroot = cache.join(name);
    let place = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    if has_library(&place) {
        return Ok(sysroot);
    }
    let _spinner = Spinner::new(&format!("building the standard library for {TARGET} (about a minute, once)"), screen);
    let work = cache.join("build");
    let written = prepare(&work).and_then(|()| std::fs::create_dir_all(&place));
    written.map_err(|e| failed(format!("write {}: {e}", work.display())))?;
    let mut command = Command::new("cargo");
    command.args(["build", "--release", "--quiet", "-Zbuild-std=std,panic_abort", "--target", TARGET]);
    command.current_dir(&work).env_remove("CARGO_TARGET_DIR").env_remove("CARGO_ENCODED_RUSTFLAGS");
    command.env("RUSTFLAGS", "-Cembed-bitcode=yes").env("RUSTC_BOOTSTRAP", "1").env("RUSTC", compiler);
    let output = command.output().map_err(|e| failed(e.to_string()))?;
    if !output.status.success() {
        return Err(failed(last_lines(&output.stderr)));
    }
    let made = work.join("target").join(TARGET).join("release/deps");
    keep(&made, &place).map_err(|e| failed(e.to_string()))?;
    drop(std::fs::remove_dir_all(&work));
    Ok(sysroot)
}

/// A crate of nothing: building it builds the library.
fn prepare(work: &Path) -> std::io::Result<()> {
    if work.exists() {
        std::fs::remove_dir_all(work)?;
    }
    std::fs::create_dir_all(work.join("src"))?;
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n";
    std::fs::write(work.join("Cargo.toml"), manifest)?;
    std::fs::write(work.join("src/lib.rs"), "")
}

/// Copies the library. The file that tells that it is there comes last, so that half a copy is none.
fn keep(made: &Path, place: &Path) -> std::io::Result<()> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(made)?.flatten().map(|entry| entry.path()).collect();
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    files.retain(|path| name(path).ends_with(".rlib") && !name(path).starts_with("libempty-"));
    files.sort_by_key(|path| name(path).starts_with("libcore-"));
    for file in files {
        let (target, name) = (place.join(name(&file)), name(&file));
        let beside = place.join(format!("{name}.new"));
        std::fs::copy(&file, &beside)?;
        std::fs::rename(beside, target)?;
    }
    Ok(())
}

/// The linker for Wasm that comes with the ordinary compiler; Debian's package has none.
fn linker(folder: &Path) -> Result<Option<PathBuf>, ToolchainError> {
    let sysroot = ask(folder, &["--print", "sysroot"])?;
    let about = ask(folder, &["-vV"])?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    Ok(linker.exists().then_some(linker))
}

fn last_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.iter().rev().take(5).rev().copied().collect::<Vec<_>>().join("; ")
}
