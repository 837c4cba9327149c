//! Runs the simulator of SAP Business One: `b1sim [--port N] [--state FILE]`.
//!
//! Prints one line of JSON with its address once it listens, then serves until it is killed.

use std::io::Write;

use anyhow::{Context, bail};
use apiconnect_tests::sim::business_one::{BusinessOne, Options, Seed};

fn main() -> anyhow::Result<()> {
    let simulator = BusinessOne::start_with(Seed::demo(), &options(std::env::args().skip(1))?)?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::json!({"address": simulator.address()}))?;
    out.flush()?;
    simulator.wait();
    Ok(())
}

fn options(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let mut options = Options::default();
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{name} needs a value"));
        match name.as_str() {
            "--port" => options.port = value()?.parse().context("--port needs a number")?,
            "--state" => options.state = Some(value()?.into()),
            _ => bail!("b1sim [--port N] [--state FILE]"),
        }
    }
    Ok(options)
}
