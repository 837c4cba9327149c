//! `powercut [IMAGES] [SEED] [DOCUMENTS]`: cuts the power on paper and opens what is left; prints a report.

use std::io::Write;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut number = |default| numbers.next().transpose().map(|number| number.unwrap_or(default));
    let (count, seed, documents) = (number(200)?, number(1)?, number(160)?);
    let report = apiconnect_tests::powercut::run(count, seed, documents)?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&report)?)?;
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
