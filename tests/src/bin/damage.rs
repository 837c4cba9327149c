//! `damage [IMAGES] [SEED] [DOCUMENTS]`: damages stores and opens them; prints a table.

use std::io::Write;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut number = |default| numbers.next().transpose().map(|number| number.unwrap_or(default));
    let (count, seed, documents) = (number(500)?, number(1)?, number(400)?);
    let report = apiconnect_tests::damage::run(count, seed, documents)?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", report.table())?;
    for (image, acknowledged) in &report.acknowledged {
        writeln!(out, "{image}: {acknowledged} acknowledged writes")?;
    }
    for failure in &report.failures {
        writeln!(out, "{failure}")?;
    }
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
