//! `connectors [--write] [NAME…]`: puts the connectors of `plugins/` through the conformance kit and prints the table
//! connector × operation. `--write` writes their capability sheets.

use std::io::Write;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let (options, names): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|text| text.starts_with('-'));
    let write = options.iter().any(|option| option == "--write");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let reports = runtime.block_on(apiconnect_tests::connectors::run(&names, write))?;
    let mut out = std::io::stdout();
    write!(out, "{}", apiconnect_tests::connectors::matrix(&reports))?;
    for report in reports.iter().filter(|report| !report.ok) {
        for line in apiconnect::conformance::table(report) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(if reports.iter().all(|report| report.ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
