//! `bulk`: many documents from a file.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::client::Client;
use super::screen::Screen;

/// Lines that travel in one request.
const LINES_PER_REQUEST: usize = 2_000;

#[derive(Debug, Args)]
pub(super) struct Bulk {
    /// One JSON object a line: connection, idempotency_key, order, and what else `POST /v1/bulk` takes.
    file: PathBuf,
}

impl Bulk {
    pub(super) async fn run(&self, client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
        let text = std::fs::read_to_string(&self.file).with_context(|| format!("read {}", self.file.display()))?;
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        ensure!(!lines.is_empty(), "submit {}: it has no lines", self.file.display());
        let bar = bar(lines.len(), screen.json());
        let (mut accepted, mut replayed, mut refused) = (0_u64, 0_u64, Vec::new());
        for (at, group) in lines.chunks(LINES_PER_REQUEST).enumerate() {
            let answers = client.send_lines("/v1/bulk", &group.join("\n")).await?;
            for (answer, line) in answers.iter().zip(at * LINES_PER_REQUEST + 1..) {
                match answer.pointer("/error/detail").and_then(Value::as_str) {
                    Some(detail) => refused.push((line, detail.to_owned())),
                    None if answer["replayed"] == true => replayed += 1,
                    None => accepted += 1,
                }
            }
            bar.inc(group.len() as u64);
        }
        bar.finish_and_clear();
        let list: Vec<Value> =
            refused.iter().map(|(line, why)| serde_json::json!({ "line": line, "detail": why })).collect();
        screen.value(&serde_json::json!({ "accepted": accepted, "replayed": replayed, "refused": list }));
        screen.line(&format!("{accepted} accepted, {replayed} known before, {} refused", refused.len()));
        for (line, why) in &refused {
            screen.line(&format!("  line {line}: {why}"));
        }
        Ok(refused.is_empty())
    }
}

fn bar(lines: usize, hidden: bool) -> ProgressBar {
    if hidden {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(lines as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} documents") {
        bar.set_style(style);
    }
    bar
}
