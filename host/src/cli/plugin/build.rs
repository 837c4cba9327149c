//! `plugin build`: a connector's sources become a component.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::component;
use super::project::{Project, ProjectError};
use super::sheet;
use super::toolchain::{TARGET, Toolchain};
use crate::cli::screen::Screen;

/// How Wasm is optimized where the connector's workspace has no profile `wasm` of its own: connectors are downloaded,
/// compiled and kept in memory, so small matters more than fast. Names of functions stay, so that a crash is told with
/// the place it happened at.
const PROFILE: [(&str, &str); 6] = [
    ("inherits", "\"release\""),
    ("opt-level", "\"s\""),
    ("lto", "\"fat\""),
    ("codegen-units", "1"),
    ("panic", "\"abort\""),
    ("strip", "\"debuginfo\""),
];

/// Why there is no component.
#[derive(Debug, Error)]
pub(super) enum BuildError {
    #[error("build {0}: the compiler refused it; what it says stands above")]
    Refused(String),
    #[error("build {name}: cargo has built it and named no module; run it again with `-- --verbose`")]
    NoModule { name: String },
    #[error("build several connectors: -o {0} is a file; name a folder, with a / at its end")]
    Output(PathBuf),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Build {
    /// The connector's folder; several build side by side.
    #[arg(default_value = ".", value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// A connector of the workspace in DIR, by its package's name; several build side by side.
    #[arg(long = "package", short, value_name = "NAME")]
    packages: Vec<String>,
    /// Where the component is written: a file, or a folder with / at its end. target/NAME.wasm if it is not given.
    #[arg(long, short, value_name = "FILE|DIR/")]
    output: Option<PathBuf>,
    /// Install what is missing with the system's package manager (Debian).
    #[arg(long)]
    setup: bool,
    /// Do not load the component to see whether a host would take it.
    #[arg(long)]
    no_check: bool,
    /// What cargo gets besides, such as `-- --features x`.
    #[arg(last = true, value_name = "CARGO ARGUMENTS")]
    cargo: Vec<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Target {
    /// Install what is missing with the system's package manager (Debian).
    #[arg(long)]
    setup: bool,
}

impl Target {
    pub(super) fn run(&self, screen: &mut Screen) -> anyhow::Result<bool> {
        let tools = Toolchain::find(Path::new("."), self.setup, screen)?;
        screen.line(tools.shell().trim_end());
        Ok(true)
    }
}

impl Build {
    pub(super) async fn run(&self, screen: &mut Screen) -> anyhow::Result<bool> {
        let projects = self.projects()?;
        if let (Some(output), true) = (&self.output, projects.len() > 1)
            && !is_folder(output)
        {
            return Err(BuildError::Output(output.clone()).into());
        }
        let mut told = Vec::new();
        for group in workspaces(projects) {
            let Some(first) = group.first() else { continue };
            let tools = Toolchain::find(&first.folder, self.setup, screen)?;
            let modules = compile(&group, &tools, &self.cargo)?;
            for (project, module) in group.iter().zip(modules) {
                let file = place(project, self.output.as_deref());
                component::put(&file, &component::of_module(&module)?)?;
                told.push(self.tell(&file, screen).await?);
            }
        }
        screen.value(&told);
        Ok(true)
    }

    fn projects(&self) -> Result<Vec<Project>, ProjectError> {
        match (self.packages.is_empty(), self.folders.first()) {
            (false, Some(folder)) => Project::named(folder, &self.packages),
            _ => self.folders.iter().map(|folder| Project::of(folder)).collect(),
        }
    }

    async fn tell(&self, file: &Path, screen: &mut Screen) -> anyhow::Result<Value> {
        if self.no_check {
            screen.line(&format!("Wrote {}.", file.display()));
            return Ok(json!({ "file": file }));
        }
        let loaded = sheet::load(file).await?;
        let mut about = sheet::value(&loaded);
        if let Some(fields) = about.as_object_mut() {
            fields.insert("file".to_owned(), json!(file));
        }
        sheet::tell(&loaded, screen);
        screen.line(&format!("\nWrote {}.", file.display()));
        Ok(about)
    }
}

/// Builds the core modules of packages of one workspace; one module each, in their order.
pub(super) fn compile(projects: &[Project], tools: &Toolchain, more: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let Some(first) = projects.first() else { return Ok(Vec::new()) };
    let mut command = Command::new("cargo");
    command.args(["build", "--profile", "wasm", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    command.arg("--lib").arg("--manifest-path").arg(match projects.len() {
        1 => first.manifest.clone(),
        _ => first.workspace.join("Cargo.toml"),
    });
    for project in projects {
        command.args(["-p", &project.name]);
    }
    if !first.has_profile {
        for (key, value) in PROFILE {
            command.args(["--config", &format!("profile.wasm.{key}={value}")]);
        }
    }
    // A folder of its own, so that neither an editor nor `cargo test` waits for it, unless somebody says where.
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        command.arg("--target-dir").arg(first.target.join("connector"));
    }
    tools.apply(&mut command);
    command.args(more).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|e| ProjectError::NoCargo(e.to_string()))?;
    if !output.status.success() {
        let names: Vec<&str> = projects.iter().map(|project| project.name.as_str()).collect();
        return Err(BuildError::Refused(names.join(", ")).into());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let module = |project: &Project| {
        module(&messages, &project.manifest).ok_or_else(|| BuildError::NoModule { name: project.name.clone() })
    };
    Ok(projects.iter().map(module).collect::<Result<_, _>>()?)
}

/// A line of what cargo reports.
#[derive(Deserialize)]
struct Message {
    manifest_path: Option<PathBuf>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The module that a package made.
fn module(messages: &str, manifest: &Path) -> Option<PathBuf> {
    let lines = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let own = lines.filter(|message| message.manifest_path.as_deref() == Some(manifest));
    own.flat_map(|message| message.filenames).find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

/// Packages of one workspace are built together.
fn workspaces(projects: Vec<Project>) -> Vec<Vec<Project>> {
    let mut groups: Vec<Vec<Project>> = Vec::new();
    for project in projects {
        match groups.iter_mut().find(|group| group.iter().any(|other| other.workspace == project.workspace)) {
            Some(group) => group.push(project),
            None => groups.push(vec![project]),
        }
    }
    groups
}

/// Where a connector's component goes.
pub(super) fn place(project: &Project, output: Option<&Path>) -> PathBuf {
    let file = format!("{}.wasm", project.name);
    match output {
        None => shortened(project.target.join(file)),
        Some(folder) if is_folder(folder) => folder.join(file),
        Some(file) => file.to_owned(),
    }
}

/// A path below this folder is told, and typed again, without it.
fn shortened(path: PathBuf) -> PathBuf {
    let here = std::env::current_dir().ok();
    let below = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    below.unwrap_or(path)
}

fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().to_string_lossy().ends_with(['/', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(name: &str, workspace: &str) -> Project {
        Project {
            name: name.into(),
            folder: name.into(),
            manifest: PathBuf::from("/w").join(name).join("Cargo.toml"),
            workspace: workspace.into(),
            target: "/w/target".into(),
            has_profile: false,
        }
    }

    #[test]
    fn the_module_of_each_package_is_found_in_what_cargo_reports() {
        let messages = r#"{"reason":"compiler-artifact","manifest_path":"/w/sdk/Cargo.toml","filenames":["/t/libsdk.rlib"]}
{"reason":"compiler-artifact","manifest_path":"/w/a/Cargo.toml","filenames":["/t/a.wasm","/t/liba.rlib"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(module(messages, &project("a", "/w").manifest), Some("/t/a.wasm".into()));
        assert_eq!(module(messages, &project("b", "/w").manifest), None);
    }

    #[test]
    fn components_go_where_they_are_wanted() {
        let erp = project("erp", "/w");
        assert_eq!(place(&erp, None), Path::new("/w/target/erp.wasm"));
        assert_eq!(place(&erp, Some(Path::new("out/"))), Path::new("out/erp.wasm"));
        assert_eq!(place(&erp, Some(Path::new("mine.wasm"))), Path::new("mine.wasm"));
    }

    #[test]
    fn packages_of_one_workspace_are_built_together() {
        let groups = workspaces(vec![project("a", "/w"), project("b", "/v"), project("c", "/w")]);
        let names: Vec<Vec<&str>> =
            groups.iter().map(|group| group.iter().map(|project| project.name.as_str()).collect()).collect();
        assert_eq!(names, [vec!["a", "c"], vec!["b"]]);
    }
}
