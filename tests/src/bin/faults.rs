//! `faults [PLACES]`: makes the disk fail under a running host, at so many places of each call; prints a table.

use std::io::Write;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let places = std::env::args().nth(1).map_or(Ok(16), |text| text.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(apiconnect_tests::faults::run(places))?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", report.table())?;
    for failure in &report.failures {
        writeln!(out, "{failure}")?;
    }
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
