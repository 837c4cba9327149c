//! Runs the simulator of SAP Business One: `b1sim [--port N] [--state FILE] [--customers N] [--drop-after-create N]`.
//!
//! `--customers` adds so many customers from C70000 on; `--drop-after-create` cuts the answers to the first N documents
//! after they were created.
//! Prints one line of JSON with its address once it listens, then serves until it is killed.

use std::io::Write;

use anyhow::{Context, bail};
use apiconnect_tests::sim::business_one::{BusinessOne, Faults, Options, Seed};

fn main() -> anyhow::Result<()> {
    let asked = Asked::read(std::env::args().skip(1))?;
    let simulator = BusinessOne::start_with(Seed::sized(asked.customers, 20), &asked.options)?;
    simulator.set_faults(Faults { drop_after_create_next: asked.drop_after_create, ..Faults::default() });
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::json!({"address": simulator.address()}))?;
    out.flush()?;
    simulator.wait();
    Ok(())
}

#[derive(Default)]
struct Asked {
    options: Options,
    customers: u32,
    drop_after_create: u32,
}

impl Asked {
    fn read(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut asked = Self::default();
        while let Some(name) = arguments.next() {
            let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
            let number = || value.parse::<u32>().with_context(|| format!("{name} needs a number"));
            match name.as_str() {
                "--port" => asked.options.port = u16::try_from(number()?)?,
                "--state" => asked.options.state = Some(value.into()),
                "--customers" => asked.customers = number()?,
                "--drop-after-create" => asked.drop_after_create = number()?,
                _ => bail!("b1sim [--port N] [--state FILE] [--customers N] [--drop-after-create N]"),
            }
        }
        Ok(asked)
    }
}
