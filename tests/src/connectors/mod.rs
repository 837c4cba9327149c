//! All connectors of this workspace through the conformance kit, and what came out as one table.

use std::path::{Path, PathBuf};

use anyhow::Context;
use apiconnect::conformance::{Asked, Kit, Operation, Report, Source, Verdict, sheet};
use apiconnect::plugin::{Sandbox, engine};

use crate::world::component;

/// The folder of connectors.
///
/// # Errors
/// When the workspace is not where it was built.
pub fn folder() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests have a parent folder")?;
    Ok(root.join("plugins"))
}

/// The names of all connectors, in order.
///
/// # Errors
/// When the folder cannot be read.
pub fn names() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder()?)? {
        let path = entry?.path();
        if path.join("Cargo.toml").is_file() {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// The reports of these connectors, of all when there is no name. `write` writes their capability sheets.
///
/// # Errors
/// When one was not built or has no scenario.
pub async fn run(wanted: &[String], write: bool) -> anyhow::Result<Vec<Report>> {
    let sandbox = Sandbox::new(engine(None)?)?;
    let names = if wanted.is_empty() { names()? } else { wanted.to_vec() };
    let mut reports = Vec::new();
    for name in names {
        let folder = folder()?.join(&name);
        let asked = Asked {
            component: component(&name)?,
            fixtures: folder.join("fixtures"),
            scenario: None,
            source: Source::Fixtures,
            only: Vec::new(),
            record: None,
        };
        let kit = Kit::open(&sandbox, asked).await.with_context(|| format!("test {name}"))?;
        let report = kit.run(&mut |_| {}).await.with_context(|| format!("test {name}"))?;
        if write {
            std::fs::write(folder.join("CAPABILITIES.md"), sheet(&report))?;
        }
        reports.push(report);
    }
    Ok(reports)
}

/// The table: a line an operation, a column a connector.
#[must_use]
pub fn matrix(reports: &[Report]) -> String {
    let mut out = format!("{:<30}", "");
    for report in reports {
        out.push_str(&format!("  {:<width$}", report.connector, width = width(report)));
    }
    out.push('\n');
    for operation in Operation::all() {
        let cells: Vec<Option<Verdict>> = reports.iter().map(|report| verdict(report, operation.name)).collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        out.push_str(&format!("{:<30}", operation.name));
        for (report, cell) in reports.iter().zip(cells) {
            out.push_str(&format!("  {:<width$}", cell.map_or("·", Verdict::told), width = width(report)));
        }
        let end = out.trim_end().len();
        out.truncate(end);
        out.push('\n');
    }
    for (verdict, meaning) in [
        (Verdict::Works, "every case passed"),
        (Verdict::NotSupported, "the system cannot, and the connector says why"),
        (Verdict::Missing, "connectors of this kind should have it"),
        (Verdict::Failed, "a case failed"),
    ] {
        let count: usize = reports.iter().map(|report| report.count(verdict)).sum();
        out.push_str(&format!("{count:>5} {}: {meaning}\n", verdict.told()));
    }
    out
}

fn width(report: &Report) -> usize {
    report.connector.len().max("not supported".len())
}

fn verdict(report: &Report, operation: &str) -> Option<Verdict> {
    report.operations.iter().find(|own| own.name == operation).map(|own| own.verdict)
}
