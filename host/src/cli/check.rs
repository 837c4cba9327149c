//! `check`: is the way to each system open?

use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::screen::Screen;
use crate::config::HostConfig;
use crate::connection::{Checked, Connections};
use crate::host;
use crate::limits;
use crate::seam::Clock;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Only these connections.
    connections: Vec<String>,
}

#[derive(Serialize)]
struct Result {
    connection: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(flatten)]
    checked: Option<Checked>,
}

impl Check {
    pub(super) async fn run(&self, config: &Path, screen: &mut Screen) -> anyhow::Result<bool> {
        let connections = host::systems(&HostConfig::read(config)?, None, Clock::system()).await?;
        let mut names: Vec<String> = connections.list().iter().map(|connection| connection.name.clone()).collect();
        names.extend(connections.broken().into_iter().map(|(name, _)| name));
        names.sort();
        names.dedup();
        if !self.connections.is_empty() {
            names.clone_from(&self.connections);
        }
        for (file, problem) in connections.registry().refused() {
            screen.line(&format!("{}: failed to {problem}\n", file.display()));
        }
        if names.is_empty() {
            bail!("check a connection: there is none; copy connections/erp.toml.example to connections/erp.toml first");
        }
        let mut results = Vec::new();
        for name in names {
            results.push(check(&connections, name, screen).await);
        }
        screen.value(&results);
        Ok(results.iter().all(|result| result.checked.as_ref().is_some_and(|checked| checked.ok)))
    }
}

async fn check(connections: &Connections, name: String, screen: &mut Screen) -> Result {
    let found = connections.get(&name).and_then(|found| Ok((connections.connector_of(&found)?, found)));
    let (loaded, connection) = match found {
        Ok(found) => found,
        Err(error) => {
            let problem = format!("failed to {error}");
            screen.line(&format!("{name}\n  ✗ {problem}\n"));
            return Result { connection: name, problem: Some(problem), checked: None };
        }
    };
    let spinner = spinner(&name, screen.json());
    let checked = connection.check(&loaded, limits::CHECK_TIMEOUT).await;
    spinner.finish_and_clear();
    screen.line(&name);
    for step in &checked.steps {
        let mark = if step.ok { "✓" } else { "✗" };
        screen.line(&format!("  {mark} {:<10}{:>6} ms  {}", step.name, step.took_ms, step.detail));
    }
    for remark in &checked.remarks {
        screen.line(&format!("  ! {remark}"));
    }
    screen.line("");
    Result { connection: name, problem: None, checked: Some(checked) }
}

/// Shows that something happens while a slow system is asked; only where somebody looks.
fn spinner(name: &str, json: bool) -> ProgressBar {
    if json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(format!("asking {name}"));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
