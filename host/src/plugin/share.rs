//! What the calls of one connector share, so that together they cannot take the machine: sandboxes, memory, cores.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::Component;

use crate::limits;

/// The share of one version of a connector.
pub(super) struct Share {
    /// Sandboxes of the whole host.
    slots: Arc<Semaphore>,
    own: Arc<Semaphore>,
    /// Places that one call takes: the pool holds as many memories as calls may run.
    places: u32,
    pub(super) turns: Turns,
    memory: Arc<AtomicUsize>,
}

/// The right to have a sandbox.
pub(super) struct Place {
    _own: OwnedSemaphorePermit,
    _slots: OwnedSemaphorePermit,
}

impl Share {
    pub(super) fn new(slots: Arc<Semaphore>, turns: Turns, component: &Component) -> Self {
        // A component that brings its modules along at run time does not say what it needs; nothing builds such a one.
        let memories = component.resources_required().map_or(limits::GUEST_MEMORIES_MAX, |needs| needs.num_memories);
        let own = Arc::new(Semaphore::new(limits::CALLS_PER_CONNECTOR_MAX as usize));
        Self { slots, own, places: memories.max(1), turns, memory: Arc::default() }
    }

    /// Waits for a sandbox. `None` never comes: the semaphores are not closed.
    pub(super) async fn place(&self) -> Option<Place> {
        let own = Arc::clone(&self.own).acquire_many_owned(self.places).await.ok()?;
        let slots = Arc::clone(&self.slots).acquire_many_owned(self.places).await.ok()?;
        Some(Place { _own: own, _slots: slots })
    }

    pub(super) fn memory(&self) -> Memory {
        Memory { all: Arc::clone(&self.memory), bytes: 0 }
    }
}

/// Linear memory of one call, counted with that of the connector's other calls.
#[derive(Debug)]
pub(super) struct Memory {
    all: Arc<AtomicUsize>,
    pub(super) bytes: usize,
}

impl Memory {
    /// Takes more; `false` when the call or the connector has as much as it may.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        if self.bytes.saturating_add(bytes) > limits::GUEST_MEMORY_BYTES_MAX {
            return false;
        }
        let fits = |all: usize| all.checked_add(bytes).filter(|all| *all <= limits::CONNECTOR_MEMORY_BYTES_MAX);
        let taken = self.all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        if taken {
            self.bytes += bytes;
        }
        taken
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Turns to compute, for calls of all connectors that compute for long. There are fewer of them than cores.
#[derive(Clone, Debug)]
pub(super) struct Turns(Arc<Semaphore>);

/// One call's turn, while it has one.
#[derive(Clone, Debug, Default)]
pub(super) struct Turn(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Turns {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let free = (cores / limits::CORES_PER_FREE_CORE).max(1);
        Self(Arc::new(Semaphore::new(cores.saturating_sub(free).max(1))))
    }

    /// Gives the turn to whoever waits longest, and waits for the next one.
    pub(super) fn next(&self, turn: &Turn) -> impl Future<Output = ()> + Send + 'static {
        turn.end();
        let (turns, turn) = (Arc::clone(&self.0), turn.clone());
        async move {
            tokio::task::yield_now().await;
            *turn.0.lock() = turns.acquire_owned().await.ok();
        }
    }
}

impl Turn {
    pub(super) fn end(&self) {
        drop(self.0.lock().take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_one_connector_share_their_memory() {
        let all = Arc::new(AtomicUsize::new(0));
        let one = || Memory { all: Arc::clone(&all), bytes: 0 };
        let mut calls: Vec<Memory> = Vec::new();
        let most = limits::CONNECTOR_MEMORY_BYTES_MAX / limits::GUEST_MEMORY_BYTES_MAX;
        for _ in 0..most {
            let mut memory = one();
            assert!(memory.grow(limits::GUEST_MEMORY_BYTES_MAX) && !memory.grow(1));
            calls.push(memory);
        }
        let mut late = one();
        assert!(!late.grow(1), "the connector has all it may have");
        calls.pop();
        assert!(late.grow(1));
        drop((calls, late));
        assert_eq!(all.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn turns_go_round() {
        let turns = Turns(Arc::new(Semaphore::new(1)));
        let (a, b) = (Turn::default(), Turn::default());
        turns.next(&a).await;
        let waiting = turns.next(&b);
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending() && futures::poll!(&mut waiting).is_pending());
        let again = turns.next(&a);
        waiting.await;
        tokio::pin!(again);
        assert!(futures::poll!(&mut again).is_pending() && futures::poll!(&mut again).is_pending());
        b.end();
        again.await;
    }
}
