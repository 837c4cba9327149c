//! `plugin test`: a connector through the conformance kit.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::screen::Screen;
use crate::conformance::{Asked, Kit, Operation, Report, Source, Verdict, sheet, table};
use crate::plugin::{self, Sandbox};

/// Test a connector: what its scenario asks, and everything that can go wrong on the way to its system.
///
/// The folder of fixtures holds scenario.json (or .toml) and the system's answers; docs/conformance.md says how they are
/// written. The exit code is 1 when something failed. An operation that is missing is no failure unless --strict is
/// given.
#[derive(Debug, Args)]
pub(in crate::cli) struct TestCommand {
    /// The component.
    file: PathBuf,
    /// The folder with scenario and fixtures: `fixtures` beside FILE, else in the current folder, if it is not given.
    #[arg(long, value_name = "FOLDER")]
    fixtures: Option<PathBuf>,
    /// Another scenario than the folder's.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Ask a running simulator or sandbox system at this address instead of the fixtures. Documents are made in it.
    #[arg(long, value_name = "URL")]
    system: Option<String>,
    /// Write what the system answers to the scenario's steps as fixtures into this folder.
    #[arg(long, value_name = "FOLDER", requires = "system")]
    record: Option<PathBuf>,
    /// Write the capability sheet (Markdown).
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Look at this operation only, such as orders.submit; may be given several times.
    #[arg(long, value_name = "OPERATION")]
    only: Vec<String>,
    /// Let missing operations count as failed.
    #[arg(long)]
    strict: bool,
}

impl TestCommand {
    pub(in crate::cli) async fn run(&self, screen: &mut Screen) -> anyhow::Result<bool> {
        if let Some(unknown) = self.only.iter().find(|name| Operation::named(name).is_none()) {
            bail!("test `{unknown}`: there is no such operation; they are named as in `pricing.query`");
        }
        let asked = Asked {
            component: self.file.clone(),
            fixtures: self.folder()?,
            scenario: self.scenario.clone(),
            source: self.system.clone().map_or(Source::Fixtures, Source::System),
            only: self.only.clone(),
            record: self.record.clone(),
        };
        let bar = spinner(screen.json());
        let sandbox = Sandbox::new(plugin::engine(None)?)?;
        let kit = Kit::open(&sandbox, asked).await?;
        let report = kit.run(&mut |what| bar.set_message(what.to_owned())).await?;
        bar.finish_and_clear();
        if let Some(file) = &self.sheet {
            std::fs::write(file, sheet(&report)).with_context(|| format!("write {}", file.display()))?;
        }
        screen.value(&report);
        for line in table(&report) {
            screen.line(&line);
        }
        for file in &report.recorded {
            screen.line(&format!("Wrote {file}."));
        }
        Ok(report.ok && !(self.strict && is_incomplete(&report)))
    }

    fn folder(&self) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.fixtures {
            return Ok(folder.clone());
        }
        let beside = self.file.parent().unwrap_or(Path::new("")).join("fixtures");
        let found = [beside, PathBuf::from("fixtures")].into_iter().find(|folder| folder.is_dir());
        found.with_context(|| {
            format!(
                "find the fixtures of {}: there is no folder `fixtures` beside it; name it with --fixtures",
                self.file.display()
            )
        })
    }
}

fn is_incomplete(report: &Report) -> bool {
    report.count(Verdict::Missing) > 0
}

/// Shows what is being asked; only where somebody looks.
fn spinner(json: bool) -> ProgressBar {
    if json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
