//! Whose turn it is: the schedule in memory, rebuilt from the store at start. Plain data, no I/O.
//!
//! Jobs with the same order key stand in one line. A connection whose system is away is held as a whole: when its time
//! comes one job goes first, and the others follow only when that one found the system there.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use super::machine::Weather;
use crate::limits;
use crate::seam::Millis;

/// A job's place: what the schedule has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The job's id.
    pub id: String,
    /// The connection.
    pub connection: String,
    /// Jobs with the same key go one after the other.
    pub order_key: String,
    /// Not before this time.
    pub not_before: Millis,
}

/// What becomes of a place after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The job leaves the schedule.
    Gone,
    /// It stays first of its key until then.
    Again(Millis),
}

/// The schedule.
#[derive(Debug, Default)]
pub(super) struct Board {
    connections: BTreeMap<String, Line>,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Line {
    keys: HashMap<String, VecDeque<(String, Millis)>>,
    /// Heads of keys that nothing holds back, by time and age.
    heads: BTreeSet<(Millis, String, String)>,
    running: usize,
    parallel: usize,
    paused: bool,
    gate: Gate,
}

/// Whether a connection's jobs may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Gate {
    failures: u32,
    /// While the system is away: when one job may try.
    probe_at: Option<Millis>,
}

impl Board {
    /// How many jobs of a connection may run at a time; 0 holds them all.
    pub(super) fn set_parallel(&mut self, connection: &str, parallel: usize) {
        let line = self.connections.entry(connection.to_owned()).or_default();
        line.parallel = parallel;
    }

    /// Holds a connection's jobs, or lets them go on.
    pub(super) fn set_paused(&mut self, connection: &str, paused: bool) {
        self.connections.entry(connection.to_owned()).or_default().paused = paused;
    }

    /// Jobs that wait, with those that run.
    #[must_use]
    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Jobs of one connection that wait or run.
    #[must_use]
    pub(super) fn waiting_for(&self, connection: &str) -> usize {
        self.connections.get(connection).map_or(0, |line| line.keys.values().map(VecDeque::len).sum())
    }

    /// When a connection whose system is away is tried again.
    #[must_use]
    pub(super) fn probe_at(&self, connection: &str) -> Option<Millis> {
        self.connections.get(connection).and_then(|line| line.gate.probe_at)
    }

    /// Puts a job at the end of its key's line.
    pub(super) fn insert(&mut self, place: Place) {
        let line = self.connections.entry(place.connection).or_default();
        let queue = line.keys.entry(place.order_key.clone()).or_default();
        if queue.is_empty() {
            line.heads.insert((place.not_before, place.id.clone(), place.order_key));
        }
        queue.push_back((place.id, place.not_before));
        self.waiting += 1;
    }

    /// Takes a job out that a person decided about; false when it runs or is not here.
    pub(super) fn remove(&mut self, connection: &str, order_key: &str, id: &str) -> bool {
        let Some(line) = self.connections.get_mut(connection) else { return false };
        let Some(queue) = line.keys.get_mut(order_key) else { return false };
        let Some(at) = queue.iter().position(|(other, _)| other == id) else { return false };
        let Some((_, not_before)) = queue.get(at).cloned() else { return false };
        if at == 0 && !line.heads.remove(&(not_before, id.to_owned(), order_key.to_owned())) {
            return false;
        }
        queue.remove(at);
        if at == 0 {
            line.promote(order_key);
        }
        self.waiting -= 1;
        true
    }

    /// The next job whose turn it is, marked as running.
    pub(super) fn take(&mut self, now: Millis) -> Option<Place> {
        self.connections.iter_mut().find_map(|(connection, line)| {
            let (id, order_key) = line.take(now)?;
            Some(Place { id, connection: connection.clone(), order_key, not_before: now })
        })
    }

    /// When [`Board::take`] should be asked again although nothing else happens.
    #[must_use]
    pub(super) fn next_time(&self) -> Option<Millis> {
        self.connections.values().filter_map(Line::next_time).min()
    }

    /// Takes in how a turn ended and what it says about the system.
    pub(super) fn ended(&mut self, place: &Place, after: After, weather: Weather, now: Millis) {
        let Some(line) = self.connections.get_mut(&place.connection) else { return };
        line.running = line.running.saturating_sub(1);
        line.gate.learn(weather, now);
        match after {
            After::Gone => {
                if let Some(queue) = line.keys.get_mut(&place.order_key) {
                    queue.pop_front();
                    self.waiting -= 1;
                }
                line.promote(&place.order_key);
            }
            After::Again(not_before) => {
                if let Some(head) = line.keys.get_mut(&place.order_key).and_then(VecDeque::front_mut) {
                    head.1 = not_before;
                    line.heads.insert((not_before, place.id.clone(), place.order_key.clone()));
                }
            }
        }
    }
}

impl Line {
    fn take(&mut self, now: Millis) -> Option<(String, String)> {
        let allowed = match self.gate.probe_at {
            Some(at) => usize::from(at <= now),
            None => self.parallel,
        };
        if self.paused || self.running >= allowed.min(self.parallel) {
            return None;
        }
        let first = self.heads.first().filter(|(not_before, _, _)| *not_before <= now)?.clone();
        self.heads.remove(&first);
        self.running += 1;
        let (_, id, order_key) = first;
        Some((id, order_key))
    }

    fn next_time(&self) -> Option<Millis> {
        if self.paused || self.running >= self.parallel {
            return None;
        }
        let (not_before, _, _) = self.heads.first()?;
        Some((*not_before).max(self.gate.probe_at.unwrap_or(0)))
    }

    fn promote(&mut self, order_key: &str) {
        match self.keys.get(order_key).and_then(VecDeque::front) {
            Some((id, not_before)) => {
                self.heads.insert((*not_before, id.clone(), order_key.to_owned()));
            }
            None => {
                self.keys.remove(order_key);
            }
        }
    }
}

impl Gate {
    fn learn(&mut self, weather: Weather, now: Millis) {
        match weather {
            Weather::Clear => *self = Self::default(),
            Weather::Away(wait) => {
                self.failures = self.failures.saturating_add(1);
                let doubled = limits::PROBE_FIRST.saturating_mul(1 << (self.failures - 1).min(8));
                let wait = wait.unwrap_or(doubled).min(limits::PROBE_LONGEST).max(Duration::from_millis(1));
                self.probe_at = Some(now.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)));
            }
            Weather::Same => {}
        }
    }
}
