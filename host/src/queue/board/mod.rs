//! Whose turn it is: the schedule in memory, rebuilt from the store at start. Plain data, no I/O.
//!
//! A connection has a `track` a lane. Jobs of a lane with the same order key stand in one line. A connection whose
//! system is away is held as a whole by its `gate`: when its time comes one job goes first, and the others follow only
//! when that one found the system there.

mod gate;
#[cfg(test)]
mod tests;
mod track;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::id::JobId;
use super::machine::Weather;
use super::policy::Terms;
use crate::commerce::lane::Lane;
use crate::limits;
use crate::seam::Millis;
use gate::Gate;
use track::Track;

/// A job's place: what the schedule has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) id: JobId,
    pub(super) connection: Arc<str>,
    pub(super) lane: Lane,
    /// Jobs of the lane with the same key go one after the other.
    pub(super) order_key: Arc<str>,
    /// 0 goes first.
    pub(super) priority: u8,
    /// The job is for a later time and holds nobody up until then; 0 when it is not.
    pub(super) not_before: Millis,
    /// The job was tried and stays first of its key until then; 0 when it may go.
    pub(super) at: Millis,
}

/// What becomes of a place after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The job leaves the schedule.
    Gone,
    /// It stays first of its key until then.
    Again(Millis),
}

/// How full a lane of a connection is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Load {
    /// Jobs that wait or are on their way.
    pub waiting: usize,
    /// Calls on their way.
    pub running: usize,
    /// Calls that may be on their way at a time.
    pub parallel: usize,
}

/// The schedule.
#[derive(Debug)]
pub(super) struct Board {
    lines: BTreeMap<Arc<str>, Line>,
    /// Calls on their way, and how many may be, by lane and over all connections.
    running: [usize; 3],
    parallel: [usize; 3],
    /// The connection that had the last turn of each lane, so that each has its turn.
    last: [Option<Arc<str>>; 3],
    waiting: usize,
    /// Connections whose system is away; while there are none, nobody needs to look for them.
    away: usize,
}

#[derive(Debug, Default)]
struct Line {
    tracks: [Track; 3],
    waiting: [usize; 3],
    paused: bool,
    gate: Gate,
}

/// A lane's place in the arrays here; `live` has no jobs.
const fn index(lane: Lane) -> usize {
    match lane {
        Lane::Orders | Lane::Live => 0,
        Lane::Sync => 1,
        Lane::Bulk => 2,
    }
}

impl Default for Board {
    fn default() -> Self {
        Self {
            lines: BTreeMap::new(),
            running: [0; 3],
            parallel: limits::LANES_PARALLEL,
            last: [const { None }; 3],
            waiting: 0,
            away: 0,
        }
    }
}

impl Board {
    /// How many calls of each lane may be on their way over all connections.
    pub(super) fn set_lanes(&mut self, parallel: [usize; 3]) {
        self.parallel = parallel;
    }

    /// What the schedule has to know of a connection.
    pub(super) fn set_terms(&mut self, connection: &str, terms: &Terms) {
        let line = self.line(connection);
        for (track, parallel) in line.tracks.iter_mut().zip(terms.parallel) {
            track.parallel = parallel;
        }
        let [orders, _, bulk] = &mut line.tracks;
        orders.gathering = terms.gathering;
        bulk.gathering = terms.gathering;
    }

    /// Holds a connection's jobs, or lets them go on.
    pub(super) fn set_paused(&mut self, connection: &str, paused: bool) {
        self.line(connection).paused = paused;
    }

    /// Whether a connection's jobs are held by a person.
    pub(super) fn paused(&self, connection: &str) -> bool {
        self.lines.get(connection).is_some_and(|line| line.paused)
    }

    /// Jobs that wait, with those that are on their way.
    #[must_use]
    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// How full the lanes of a connection are.
    #[must_use]
    pub(super) fn load(&self, connection: &str) -> [Load; 3] {
        let Some(line) = self.lines.get(connection) else { return [Load::default(); 3] };
        let mut loads = [Load::default(); 3];
        for ((load, track), waiting) in loads.iter_mut().zip(&line.tracks).zip(line.waiting) {
            *load = Load { waiting, running: track.running, parallel: track.parallel };
        }
        loads
    }

    /// Connections that the schedule knows.
    pub(super) fn connections(&self) -> Vec<Arc<str>> {
        self.lines.keys().cloned().collect()
    }

    /// When a connection whose system is away is tried again.
    #[must_use]
    pub(super) fn probe_at(&self, connection: &str) -> Option<Millis> {
        self.lines.get(connection).and_then(|line| line.gate.probe_at())
    }

    /// A call that was no job found the system there. True when that changes anything.
    pub(super) fn seen_alive(&mut self, connection: &str, now: Millis) -> bool {
        self.away > 0 && self.lines.get_mut(connection).is_some_and(|line| line.gate.seen_alive(now))
    }

    /// Whether any connection's system is away.
    #[cfg(test)]
    pub(super) const fn any_away(&self) -> bool {
        self.away > 0
    }

    /// Puts a job into its line, by age. Says whether that may make somebody's turn come sooner; where everything is
    /// on its way or held already, it does not.
    pub(super) fn insert(&mut self, place: Place, now: Millis) -> bool {
        let lane = index(place.lane);
        self.waiting += 1;
        let line = self.line(&place.connection);
        let (Some(track), Some(waiting)) = (line.tracks.get_mut(lane), line.waiting.get_mut(lane)) else {
            return false;
        };
        *waiting += 1;
        // Others of this track wait for the same probe already.
        let held = line.gate.probe_at().is_some() && track.is_ready();
        track.insert((place.id, place.order_key, place.priority), place.at, place.not_before, now);
        !held && !line.paused && track.running < track.parallel
    }

    /// Takes a job out that a person decided about; false when it is on its way or not here.
    pub(super) fn remove(&mut self, place: &Place, now: Millis) -> bool {
        let lane = index(place.lane);
        let Some(line) = self.lines.get_mut(&place.connection) else { return false };
        let Some(track) = line.tracks.get_mut(lane) else { return false };
        if !track.remove(place.id, &place.order_key, place.priority, place.not_before, now) {
            return false;
        }
        line.left(lane);
        self.waiting -= 1;
        true
    }

    /// The jobs of the next call, marked as on their way. All are of one connection and lane, no two of one key.
    pub(super) fn take(&mut self, now: Millis) -> Option<Vec<Place>> {
        Lane::DURABLE.into_iter().find_map(|lane| self.take_of(lane, now))
    }

    fn take_of(&mut self, lane: Lane, now: Millis) -> Option<Vec<Place>> {
        let at = index(lane);
        if self.running.get(at) >= self.parallel.get(at) {
            return None;
        }
        let last = self.last.get(at).cloned().flatten();
        // From behind the one that had the last turn to the end, then from the beginning.
        let behind = last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let before = last.as_deref().map_or(Bound::Excluded(""), Bound::Included);
        for bounds in [(behind, Bound::Unbounded), (Bound::Unbounded, before)] {
            for (connection, line) in self.lines.range_mut::<str, _>(bounds) {
                let taken = line.take(at, now);
                if taken.is_empty() {
                    continue;
                }
                let connection = Arc::clone(connection);
                let place = |(id, order_key, priority)| Place {
                    id,
                    connection: Arc::clone(&connection),
                    lane,
                    order_key,
                    priority,
                    not_before: 0,
                    at: 0,
                };
                let places = taken.into_iter().map(place).collect();
                if let (Some(last), Some(running)) = (self.last.get_mut(at), self.running.get_mut(at)) {
                    *last = Some(connection);
                    *running += 1;
                }
                return Some(places);
            }
        }
        None
    }

    /// When [`Board::take`] should be asked again although nothing else happens.
    #[must_use]
    pub(super) fn next_time(&self) -> Option<Millis> {
        let free = |lane: usize| self.running.get(lane) < self.parallel.get(lane);
        self.lines
            .values()
            .filter_map(|line| (0..3).filter(|lane| free(*lane)).filter_map(|l| line.next_time(l)).min())
            .min()
    }

    /// A call has ended: its place is free. Its jobs are taken in one by one with [`Board::ended`].
    pub(super) fn released(&mut self, connection: &str, lane: Lane) {
        let at = index(lane);
        if let Some(running) = self.running.get_mut(at) {
            *running = running.saturating_sub(1);
        }
        if let Some(track) = self.lines.get_mut(connection).and_then(|line| line.tracks.get_mut(at)) {
            track.released();
        }
    }

    /// Takes in how a job's turn ended and what it says about the system.
    pub(super) fn ended(&mut self, place: &Place, after: After, weather: Weather, now: Millis) {
        let lane = index(place.lane);
        let Some(line) = self.lines.get_mut(&place.connection) else { return };
        let was_away = line.gate.probe_at().is_some();
        line.gate.learn(weather, now);
        let is_away = line.gate.probe_at().is_some();
        let again = match after {
            After::Gone => None,
            After::Again(at) => Some(at),
        };
        if let Some(track) = line.tracks.get_mut(lane) {
            track.ended(place.id, &place.order_key, place.priority, again, now);
        }
        if again.is_none() {
            line.left(lane);
            self.waiting -= 1;
        }
        self.away = self.away + usize::from(is_away) - usize::from(was_away);
    }

    fn line(&mut self, connection: &str) -> &mut Line {
        if !self.lines.contains_key(connection) {
            self.lines.insert(Arc::from(connection), Line::default());
        }
        self.lines.entry(Arc::from(connection)).or_default()
    }
}

impl Line {
    fn take(&mut self, lane: usize, now: Millis) -> Vec<(JobId, Arc<str>, u8)> {
        let on_their_way: usize = self.tracks.iter().map(|track| track.running).sum();
        if self.paused || !self.gate.allows(now, on_their_way) {
            return Vec::new();
        }
        // One document finds out whether the system is back, not a bundle of them.
        let most = if self.gate.probe_at().is_some() { 1 } else { usize::MAX };
        match self.tracks.get_mut(lane) {
            Some(track) if track.running < track.parallel => track.take(now, most),
            _ => Vec::new(),
        }
    }

    fn next_time(&self, lane: usize) -> Option<Millis> {
        let track = self.tracks.get(lane).filter(|track| track.running < track.parallel)?;
        if self.paused {
            return None;
        }
        let probe_at = self.gate.probe_at();
        if probe_at.is_some() && self.tracks.iter().any(|track| track.running > 0) {
            return None;
        }
        Some(track.next_time()?.max(probe_at.unwrap_or(0)))
    }

    fn left(&mut self, lane: usize) {
        if let Some(waiting) = self.waiting.get_mut(lane) {
            *waiting -= 1;
        }
    }
}
