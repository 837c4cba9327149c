//! Which calls of a connection are recorded: as its file says, or for a while as a person says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::draft::Share;
use super::shelf::{RecordingId, Shelf, Summary};
use super::{Recording, RecordingError};
use crate::limits;
use crate::seam::{self, Clock, Millis};
use crate::store::{FileSeal, Store};

/// Which calls are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Calls {
    /// None.
    #[default]
    Off,
    /// Those that end in an error, a crash or at their deadline.
    Errors,
    /// Every one.
    All,
}

impl Calls {
    const fn number(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::Errors => 1,
            Self::All => 2,
        }
    }
}

/// What a connection's file says about recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which calls are recorded.
    pub calls: Calls,
    /// Recordings that are kept, the newest.
    pub keep: usize,
    /// How long each is kept.
    pub age: Duration,
}

impl Default for Rule {
    fn default() -> Self {
        Self { calls: Calls::Off, keep: limits::RECORDINGS_KEPT, age: limits::RECORDING_AGE }
    }
}

/// Why a call that should be recorded was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// It was larger than a recording may be.
    TooLarge,
    /// Too many recordings were on their way to the disk.
    Busy,
    /// It could not be written.
    Failed,
}

/// Calls that were to be recorded and were not, since the host was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Missed {
    /// Larger than a recording may be.
    pub too_large: u64,
    /// More at a time than can be written.
    pub busy: u64,
    /// The disk refused, or a parameter is nothing JSON can say.
    pub failed: u64,
}

/// The recorder of one connection. It outlives changes of the connection's file.
pub struct Recorder {
    connection: String,
    shelf: Arc<Shelf>,
    /// [`Calls`] as they hold now: 0 is what a call that is not recorded looks at.
    now: AtomicU8,
    rules: Mutex<Rules>,
    missed: [AtomicU64; 3],
}

#[derive(Debug, Default)]
struct Rules {
    file: Rule,
    /// What a person asked for, and until when.
    for_now: Option<(Calls, Millis)>,
}

impl Recorder {
    /// Whether a call that begins now is recorded, and how.
    pub(super) fn wants(&self, clock: &Clock) -> Option<Calls> {
        if self.now.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let calls = self.calls(clock).0;
        (calls != Calls::Off).then_some(calls)
    }

    /// Which calls are recorded now, and until when where that has an end.
    #[must_use]
    pub fn calls(&self, clock: &Clock) -> (Calls, Option<Millis>) {
        let mut rules = self.rules.lock();
        if rules.for_now.is_some_and(|(_, until)| until <= clock.now()) {
            rules.for_now = None;
            self.now.store(rules.file.calls.number(), Ordering::Relaxed);
        }
        rules.for_now.map_or((rules.file.calls, None), |(calls, until)| (calls, Some(until)))
    }

    /// What the connection's file says. What a person asked for goes on.
    pub fn set_rule(&self, rule: Rule) {
        let mut rules = self.rules.lock();
        rules.file = if self.shelf.is_off() { Rule::default() } else { rule };
        let calls = rules.for_now.map_or(rules.file.calls, |(calls, _)| calls);
        self.now.store(calls.number(), Ordering::Relaxed);
    }

    /// Records these calls for a while, at most for a day; for no time at all ends it.
    pub fn record_for(&self, calls: Calls, time: Duration, clock: &Clock) {
        let mut rules = self.rules.lock();
        let time = u64::try_from(time.min(limits::RECORD_FOR_MAX).as_millis()).unwrap_or(u64::MAX);
        rules.for_now = (time > 0 && !self.shelf.is_off()).then(|| (calls, clock.now().saturating_add(time)));
        let calls = rules.for_now.map_or(rules.file.calls, |(calls, _)| calls);
        self.now.store(calls.number(), Ordering::Relaxed);
    }

    /// How many recordings are kept and how long.
    pub(super) fn rule(&self) -> Rule {
        self.rules.lock().file
    }

    /// Calls that were to be recorded and were not.
    #[must_use]
    pub fn missed(&self) -> Missed {
        let [too_large, busy, failed] = self.missed.each_ref().map(|count| count.load(Ordering::Relaxed));
        Missed { too_large, busy, failed }
    }

    pub(super) fn lost(&self, loss: Loss) {
        let [too_large, busy, failed] = &self.missed;
        let count = match loss {
            Loss::TooLarge => too_large,
            Loss::Busy => busy,
            Loss::Failed => failed,
        };
        // Told once and then counted: a full disk must not fill the log as well.
        if count.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!(connection = self.connection, why = ?loss, "a call was not recorded; further ones are counted");
        }
    }

    pub(super) fn connection(&self) -> &str {
        &self.connection
    }

    pub(super) fn name_at(&self, at: Millis) -> RecordingId {
        self.shelf.name_at(at)
    }

    pub(super) fn share(&self) -> Share {
        Share::of(self.shelf.room())
    }

    /// Leaves a recording to be written, off the path of calls.
    pub(super) fn hand_in(self: &Arc<Self>, recording: Box<Recording>, share: Share) {
        if self.shelf.hand_in(self, recording, share).is_err() {
            self.lost(Loss::Busy);
        }
    }
}

/// The recordings of a host. Cheap to clone.
#[derive(Clone)]
pub struct Recordings(Arc<Inner>);

struct Inner {
    shelf: Arc<Shelf>,
    recorders: Mutex<BTreeMap<String, Arc<Recorder>>>,
}

impl Recordings {
    /// Recordings below `folder`, a folder for each connection.
    #[must_use]
    pub fn new(folder: &Path, seal: FileSeal, clock: Clock) -> Self {
        Self::on(Shelf::new(Some(folder.to_owned()), seal, clock))
    }

    /// The same on the disk of a store, which gets the room when it becomes scarce.
    #[must_use]
    pub fn beside(folder: &Path, seal: FileSeal, store: Arc<dyn Store>, clock: Clock) -> Self {
        Self::on(Shelf::new(Some(folder.to_owned()), seal, clock).beside(store))
    }

    /// No recordings: nothing is recorded, whatever anybody says.
    #[must_use]
    pub fn off(clock: Clock) -> Self {
        Self::on(Shelf::new(None, FileSeal::default(), clock))
    }

    fn on(shelf: Shelf) -> Self {
        Self(Arc::new(Inner { shelf: Arc::new(shelf), recorders: Mutex::default() }))
    }

    /// The recorder of a connection.
    #[must_use]
    pub fn of(&self, connection: &str) -> Arc<Recorder> {
        let mut recorders = self.0.recorders.lock();
        let recorder = recorders.entry(connection.to_owned()).or_insert_with(|| {
            Arc::new(Recorder {
                connection: connection.to_owned(),
                shelf: Arc::clone(&self.0.shelf),
                now: AtomicU8::new(0),
                rules: Mutex::default(),
                missed: Default::default(),
            })
        });
        Arc::clone(recorder)
    }

    /// The recordings of a connection, the newest first; of every connection without one.
    #[must_use]
    pub fn list(&self, connection: Option<&str>) -> Vec<Summary> {
        self.0.shelf.list(connection)
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// [`RecordingError`] when there is none, or it cannot be read.
    pub fn read(&self, connection: &str, id: RecordingId) -> Result<Recording, RecordingError> {
        self.0.shelf.read(connection, id)
    }

    /// Lets go of recordings that are too old, of connections that are no longer there as well. It works on the disk.
    pub fn tidy(&self) {
        let recorders: Vec<Arc<Recorder>> = self.0.recorders.lock().values().cloned().collect();
        let rule = |connection: &str| {
            let known = recorders.iter().find(|recorder| recorder.connection == connection);
            known.map_or_else(Rule::default, |recorder| recorder.rule())
        };
        self.0.shelf.tidy(rule);
    }

    /// Waits until what was handed in is written, for tests and for a host that stops.
    pub async fn settled(&self) {
        while self.0.shelf.is_writing() {
            let _ = seam::within(Duration::from_millis(5), std::future::pending::<()>()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recordings(folder: &Path, clock: &Clock) -> Recordings {
        Recordings::new(folder, FileSeal::default(), clock.clone())
    }

    #[test]
    fn what_a_person_asks_for_ends_by_itself_and_outlives_a_change_of_the_file() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::manual(1_000));
        let recordings = recordings(folder.path(), &clock);
        let recorder = recordings.of("erp");
        assert_eq!(recorder.wants(&clock), None);
        recorder.record_for(Calls::All, Duration::from_secs(60), &clock);
        recorder.set_rule(Rule { calls: Calls::Errors, ..Rule::default() });
        assert!(Arc::ptr_eq(&recorder, &recordings.of("erp")), "the same after the file has changed");
        assert_eq!(recorder.wants(&clock), Some(Calls::All));
        clock.advance(Duration::from_secs(60));
        assert_eq!(recorder.wants(&clock), Some(Calls::Errors));
        recorder.set_rule(Rule::default());
        assert_eq!((recorder.wants(&clock), recorder.now.load(Ordering::Relaxed)), (None, 0));
        recorder.record_for(Calls::All, Duration::from_secs(1_000_000), &clock);
        clock.advance(limits::RECORD_FOR_MAX);
        assert_eq!(recorder.wants(&clock), None, "nobody records for ever by mistake");
        recorder.record_for(Calls::All, Duration::from_secs(60), &clock);
        recorder.record_for(Calls::Off, Duration::ZERO, &clock);
        assert_eq!(recorder.calls(&clock), (Calls::Off, None));
        let off = Recordings::off(clock.clone()).of("erp");
        off.set_rule(Rule { calls: Calls::All, ..Rule::default() });
        off.record_for(Calls::All, Duration::from_secs(60), &clock);
        assert_eq!(off.wants(&clock), None);
    }

    #[test]
    fn what_was_not_recorded_is_counted() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::manual(1_000));
        let recorder = recordings(folder.path(), &clock).of("erp");
        [Loss::Busy, Loss::TooLarge, Loss::TooLarge].into_iter().for_each(|loss| recorder.lost(loss));
        assert_eq!(recorder.missed(), Missed { too_large: 2, busy: 1, failed: 0 });
    }
}
