//! Component files: with the signature beside them, and made of core modules.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::json;

use crate::cli::screen::Screen;
use crate::plugin::component_of;

#[derive(Debug, Args)]
pub(in crate::cli) struct Componentize {
    /// The core module: target/wasm32-unknown-unknown/…/name.wasm
    module: PathBuf,
    /// Where the component is written.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

impl Componentize {
    pub(super) fn run(&self, screen: &mut Screen) -> anyhow::Result<bool> {
        let bytes = of_module(&self.module)?;
        put(&self.output, &bytes)?;
        screen.value(&json!({ "file": self.output, "bytes": bytes.len() }));
        screen.line(&format!("Wrote {} ({} kB).", self.output.display(), bytes.len() / 1_000));
        Ok(true)
    }
}

/// The component of a core module.
pub(super) fn of_module(module: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(module).with_context(|| format!("read {}", module.display()))?;
    Ok(component_of(&bytes)?)
}

/// Writes a file beside its place and moves it there: a host that watches the folder never sees half a file. A file
/// that has these bytes already is left alone, with its time.
pub(super) fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if std::fs::read(path).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    let failed = || format!("write {}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(failed)?;
    }
    let beside = with_suffix(path, ".new");
    std::fs::write(&beside, bytes).with_context(failed)?;
    std::fs::rename(&beside, path).with_context(failed)
}

/// A component and the signature beside it.
pub(super) fn read(file: &Path) -> anyhow::Result<(Vec<u8>, Option<String>)> {
    let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let beside = signature_of(file);
    let signature = match beside.exists() {
        true => Some(std::fs::read_to_string(&beside).with_context(|| format!("read {}", beside.display()))?),
        false => None,
    };
    Ok((bytes, signature))
}

/// Where the signature of a file stands: `erp.wasm.minisig` beside `erp.wasm`.
pub(super) fn signature_of(file: &Path) -> PathBuf {
    with_suffix(file, ".minisig")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}
