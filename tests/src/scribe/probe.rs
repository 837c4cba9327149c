//! Opening a store that was harmed, in a process of its own, and comparing it with what was acknowledged.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use apiconnect::config::HostConfig;
use apiconnect::host::{HostError, Records};
use apiconnect::store::{OpenOptions, Store, StoreError};

use super::{Ledger, op_of};
use crate::world::binary;

/// How long the engine may hang before the host calls the folder damaged; short, because every image is small.
const GUARD: Duration = Duration::from_secs(10);
/// How long a probe may take in all. Beyond it the host's own guard has failed.
const LIMIT: Duration = Duration::from_secs(60);
/// Exit codes of a probe.
const WHOLE: u8 = 0;
const REFUSED: u8 = 10;
const LOST: u8 = 11;

/// What became of a harmed store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything acknowledged is there and equal.
    Whole,
    /// It was refused with a text that names the place.
    Refused(String),
    /// It was opened, and something acknowledged is missing or wrong.
    Lost(String),
    /// The process panicked, was aborted, or refused without a name.
    Crashed(String),
    /// It did not come to an end.
    Hung,
}

/// Opens the store of `config`, compares it with the ledger in the file `ledger`, and returns the exit code.
///
/// # Errors
/// When the ledger or the configuration cannot be read; that is no finding about the store.
pub async fn probe(config: &Path, ledger: &Path) -> anyhow::Result<u8> {
    apiconnect::store::log_engine_panics();
    let ledger: Ledger = serde_json::from_slice(&std::fs::read(ledger)?)?;
    let options = OpenOptions { timeout: GUARD, ..OpenOptions::default() };
    let records = match Records::open(&HostConfig::read(config)?, options).await {
        Ok(records) => records,
        Err(HostError::Store(error @ (StoreError::Damaged { .. } | StoreError::Failed(_)))) => {
            say(&error.to_string());
            return Ok(REFUSED);
        }
        Err(error) => anyhow::bail!("a refusal that names no place: {error}"),
    };
    match compare(records.store.as_ref(), &ledger) {
        Ok(None) => Ok(WHOLE),
        Ok(Some(lost)) => {
            say(&lost);
            Ok(LOST)
        }
        // Found on reading what was verified on opening.
        Err(error) => {
            say(&error.to_string());
            Ok(LOST)
        }
    }
}

/// The first thing that is not as it was acknowledged.
fn compare(store: &dyn Store, ledger: &Ledger) -> Result<Option<String>, StoreError> {
    for key in ledger.keys() {
        let found = match store.get(key.as_bytes())? {
            Some(entry) => match op_of(key, &entry.value) {
                Some(op) => Some(op),
                None => return Ok(Some(format!("{key} has a content that nobody wrote"))),
            },
            None => None,
        };
        if let Some(wrong) = ledger.wrong(key, found) {
            return Ok(Some(wrong));
        }
    }
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = store.scan(b"", after.as_deref(), 64)?;
        let Some(last) = page.last() else { return Ok(None) };
        for key in page.iter().map(|entry| String::from_utf8_lossy(&entry.key)) {
            if !key.starts_with("seal/") && ledger.wrong(&key, None).is_some_and(|text| text.ends_with("never written"))
            {
                return Ok(Some(format!("{key} was never written")));
            }
        }
        after = Some(last.key.clone());
    }
}

fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Runs a probe in a process of its own and waits for it, within bounds.
///
/// # Errors
/// When the process does not start.
pub fn ask(config: &Path, ledger: &Path) -> anyhow::Result<Outcome> {
    let mut command = Command::new(binary("scribe")?);
    command.arg("probe").arg(config).arg(ledger).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("start a probe")?;
    let (mut out, mut err) = (child.stdout.take().context("output")?, child.stderr.take().context("errors")?);
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        err.read_to_string(&mut text).map(|_| text)
    });
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(Outcome::Hung);
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut told = String::new();
    out.read_to_string(&mut told)?;
    let errors = errors.join().map_err(|_| anyhow::anyhow!("the reader of errors panicked"))??;
    let told = told.trim().to_owned();
    if errors.contains("panicked") {
        return Ok(Outcome::Crashed(errors));
    }
    Ok(match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(WHOLE) => Outcome::Whole,
        Some(REFUSED) => Outcome::Refused(told),
        Some(LOST) => Outcome::Lost(told),
        _ => Outcome::Crashed(format!("{status}: {told} {errors}")),
    })
}
