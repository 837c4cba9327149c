//! Orders and quotations: kept, found, cancelled.

use std::collections::HashMap;

use parking_lot::RwLock;
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::persist::Journal;
use super::query::Query;

/// Documents of one kind that are kept at most, so that a run-away test cannot eat the machine.
const DOCUMENTS_MAX: usize = 500_000;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    Orders,
    Quotations,
}

impl Set {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Orders => "Orders",
            Self::Quotations => "Quotations",
        }
    }

    /// The table that error texts name, with its table of lines.
    pub(super) fn tables(self) -> (&'static str, &'static str) {
        match self {
            Self::Orders => ("ORDR", "RDR1"),
            Self::Quotations => ("OQUT", "QUT1"),
        }
    }

    fn first_number(self) -> u64 {
        match self {
            Self::Orders => 5_000,
            Self::Quotations => 7_000,
        }
    }
}

/// The documents of one kind, in order of their entry numbers, which start at 1 and have no gaps.
#[derive(Debug)]
pub(super) struct Documents {
    set: Set,
    held: RwLock<Held>,
}

#[derive(Debug, Default)]
struct Held {
    all: Vec<Value>,
    by_reference: HashMap<String, Vec<usize>>,
}

impl Held {
    fn put(&mut self, document: Value) {
        let entry = document.get("DocEntry").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let at = entry.map_or(self.all.len(), |entry| entry.saturating_sub(1));
        if let Some(place) = self.all.get_mut(at) {
            *place = document;
            return;
        }
        if let Some(reference) = document.get("NumAtCard").and_then(Value::as_str) {
            self.by_reference.entry(reference.to_owned()).or_default().push(self.all.len());
        }
        self.all.push(document);
    }
}

impl Documents {
    pub(super) fn new(set: Set, loaded: impl IntoIterator<Item = Value>) -> Self {
        let mut held = Held::default();
        loaded.into_iter().for_each(|document| held.put(document));
        Self { set, held: RwLock::new(held) }
    }

    /// Gives a checked document its numbers and keeps it; the journal has it before anybody sees it.
    pub(super) fn create(&self, mut document: Value, journal: Option<&Journal>) -> Outcome {
        let mut held = self.held.write();
        if held.all.len() >= DOCUMENTS_MAX {
            return Err(Refusal { status: hyper::StatusCode::INTERNAL_SERVER_ERROR, code: -1, text: FULL.into() });
        }
        let entry = held.all.len() as u64 + 1;
        if let Some(fields) = document.as_object_mut() {
            fields.insert("DocEntry".into(), json!(entry));
            fields.insert("DocNum".into(), json!(self.set.first_number() + entry));
        }
        if let Some(journal) = journal {
            journal.write(self.set, &document)?;
        }
        let mut answer = Answer::json(hyper::StatusCode::CREATED, &document);
        answer.created = true;
        held.put(document);
        Ok(answer)
    }

    pub(super) fn get(&self, entry: u64) -> Result<Value, Refusal> {
        let at = usize::try_from(entry).ok().and_then(|entry| entry.checked_sub(1));
        at.and_then(|at| self.held.read().all.get(at).cloned()).ok_or_else(Refusal::no_record)
    }

    /// A page of the list. A filter that fixes the customer's reference number goes by the index.
    pub(super) fn list(&self, query: &Query) -> Outcome {
        let held = self.held.read();
        let fits = |document: &&Value| query.filter.as_ref().is_none_or(|filter| filter.fits(document));
        let reference = query.filter.as_ref().and_then(|filter| filter.must_equal("NumAtCard"));
        let found: Vec<&Value> = match reference {
            Some(reference) => {
                let at = held.by_reference.get(reference).map(Vec::as_slice).unwrap_or_default();
                at.iter().filter_map(|at| held.all.get(*at)).filter(fits).collect()
            }
            None => held.all.iter().filter(fits).collect(),
        };
        query.answer(self.set.name(), found)
    }

    /// `/Cancel` and `/Close`.
    pub(super) fn end(&self, entry: u64, cancel: bool, journal: Option<&Journal>) -> Outcome {
        let mut document = self.get(entry)?;
        if document.get("DocumentStatus").and_then(Value::as_str) != Some("bost_Open") {
            return Err(Refusal::bad(-5006, "Document is already closed or canceled"));
        }
        if let Some(fields) = document.as_object_mut() {
            fields.insert("DocumentStatus".into(), json!("bost_Close"));
            if cancel {
                fields.insert("Cancelled".into(), json!("tYES"));
                fields.insert("CancelStatus".into(), json!("csYes"));
            }
            let lines = fields.get_mut("DocumentLines").and_then(Value::as_array_mut);
            for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
                line.insert("LineStatus".into(), json!("bost_Close"));
                line.insert("RemainingOpenQuantity".into(), json!(0.0));
            }
        }
        if let Some(journal) = journal {
            journal.write(self.set, &document)?;
        }
        self.held.write().put(document);
        Ok(Answer::empty())
    }

    /// Looks at every document.
    pub(super) fn map<T>(&self, see: impl Fn(&Value) -> T) -> Vec<T> {
        self.held.read().all.iter().map(see).collect()
    }
}

const FULL: &str = "The simulator holds as many documents as it may";
