//! Another version of a connector against recorded calls: what would it have asked and answered?

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::difference::Difference;
use super::playback::{Ended, Loose, Playback, Script};
use super::replay::{compare_ends, not_offered, play};
use super::{End, Recording, RecordingError, RecordingId};
use crate::limits;
use crate::plugin::Loaded;

/// What became of one recorded call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The same requests and the same result.
    Same,
    /// The same result, with requests that differ a little.
    Loosely,
    /// Another result, or something that was written is not written any more.
    Differs,
    /// It made a request that nothing like was recorded for, so its result says nothing.
    AskedNew,
    /// It crashed where the recorded version did not.
    Crashed,
    /// The time of the recorded call was over, so there is nothing to compare with.
    Skipped,
}

/// One recorded call with the other version.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Shadowed {
    /// The recording.
    #[schema(value_type = String)]
    pub recording: RecordingId,
    /// Its connection.
    pub connection: String,
    /// Its operation.
    pub operation: String,
    /// The version that was recorded.
    pub recorded_version: String,
    /// What became of it.
    pub verdict: Verdict,
    /// How result and bodies differ from the recorded ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Questions that were answered with what was recorded for a similar one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub loosely: Vec<String>,
    /// Questions that nothing like was recorded for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked_new: Vec<String>,
    /// Recorded requests that were not made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<String>,
}

/// How often each verdict was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Operated {
    /// Recorded calls.
    pub calls: u32,
    /// With the same requests and the same result.
    pub same: u32,
    /// With the same result and requests that differ a little.
    pub loosely: u32,
    /// With another result.
    pub differs: u32,
    /// With a request that was not recorded.
    pub asked_new: u32,
    /// That crashed.
    pub crashed: u32,
    /// Whose recording has no result to compare with.
    pub skipped: u32,
}

/// A version against recorded calls.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Shadow {
    /// The connector.
    pub connector: String,
    /// The version that was tried.
    pub version: String,
    /// SHA-256 of its component.
    pub digest: String,
    /// All calls together.
    #[serde(flatten)]
    pub all: Operated,
    /// The same by operation.
    pub operations: BTreeMap<String, Operated>,
    /// Every call that is not simply the same.
    pub items: Vec<Shadowed>,
    /// Recordings that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

impl Shadow {
    /// A run of this version that has tried nothing yet.
    #[must_use]
    pub fn of(loaded: &Loaded) -> Self {
        Self {
            connector: loaded.description.name.clone(),
            version: loaded.description.version.clone(),
            digest: loaded.digest.clone(),
            all: Operated::default(),
            operations: BTreeMap::new(),
            items: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    /// Tries one recorded call. Recordings of other connectors are passed over.
    pub async fn try_on(&mut self, loaded: &Loaded, recording: Result<Recording, RecordingError>) {
        match recording {
            Ok(recording) if recording.connector == self.connector => {
                let shadowed = shadow(loaded, recording).await;
                self.all.count(shadowed.verdict);
                self.operations.entry(shadowed.operation.clone()).or_default().count(shadowed.verdict);
                if shadowed.verdict != Verdict::Same || !shadowed.not_asked.is_empty() {
                    self.items.push(shadowed);
                }
            }
            Ok(_) => {}
            Err(error) if self.unreadable.len() < limits::DIFFERENCES_TOLD => {
                self.unreadable.push(format!("failed to {error}"));
            }
            Err(_) => {}
        }
    }

    /// Recorded calls that were tried.
    #[must_use]
    pub fn calls(&self) -> usize {
        usize::try_from(self.all.calls).unwrap_or(usize::MAX)
    }

    /// Whether the version did what the recorded one did, as far as can be told.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.all.differs + self.all.asked_new + self.all.crashed == 0 && self.unreadable.is_empty()
    }
}

impl Operated {
    fn count(&mut self, verdict: Verdict) {
        self.calls += 1;
        *match verdict {
            Verdict::Same => &mut self.same,
            Verdict::Loosely => &mut self.loosely,
            Verdict::Differs => &mut self.differs,
            Verdict::AskedNew => &mut self.asked_new,
            Verdict::Crashed => &mut self.crashed,
            Verdict::Skipped => &mut self.skipped,
        } += 1;
    }
}

async fn shadow(loaded: &Loaded, recording: Recording) -> Shadowed {
    let mut shadowed = Shadowed {
        recording: recording.id,
        connection: recording.connection().to_owned(),
        operation: recording.operation.clone(),
        recorded_version: recording.version.clone(),
        verdict: Verdict::Skipped,
        differences: Vec::new(),
        loosely: Vec::new(),
        asked_new: Vec::new(),
        not_asked: Vec::new(),
    };
    if matches!(recording.end, End::Deadline) {
        return shadowed;
    }
    let playback = Playback::new(Script::Loose(Box::new(Loose::new(&recording))));
    let played = play(loaded, &recording, &playback).await;
    let ended = playback.with(|state| {
        if let Script::Loose(loose) = &mut state.script {
            shadowed.not_asked = loose.not_asked();
            shadowed.loosely = std::mem::take(&mut loose.loosely);
            shadowed.asked_new = std::mem::take(&mut loose.new);
            shadowed.differences = std::mem::take(&mut loose.bodies);
            shadowed.verdict = if loose.leaves_writes() { Verdict::Differs } else { Verdict::Same };
        }
        state.ended.take()
    });
    match (played, ended) {
        (Ok(()), Some(ended)) => judge(&mut shadowed, &recording, &ended, loaded.digest == recording.digest),
        (played, _) => {
            let error = played.err().unwrap_or_else(|| not_offered(loaded, &recording));
            shadowed.differences = vec![Difference::new("end", "an end", format!("failed to {error}"))];
            shadowed.verdict = Verdict::Differs;
        }
    }
    shadowed
}

/// The verdict. It stands at [`Verdict::Differs`] already when a recorded write was left out.
fn judge(shadowed: &mut Shadowed, recording: &Recording, ended: &Ended, same_component: bool) {
    let mut found = compare_ends(&recording.end, &ended.end, same_component);
    let crashed = matches!(ended.end, End::Trap(_)) && !matches!(recording.end, End::Trap(_));
    shadowed.verdict = if crashed {
        Verdict::Crashed
    } else if !shadowed.asked_new.is_empty() {
        Verdict::AskedNew
    } else if !found.is_empty() || shadowed.verdict == Verdict::Differs {
        Verdict::Differs
    } else if !shadowed.loosely.is_empty() {
        Verdict::Loosely
    } else {
        Verdict::Same
    };
    found.append(&mut shadowed.differences);
    found.truncate(limits::DIFFERENCES_TOLD);
    shadowed.differences = found;
}
