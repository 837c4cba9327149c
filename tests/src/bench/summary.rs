//! The file of all figures, and the same as a table.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

use super::figure::{Figure, Side};

/// All figures by name, with those of earlier runs.
pub(super) struct Summary {
    path: PathBuf,
    figures: BTreeMap<String, Figure>,
}

impl Summary {
    /// The figures that are there; none where a file is missing or of another form.
    pub(super) fn read() -> anyhow::Result<Self> {
        let root =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests have a parent folder")?;
        let path = root.join("target/bench/summary.json");
        let text = std::fs::read(&path).unwrap_or_default();
        Ok(Self { path, figures: serde_json::from_slice(&text).unwrap_or_default() })
    }

    /// Takes in what a section measured.
    pub(super) fn merge(&mut self, figures: Vec<(&'static str, Figure)>) {
        self.figures.extend(figures.into_iter().map(|(name, figure)| (name.to_owned(), figure)));
    }

    /// Writes the file.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(self.path.parent().context("the file has a folder")?)?;
        std::fs::write(&self.path, serde_json::to_vec_pretty(&self.figures)?)?;
        Ok(())
    }

    /// Prints the table.
    pub(super) fn show(&self) {
        print(&format!(
            "\n  {:22} {:>9} {:>8}   {:36} {:36} {:>4}   {}",
            "figure", "value", "goal", "host", "beside", "runs", "spread"
        ));
        for (name, figure) in &self.figures {
            let mark = if figure.holds { ' ' } else { '✗' };
            let goal = figure.goal.map_or_else(|| "-".to_owned(), |goal| goal.to_string());
            let beside = figure.beside.as_ref().map_or_else(|| "-".to_owned(), side);
            print(&format!(
                "{mark} {name:22} {:>9} {goal:>8}   {:36} {beside:36} {:>4}   {} – {}",
                figure.value,
                side(&figure.host),
                figure.runs,
                figure.spread.least,
                figure.spread.most
            ));
            figure.notes.iter().for_each(|note| print(&format!("  {:22} {note}", "")));
        }
        print(&format!("\n  {}", self.path.display()));
    }
}

fn side(side: &Side) -> String {
    format!("{} {} {}", side.name, side.value, side.unit)
}

/// Writes a line; a reader that has gone is no failure of the measurement.
pub(super) fn print(line: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
