//! Documents on disk, so that a killed simulator comes back with what it held.
//!
//! One line of JSON a document, appended with a single write before the document is answered; a later line with the
//! same number replaces an earlier one. A kill in the middle of a line leaves a torn one, which is cut off at the next
//! start: that document was never answered and does not exist.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use hyper::StatusCode;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::documents::Set;

/// The file that documents are appended to.
#[derive(Debug)]
pub(super) struct Journal(Mutex<File>);

/// What a journal held.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) orders: Vec<Value>,
    pub(super) quotations: Vec<Value>,
}

impl Journal {
    pub(super) fn open(path: &Path) -> anyhow::Result<(Self, Loaded)> {
        let file = OpenOptions::new().create(true).append(true).read(true).open(path);
        let file = file.with_context(|| format!("cannot open the state file {}", path.display()))?;
        let text = std::fs::read(path).with_context(|| format!("cannot read the state file {}", path.display()))?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        file.set_len(whole as u64)?;
        let mut loaded = Loaded::default();
        for line in text.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let mut entry: Value = serde_json::from_slice(line).context("the state file has a damaged line")?;
            let document = entry.get_mut("document").map(Value::take).context("a line without a document")?;
            match entry.get("set").and_then(Value::as_str) {
                Some("Orders") => loaded.orders.push(document),
                Some("Quotations") => loaded.quotations.push(document),
                _ => anyhow::bail!("the state file has a document of an unknown kind"),
            }
        }
        Ok((Self(Mutex::new(file)), loaded))
    }

    pub(super) fn write(&self, set: Set, document: &Value) -> Result<(), Refusal> {
        let line = format!("{}\n", json!({"set": set.name(), "document": document}));
        self.0.lock().write_all(line.as_bytes()).map_err(|error| Refusal {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: -1,
            text: format!("the simulator cannot write its state file: {error}"),
        })
    }
}
