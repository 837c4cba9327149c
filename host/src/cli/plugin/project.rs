//! A connector's folder, as cargo sees it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use thiserror::Error;

/// Why there is nothing to build.
#[derive(Debug, Error)]
pub(super) enum ProjectError {
    #[error(
        "find a connector in {}: there is no Cargo.toml; name its folder, or make one with `apiconnect plugin new NAME`",
        .0.display()
    )]
    None(PathBuf),
    #[error(
        "build {}: it is {language}, which this command does not build; make a component of it with {tool}, and look at \
         the file with `apiconnect plugin inspect`", .folder.display()
    )]
    Other { folder: PathBuf, language: &'static str, tool: &'static str },
    #[error("run cargo: {0}; install Rust from https://rustup.rs")]
    NoCargo(String),
    #[error("read {}: {problem}", .manifest.display())]
    Manifest { manifest: PathBuf, problem: String },
    #[error(
        "build `{0}`: it makes no component; write `crate-type = [\"cdylib\", \"rlib\"]` below [lib] in its Cargo.toml"
    )]
    NoLibrary(String),
}

/// A package that makes a component.
#[derive(Clone, Debug)]
pub(super) struct Project {
    /// The package's name.
    pub(super) name: String,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// Its Cargo.toml, as cargo names it in what it reports.
    pub(super) manifest: PathBuf,
    /// Its workspace, which may be itself.
    pub(super) workspace: PathBuf,
    /// Where cargo puts what it makes.
    pub(super) target: PathBuf,
    /// Whether its workspace says itself how Wasm is to be optimized.
    pub(super) has_profile: bool,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

impl Project {
    /// The package in a folder.
    ///
    /// # Errors
    /// [`ProjectError`] says what is missing.
    pub(super) fn of(folder: &Path) -> Result<Self, ProjectError> {
        let manifest = folder.join("Cargo.toml");
        let found = metadata(folder)?;
        let refuse = |problem: String| ProjectError::Manifest { manifest: manifest.clone(), problem };
        let own = manifest.canonicalize().map_err(|e| refuse(e.to_string()))?;
        let is_own = |package: &&Package| package.manifest_path.canonicalize().is_ok_and(|path| path == own);
        match found.packages.iter().find(is_own) {
            Some(package) => Self::new(folder, package, &found),
            None => Err(refuse("it is a workspace; name the connector with -p".to_owned())),
        }
    }

    /// Packages of the workspace in a folder, by their names.
    ///
    /// # Errors
    /// [`ProjectError`] says what is missing.
    pub(super) fn named(folder: &Path, names: &[String]) -> Result<Vec<Self>, ProjectError> {
        let found = metadata(folder)?;
        let one = |name: &String| match found.packages.iter().find(|package| package.name == *name) {
            Some(package) => Self::new(folder, package, &found),
            None => {
                let known: Vec<&str> = found.packages.iter().map(|package| package.name.as_str()).collect();
                let problem = format!("it has no package `{name}`; there are: {}", known.join(", "));
                Err(ProjectError::Manifest { manifest: folder.join("Cargo.toml"), problem })
            }
        };
        names.iter().map(one).collect()
    }

    fn new(folder: &Path, package: &Package, found: &Metadata) -> Result<Self, ProjectError> {
        if !package.targets.iter().any(|target| target.crate_types.iter().any(|kind| kind == "cdylib")) {
            return Err(ProjectError::NoLibrary(package.name.clone()));
        }
        Ok(Self {
            name: package.name.clone(),
            folder: folder.to_owned(),
            manifest: package.manifest_path.clone(),
            workspace: found.workspace_root.clone(),
            target: found.target_directory.clone(),
            has_profile: has_profile(&found.workspace_root),
        })
    }
}

/// What cargo knows about a folder.
fn metadata(folder: &Path) -> Result<Metadata, ProjectError> {
    let manifest = folder.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(missing(folder));
    }
    let mut command = Command::new("cargo");
    command.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(&manifest);
    let output = command.output().map_err(|e| ProjectError::NoCargo(e.to_string()))?;
    let refuse = |problem: String| ProjectError::Manifest { manifest: manifest.clone(), problem };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().replace("error: ", "");
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        return Err(refuse(lines.join("; ")));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| refuse(e.to_string()))
}

fn missing(folder: &Path) -> ProjectError {
    let has = |name: &str| folder.join(name).exists();
    let other = |language, tool| ProjectError::Other { folder: folder.to_owned(), language, tool };
    if has("package.json") {
        other("JavaScript", "componentize-qjs")
    } else if has("pyproject.toml") || has("app.py") {
        other("Python", "componentize-py")
    } else {
        ProjectError::None(folder.to_owned())
    }
}

fn has_profile(workspace: &Path) -> bool {
    let text = std::fs::read_to_string(workspace.join("Cargo.toml")).unwrap_or_default();
    let manifest: toml::Table = toml::from_str(&text).unwrap_or_default();
    manifest.get("profile").is_some_and(|profiles| profiles.get("wasm").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_connector_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let said = || Project::of(folder.path()).unwrap_err().to_string();
        assert!(said().contains("apiconnect plugin new NAME"), "{}", said());
        std::fs::write(folder.path().join("package.json"), "{}").unwrap();
        assert!(said().contains("componentize-qjs"), "{}", said());
        let manifest = folder.path().join("Cargo.toml");
        std::fs::write(&manifest, "[package\n").unwrap();
        assert!(said().starts_with("read ") && said().contains("Cargo.toml"), "{}", said());
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/lib.rs"), "").unwrap();
        std::fs::write(&manifest, "[package]\nname = \"x\"\nedition = \"2024\"\n[workspace]\n").unwrap();
        assert!(said().contains("crate-type"), "{}", said());
        std::fs::write(&manifest, "[workspace]\n").unwrap();
        assert!(said().contains("it is a workspace"), "{}", said());
    }

    #[test]
    fn a_connector_is_found_with_its_workspace() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/noop");
        let project = Project::of(&folder).unwrap();
        assert_eq!((project.name.as_str(), project.has_profile), ("noop", true));
        let named = Project::named(&project.workspace, &["noop".into()]).unwrap();
        assert_eq!(named.first().map(|found| &found.manifest), Some(&project.manifest));
        let error = Project::named(&project.workspace, &["nope".into()]).unwrap_err().to_string();
        assert!(error.contains("no package `nope`; there are: ") && error.contains("tryton"), "{error}");
        assert!(project.manifest.ends_with("tests/noop/Cargo.toml") && project.workspace.join("host").exists());
    }
}
