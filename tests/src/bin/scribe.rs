//! What the suites that harm a store start as processes: `scribe write CONFIG FROM DOCUMENTS WRITERS SEED [COPY FOLDER]`
//! and `scribe probe CONFIG LEDGER`; `scribe note SAID LEDGER` keeps what `write` said. With COPY the open folder is copied to FOLDER, as a kill would leave it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use apiconnect_tests::damage::copy;
use apiconnect_tests::scribe::{Ledger, Plan, probe, write};

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match words.as_slice() {
        ["probe", config, ledger] => {
            let code = runtime.block_on(probe(Path::new(config), Path::new(ledger)))?;
            // What hangs inside the engine would keep the runtime from ending.
            std::process::exit(i32::from(code));
        }
        ["write", config, from, documents, writers, seed, rest @ ..] => {
            let plan = Plan {
                from: from.parse()?,
                documents: documents.parse()?,
                writers: writers.parse()?,
                seed: seed.parse()?,
            };
            let config = PathBuf::from(config);
            let folder = config.parent().context("the configuration has a folder")?.join("data/store");
            runtime.block_on(write(&config, plan, || match rest {
                ["copy", to] => copy(&folder, Path::new(to)),
                _ => Ok(()),
            }))?;
            Ok(ExitCode::SUCCESS)
        }
        ["note", heard, to] => {
            let mut ledger = Ledger::default();
            std::fs::read_to_string(heard)?.lines().for_each(|line| ledger.hear(line));
            std::fs::write(to, serde_json::to_vec(&ledger)?)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("scribe write CONFIG FROM DOCUMENTS WRITERS SEED [copy FOLDER] | scribe probe CONFIG LEDGER"),
    }
}
