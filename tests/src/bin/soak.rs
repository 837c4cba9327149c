//! `soak [CALLS] [RELOADS]`: many calls, many reloads, and whether memory stays.

use std::io::Write;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut next = |usual| numbers.next().transpose().map(|number| number.unwrap_or(usual));
    let (calls, reloads) = (next(100_000)?, u32::try_from(next(1_000)?)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(apiconnect_tests::swaps::soak(calls, reloads))?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&report)?)?;
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
