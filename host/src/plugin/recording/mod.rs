//! Recordings: calls of connectors written down as the connector saw them, to be run again without a network.
//!
//! `step` is one question to the host with its answer, `tape` what a call in progress carries, `draft` a recording that
//! is being made, `recorder` says which calls of a connection are recorded, `shelf` keeps them as files, `frame` is what
//! a file looks like. `playback` answers a connector out of a recording, `replay` runs a call again and compares, and
//! `shadow` tries another version against recorded calls; `difference` tells what is not the same.

mod difference;
mod draft;
mod frame;
mod playback;
mod recorder;
mod replay;
mod shadow;
mod shelf;
mod step;
mod tape;

pub use difference::Difference;
pub use frame::{Flaw, RecordingError, read_recording};
pub(super) use playback::Playback;
pub use recorder::{Calls, Missed, Recorder, Recordings, Rule};
pub use replay::{ReplayError, Replayed, replay};
pub use shadow::{Operated, Shadow, Shadowed, Verdict};
pub use shelf::{RecordingId, Summary};
pub(super) use step::Told;
pub use step::{Answer, Asked, Body, Exchange, Question, Step};
pub(super) use tape::{Input, Source, Tape};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::commerce::types::Context;
use crate::seam::Millis;

/// How every recording begins: what it is, and the version of its form.
pub(crate) const FORMAT: &str = "apiconnect recording 1";

/// One call of a connector, as the connector saw it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// What this is.
    pub format: String,
    /// Names it.
    pub id: RecordingId,
    /// When the call began; milliseconds since the epoch.
    pub at: Millis,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The connector's name.
    pub connector: String,
    /// What it calls its version.
    pub version: String,
    /// SHA-256 of its component.
    pub digest: String,
    /// The operation, as the contract names it: `pricing.query`.
    pub operation: String,
    /// What the connector was told of its connection and this call; the settings are in it.
    pub context: Context,
    /// The operation's parameters.
    pub input: Box<RawValue>,
    /// What it asked and was told, in order.
    pub steps: Vec<Step>,
    /// How it ended.
    pub end: End,
    /// What it did to the outside, as the host counted.
    pub did: Did,
}

/// How a call ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum End {
    /// With an answer.
    Answer(Box<RawValue>),
    /// With a typed error.
    Refused(Box<RawValue>),
    /// The connector crashed or broke a limit; the text is the operator's.
    Trap(String),
    /// Its time was over.
    Deadline,
    /// With an answer that does not fit the contract.
    Malformed(String),
}

impl End {
    /// The word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Answer(_) => "ok",
            Self::Refused(_) => "refused",
            Self::Trap(_) => "trap",
            Self::Deadline => "deadline",
            Self::Malformed(_) => "malformed",
        }
    }
}

/// What a call did to the outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Did {
    /// Requests it made.
    pub requests: u32,
    /// Whether a request that may change something left.
    pub write_left: bool,
    /// Whether such a request has no whole answer.
    pub write_unanswered: bool,
    /// Lines it logged.
    pub log_lines: u32,
}

impl Recording {
    /// The connection's name.
    #[must_use]
    pub fn connection(&self) -> &str {
        &self.context.connection
    }
}
