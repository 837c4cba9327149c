//! What one call carries: its connection, what it may still spend, what it did.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::HasData;
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};

use super::import::wasi::Wasi;
use super::link::Link;
use super::recording::Tape;
use super::share::{Memory, Place, Share, Turn, Turns};
use crate::commerce::lane::Lane;
use crate::egress::Held;
use crate::limits;
use crate::seam::{self, Stopwatch};

/// The data of one sandbox.
pub(crate) struct Guest {
    pub(super) link: Arc<Link>,
    pub(super) call_id: Arc<str>,
    pub(super) lane: Lane,
    pub(super) report: Report,
    /// Kept to explain an error; the operator's log has them all.
    pub(super) last_lines: VecDeque<String>,
    /// Where the call is recorded or replayed.
    pub(super) tape: Option<Box<Tape>>,
    /// What it may do through WASI: made when it first asks, since a connector in Rust never does.
    pub(super) wasi: Option<Box<Wasi>>,
    started: Stopwatch,
    time: Duration,
    busy_ticks: u32,
    /// It waited for the host through the current tick, which is no computing.
    excused: bool,
    turns: Turns,
    turn: Turn,
    memory: Memory,
    /// Room that the answers take which it was handed last.
    pub(super) held: Option<Held>,
}

/// What a call did to the outside, as the host saw it. The host's word stands above the connector's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests made.
    pub requests: u32,
    /// A request other than GET or HEAD may have left.
    pub write_left: bool,
    /// Such a request has no whole answer, so what it did is unknown.
    pub write_unanswered: bool,
    /// Log lines written, with those that were dropped.
    pub log_lines: u32,
    /// Most linear memory it had, in bytes.
    pub memory_peak: usize,
}

impl HasData for Guest {
    type Data<'a> = &'a mut Self;
}

impl Guest {
    pub(super) fn new(link: Arc<Link>, call_id: Arc<str>, lane: Lane, time: Duration, share: &Share) -> Self {
        Self {
            link,
            call_id,
            lane,
            report: Report::default(),
            last_lines: VecDeque::new(),
            tape: None,
            wasi: None,
            started: seam::stopwatch(),
            time,
            busy_ticks: 0,
            excused: false,
            turns: share.turns.clone(),
            turn: Turn::default(),
            memory: share.memory(),
            held: None,
        }
    }

    /// The same with a recording to make or to play.
    pub(super) fn taped(self, tape: Option<Box<Tape>>) -> Self {
        Self { tape, ..self }
    }

    /// Time left until the call's deadline.
    pub(super) fn time_left(&self) -> Duration {
        self.time.saturating_sub(self.started.elapsed())
    }

    /// Waits for something outside. Others may compute meanwhile, and a wait through a whole tick is not counted as one.
    pub(super) async fn waiting<T>(&mut self, work: impl Future<Output = T>) -> T {
        self.turn.end();
        let watch = seam::stopwatch();
        let done = work.await;
        self.excused |= watch.elapsed() >= limits::EPOCH_TICK;
        done
    }

    /// Looks at a guest that computed through a tick.
    fn tick(&mut self) -> Result<UpdateDeadline, Ended> {
        if !std::mem::take(&mut self.excused) {
            self.busy_ticks += 1;
        }
        if self.busy_ticks > limits::GUEST_BUSY_TICKS_MAX {
            return Err(Ended::Busy);
        }
        if self.time_left().is_zero() {
            return Err(Ended::Deadline);
        }
        if self.busy_ticks <= limits::GUEST_LIGHT_TICKS {
            return Ok(UpdateDeadline::Yield(1));
        }
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(self.turns.next(&self.turn))))
    }

    /// A store with every limit armed.
    pub(super) fn into_store(self, engine: &wasmtime::Engine) -> Store<Self> {
        let mut store = Store::new(engine, self);
        store.limiter(|guest| guest);
        store.set_hostcall_fuel(limits::HOST_CALL_BYTES_MAX);
        store.set_max_component_handles(limits::GUEST_HANDLES_MAX);
        store.set_epoch_deadline(1);
        // A guest that computes through a tick gives way to other calls; one that does it more often waits for its turn
        // each time; one that does it too often, or past its deadline, is ended.
        store.epoch_deadline_callback(|mut context| context.data_mut().tick().map_err(wasmtime::Error::new));
        store
    }
}

/// Ends a sandbox and gives its place to the next call. One that had much memory is ended beside the calls that run.
pub(super) fn take_down(store: Store<Guest>, place: Place) {
    let small = store.data().report.memory_peak <= limits::TAKEN_DOWN_BESIDE_BYTES;
    // In this order: there are as many places as the pool has sandboxes.
    let work = move || {
        drop(store);
        drop(place);
    };
    if small {
        work();
    } else {
        drop(seam::spawn_blocking(work));
    }
}

/// Why the host ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Ended {
    #[error("it computed for too long without an answer")]
    Busy,
    #[error("its time was over")]
    Deadline,
    #[error("it wanted more memory than a call, or all calls of its connector, may have")]
    Memory,
    #[error("it wanted a larger table than a call may have")]
    Table,
}

impl ResourceLimiter for Guest {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let grown = desired.saturating_sub(current);
        if !self.memory.grow(grown) {
            // An error instead of a refusal: the guest would turn a refusal into a panic that hides the reason.
            return Err(wasmtime::Error::new(Ended::Memory));
        }
        self.report.memory_peak = self.memory.bytes;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > limits::GUEST_TABLE_ELEMENTS_MAX {
            return Err(wasmtime::Error::new(Ended::Table));
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        limits::GUEST_CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        limits::GUEST_TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        limits::GUEST_MEMORIES_MAX as usize
    }
}
