//! The last exchanges of a connection: enough to see what happened, without bodies and without secrets.

use std::collections::VecDeque;
use std::time::Duration;

use http::Method;
use parking_lot::Mutex;
use serde::Serialize;

use super::redact::Redactor;
use super::target::Target;
use super::{SendErrorKind, Sent};
use crate::limits;
use crate::seam::Millis;

/// One exchange, as an operator may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LogEntry {
    /// When it started, in milliseconds since the epoch.
    pub at: Millis,
    /// The HTTP method.
    pub method: String,
    /// The URL; secrets in it are stars.
    pub url: String,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The kind of failure when there was no answer.
    pub error: Option<&'static str>,
    /// Whether the request may have left.
    pub maybe_sent: bool,
    /// Bytes of the request's body.
    pub request_bytes: usize,
    /// Bytes of the answer's body.
    pub response_bytes: usize,
    /// From the first step to the last byte, in milliseconds.
    pub duration_ms: u64,
}

/// One exchange as it is kept: nothing is turned into text before somebody looks.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) at: Millis,
    pub(super) method: Method,
    pub(super) place: Place,
    pub(super) outcome: Result<u16, (SendErrorKind, Sent)>,
    pub(super) request_bytes: usize,
    pub(super) response_bytes: usize,
    pub(super) duration: Duration,
}

#[derive(Debug)]
pub(super) enum Place {
    /// Where it went, before any credential was added to the query.
    Target(Target),
    /// What a connector asked for and did not get.
    Refused(String),
}

/// The ring of records.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<VecDeque<Record>>);

impl Log {
    pub(super) fn add(&self, record: Record) {
        let mut records = self.0.lock();
        if records.len() >= limits::EGRESS_LOG_ENTRIES_MAX {
            records.pop_front();
        }
        records.push_back(record);
    }

    /// All entries, the oldest first.
    pub(super) fn entries(&self, redactor: &Redactor) -> Vec<LogEntry> {
        self.0.lock().iter().map(|record| entry(record, redactor)).collect()
    }
}

fn entry(record: &Record, redactor: &Redactor) -> LogEntry {
    let url = match &record.place {
        Place::Target(target) => format!("{}{}", target.origin, target.path),
        Place::Refused(text) => text.clone(),
    };
    LogEntry {
        at: record.at,
        method: record.method.to_string(),
        url: redactor.clean_text(url),
        status: record.outcome.ok(),
        error: record.outcome.err().map(|(kind, _)| kind.as_str()),
        maybe_sent: !matches!(record.outcome, Err((_, Sent::No))),
        request_bytes: record.request_bytes,
        response_bytes: record.response_bytes,
        duration_ms: u64::try_from(record.duration.as_millis()).unwrap_or(u64::MAX),
    }
}
