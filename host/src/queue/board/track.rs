//! One lane of one connection: lines of jobs by their key, and the heads whose turn may come.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::queue::id::JobId;
use crate::queue::policy::Gathering;
use crate::seam::Millis;

/// A job in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    id: JobId,
    /// Not before this time; 0 when it may go at once.
    at: Millis,
    priority: u8,
}

/// Jobs with the same key: the one on its way, and the others by age. Most keys have one job, which needs no more room.
#[derive(Debug, Default)]
struct KeyLine {
    running: Option<JobId>,
    head: Option<Slot>,
    rest: VecDeque<Slot>,
}

/// A head whose turn has come: by priority, then by age.
type Turn = (u8, JobId, Arc<str>);
/// A head that waits for its time.
type Wait = (Millis, JobId, Arc<str>);

/// One lane of one connection.
#[derive(Debug, Default)]
pub(super) struct Track {
    keys: HashMap<Arc<str>, KeyLine>,
    ready: BTreeSet<Turn>,
    later: BTreeSet<Wait>,
    /// Jobs for a later time. They are in no line until then, so they hold nobody up.
    scheduled: BTreeSet<(Millis, JobId, u8, Arc<str>)>,
    /// When the first of the ready ones became so, for gathering.
    since: Millis,
    /// Calls on their way.
    pub(super) running: usize,
    /// Calls that may be on their way at a time; 0 holds all.
    pub(super) parallel: usize,
    pub(super) gathering: Gathering,
}

impl Track {
    /// A job for its line, or for later. `at` is the time a job that was tried before waits for.
    pub(super) fn insert(
        &mut self,
        (id, key, priority): (JobId, Arc<str>, u8),
        at: Millis,
        not_before: Millis,
        now: Millis,
    ) {
        if not_before > now {
            self.scheduled.insert((not_before, id, priority, key));
        } else {
            self.stand(&key, Slot { id, at, priority }, now);
        }
    }

    /// Takes a job out; false when it is on its way or not here.
    pub(super) fn remove(&mut self, id: JobId, key: &str, priority: u8, not_before: Millis, now: Millis) -> bool {
        if self.scheduled.remove(&(not_before, id, priority, Arc::from(key))) {
            return true;
        }
        let Some((key, _)) = self.keys.get_key_value(key) else { return false };
        let key = Arc::clone(key);
        let Some(line) = self.keys.get_mut(&key) else { return false };
        match line.head {
            Some(head) if head.id == id => {
                let registered = line.running.is_none();
                line.head = line.rest.pop_front();
                if registered {
                    self.unregister(&key, head);
                }
                self.promote(&key, now);
                true
            }
            _ => {
                let at = line.rest.iter().position(|slot| slot.id == id);
                at.and_then(|at| line.rest.remove(at)).is_some()
            }
        }
    }

    /// Whether a job's turn has come.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The jobs of the next call, marked as on their way; none when it is nobody's turn.
    pub(super) fn take(&mut self, now: Millis, most: usize) -> Vec<(JobId, Arc<str>, u8)> {
        self.wake(now);
        let most = self.gathering.most.min(most).max(1);
        if self.ready.is_empty() || (most > 1 && !self.gathered(now)) {
            return Vec::new();
        }
        let mut taken = Vec::new();
        while taken.len() < most {
            let Some((priority, id, key)) = self.ready.pop_first() else { break };
            if let Some(line) = self.keys.get_mut(&key) {
                line.running = Some(id);
                line.head = line.rest.pop_front();
            }
            taken.push((id, key, priority));
        }
        self.since = now;
        self.running += 1;
        taken
    }

    /// A call has ended and frees its place; the jobs come back one by one.
    pub(super) fn released(&mut self) {
        self.running = self.running.saturating_sub(1);
    }

    /// A job has ended its turn: gone, or again at a time.
    pub(super) fn ended(&mut self, id: JobId, key: &Arc<str>, priority: u8, again: Option<Millis>, now: Millis) {
        if let Some(line) = self.keys.get_mut(key).filter(|line| line.running == Some(id)) {
            line.running = None;
        }
        if let Some(at) = again {
            self.stand(key, Slot { id, at, priority }, now);
        }
        // An older one may have come meanwhile and stand first.
        self.promote(key, now);
    }

    /// When [`Track::take`] should be asked again although nothing else happens.
    pub(super) fn next_time(&self) -> Option<Millis> {
        let ready = (!self.ready.is_empty()).then(|| {
            if self.ready.len() >= self.gathering.most { 0 } else { self.since.saturating_add(self.gathering_wait()) }
        });
        let later = self.later.first().map(|(at, ..)| *at);
        let scheduled = self.scheduled.first().map(|(at, ..)| *at);
        [ready, later, scheduled].into_iter().flatten().min()
    }

    fn gathered(&self, now: Millis) -> bool {
        self.ready.len() >= self.gathering.most || now >= self.since.saturating_add(self.gathering_wait())
    }

    fn gathering_wait(&self) -> Millis {
        u64::try_from(self.gathering.wait.as_millis()).unwrap_or(u64::MAX)
    }

    /// Brings up what waited for a time that has come.
    fn wake(&mut self, now: Millis) {
        while self.scheduled.first().is_some_and(|(at, ..)| *at <= now) {
            if let Some((_, id, priority, key)) = self.scheduled.pop_first() {
                self.stand(&key, Slot { id, at: 0, priority }, now);
            }
        }
        while self.later.first().is_some_and(|(at, ..)| *at <= now) {
            let Some((_, id, key)) = self.later.pop_first() else { break };
            let priority = self.keys.get(&key).and_then(|line| line.head).map_or(0, |head| head.priority);
            self.ripen((priority, id, key), now);
        }
    }

    /// Puts a job into its line, by age.
    fn stand(&mut self, key: &Arc<str>, slot: Slot, now: Millis) {
        let line = self.keys.entry(Arc::clone(key)).or_default();
        match line.head {
            None => {
                line.head = Some(slot);
                self.promote(key, now);
            }
            Some(head) if slot.id < head.id => {
                line.rest.push_front(head);
                line.head = Some(slot);
                if line.running.is_none() {
                    self.unregister(key, head);
                    self.promote(key, now);
                }
            }
            Some(_) => {
                let at = line.rest.partition_point(|other| other.id < slot.id);
                line.rest.insert(at, slot);
            }
        }
    }

    /// Registers the head of a key, unless another of its jobs is on its way; forgets a key without jobs.
    fn promote(&mut self, key: &Arc<str>, now: Millis) {
        let Some(line) = self.keys.get(key) else { return };
        match (line.running, line.head) {
            (Some(_), _) => {}
            (None, None) => {
                self.keys.remove(key);
            }
            (None, Some(head)) if head.at > now => {
                self.later.insert((head.at, head.id, Arc::clone(key)));
            }
            (None, Some(head)) => self.ripen((head.priority, head.id, Arc::clone(key)), now),
        }
    }

    fn ripen(&mut self, turn: Turn, now: Millis) {
        if self.ready.is_empty() {
            self.since = now;
        }
        self.ready.insert(turn);
    }

    fn unregister(&mut self, key: &Arc<str>, head: Slot) {
        if !self.ready.remove(&(head.priority, head.id, Arc::clone(key))) {
            self.later.remove(&(head.at, head.id, Arc::clone(key)));
        }
    }
}
