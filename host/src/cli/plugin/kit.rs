//! The SDK that is inside this program: its sources and the contract, for a connector's `vendor/` folder. A vendor needs
//! no registry and no copy of the host's repository, and the SDK fits the host it came with.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use include_dir::{Dir, DirEntry, include_dir};
use serde_json::json;
use toml::{Table, Value};

use crate::cli::screen::Screen;

static SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../sdk/rust");
static CONTRACT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../wit");
const LICENSE: &str = include_str!("../../../../LICENSE");
const WORKSPACE: &str = include_str!("../../../../Cargo.toml");
/// The versions that all of this was tested with: those of this workspace, as cargo writes them for a connector alone.
pub(super) const LOCK: &str = include_str!("../../../../sdk/template/Cargo.lock");

/// Where the SDK stands in a connector's folder. Its sources look for the contract two folders up.
const PLACE: &str = "vendor/apiconnect";
/// Where its package is.
pub(super) const PACKAGE: &str = "vendor/apiconnect/sdk/rust";

#[derive(Debug, Args)]
pub(in crate::cli) struct Sdk {
    /// The connector's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

impl Sdk {
    pub(super) fn run(&self, screen: &mut Screen) -> anyhow::Result<bool> {
        if !self.folder.join("Cargo.toml").exists() {
            bail!(
                "find a connector in {}: there is no Cargo.toml; make one with `apiconnect plugin new NAME`",
                self.folder.display()
            );
        }
        unpack(&self.folder)?;
        let place = self.folder.join(PACKAGE);
        screen.value(&json!({ "sdk": place, "version": env!("CARGO_PKG_VERSION") }));
        screen.line(&format!("Put the SDK {} into {}.", env!("CARGO_PKG_VERSION"), self.folder.join(PLACE).display()));
        screen.line(&format!("Cargo.toml names it as `apiconnect-sdk = {{ path = \"{PACKAGE}\" }}`."));
        Ok(true)
    }
}

/// Writes the SDK into a connector's folder, in place of the one that is there.
pub(super) fn unpack(folder: &Path) -> anyhow::Result<()> {
    let place = folder.join(PLACE);
    if place.exists() {
        std::fs::remove_dir_all(&place).with_context(|| format!("remove {}", place.display()))?;
    }
    let mut files = Vec::new();
    sources(&SDK, &mut files);
    for (path, bytes) in files {
        write(&folder.join(PACKAGE).join(path), bytes)?;
    }
    write(&folder.join(PACKAGE).join("Cargo.toml"), manifest()?.as_bytes())?;
    for file in CONTRACT.files() {
        write(&place.join("wit").join(file.path()), file.contents())?;
    }
    write(&place.join("LICENSE"), LICENSE.as_bytes())
}

/// The Rust sources of a folder and those below it.
fn sources<'a>(folder: &'a Dir<'a>, found: &mut Vec<(&'a Path, &'a [u8])>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(inner) => sources(inner, found),
            DirEntry::File(file) if file.path().extension().is_some_and(|extension| extension == "rs") => {
                found.push((file.path(), file.contents()));
            }
            DirEntry::File(_) => {}
        }
    }
}

/// The SDK's Cargo.toml with everything in it that it takes from the workspace here.
fn manifest() -> anyhow::Result<String> {
    let file = SDK.get_file("Cargo.toml").and_then(|file| file.contents_utf8());
    let mut manifest: Table = toml::from_str(file.context("find the SDK in this program")?)?;
    let workspace: Table = toml::from_str(WORKSPACE)?;
    for section in ["package", "dependencies"] {
        let shared = workspace.get("workspace").and_then(|table| table.get(section));
        let Some(table) = manifest.get_mut(section).and_then(Value::as_table_mut) else { continue };
        for (key, value) in table.iter_mut() {
            if value.get("workspace").and_then(Value::as_bool) == Some(true) {
                let whole = shared.and_then(|shared| shared.get(key)).cloned();
                *value = whole.with_context(|| format!("find `{section}.{key}` in the workspace of the SDK"))?;
            }
        }
    }
    Ok(format!("# Written by `apiconnect plugin`; a newer one comes with `apiconnect plugin sdk`.\n{manifest}"))
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("make the folder {}", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The sources are taken up when this crate is compiled, which a new file alone does not cause.
    #[test]
    fn the_sdk_of_this_program_is_the_one_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        unpack(folder.path()).unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for (from, to) in [("sdk/rust/src", "sdk/rust/src"), ("wit", "wit")] {
            let (mut packed, mut own) = (Vec::new(), Vec::new());
            names(&folder.path().join(PLACE).join(to), &mut packed);
            names(&here.join(from), &mut own);
            own.retain(|(name, _)| !name.contains("frozen"));
            assert!(!own.is_empty());
            assert!(
                packed.iter().map(|(_, text)| text).eq(own.iter().map(|(_, text)| text)),
                "{from} has changed and this program was not built anew: touch host/src/cli/plugin/kit.rs"
            );
        }
    }

    #[test]
    fn the_sdk_stands_by_itself() {
        let text = manifest().unwrap();
        assert!(!text.contains("workspace"), "{text}");
        let table: Table = toml::from_str(&text).unwrap();
        assert_eq!(table["package"]["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
        assert!(table["dependencies"]["serde"]["features"].is_array(), "{text}");
    }

    #[test]
    fn a_new_connector_gets_the_versions_of_this_workspace() {
        let own = include_str!("../../../../Cargo.lock");
        for package in LOCK.split("[[package]]").skip(1).filter(|package| package.contains("checksum")) {
            let lines: Vec<&str> = package.lines().filter(|line| !line.is_empty()).take(2).collect();
            assert!(
                own.contains(&lines.join("\n")),
                "{} is not in Cargo.lock: make a connector with `plugin new`, copy Cargo.lock of this workspace over its \
                 own, run `cargo metadata` in it, and copy what is left to sdk/template/Cargo.lock",
                lines.join(" ")
            );
        }
    }

    fn names(folder: &Path, found: &mut Vec<(String, String)>) {
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                names(&path, found);
            } else {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
}
