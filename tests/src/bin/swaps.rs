//! `swaps [SWAPS] [SECONDS] [SEED]`: replaces a connector under load and counts what shoppers noticed.

use std::io::Write;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut next = |usual| numbers.next().transpose().map(|number| number.unwrap_or(usual));
    let swaps = u32::try_from(next(200)?)?;
    let (seconds, seed) = (next(60)?, next(1)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(apiconnect_tests::swaps::run(swaps, seconds, seed))?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&report)?)?;
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
