//! The idle sockets of one connection. A socket is reused only for the origin it was dialled for, so the address
//! that was checked stays the address that is used.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::origin::Origin;
use super::socket::Socket;
use crate::limits;
use crate::seam;

/// Idle sockets, the youngest last.
#[derive(Clone)]
pub(super) struct Pool(Arc<Inner>);

struct Inner {
    idle: Mutex<VecDeque<Box<Socket>>>,
    busy: Semaphore,
    sockets_max: usize,
    reaping: AtomicBool,
}

impl Pool {
    /// A pool that never has more than `sockets_max` sockets open, idle ones included.
    pub(super) fn new(sockets_max: usize) -> Self {
        let sockets_max = sockets_max.clamp(1, limits::SOCKETS_PER_CONNECTION_MAX);
        Self(Arc::new(Inner {
            idle: Mutex::default(),
            busy: Semaphore::new(sockets_max),
            sockets_max,
            reaping: AtomicBool::new(false),
        }))
    }

    /// Waits for the right to use one socket. `None` never comes: the semaphore is not closed.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.0.busy.acquire().await.ok()
    }

    /// An idle socket to `origin` that the other side has not closed.
    pub(super) async fn take(&self, origin: &Arc<Origin>) -> Option<Box<Socket>> {
        loop {
            let mut socket = self.0.pop(origin)?;
            if socket.idle_since.elapsed() < limits::IDLE_SOCKET_TIMEOUT && socket.is_usable().await {
                return Some(socket);
            }
        }
    }

    /// Makes room for one more socket; the caller holds a permit and has none yet.
    pub(super) fn make_room(&self) {
        let busy = self.0.sockets_max.saturating_sub(self.0.busy.available_permits());
        let mut idle = self.0.idle.lock();
        while idle.len() + busy > self.0.sockets_max && idle.pop_front().is_some() {}
    }

    /// Keeps a socket for the next exchange. To be called before its permit is given back, so that it is never
    /// counted too little.
    pub(super) fn give(&self, mut socket: Box<Socket>) {
        socket.idle_since = seam::stopwatch();
        {
            let mut idle = self.0.idle.lock();
            idle.push_back(socket);
            if idle.len() > limits::IDLE_SOCKETS_PER_CONNECTION_MAX {
                idle.pop_front();
            }
        }
        if !self.0.reaping.load(Ordering::Relaxed) && !self.0.reaping.swap(true, Ordering::Relaxed) {
            seam::spawn(reap(Arc::downgrade(&self.0)));
        }
    }

    /// How many sockets are idle.
    pub(super) fn idle(&self) -> usize {
        self.0.idle.lock().len()
    }
}

impl Inner {
    fn pop(&self, origin: &Arc<Origin>) -> Option<Box<Socket>> {
        let mut idle = self.idle.lock();
        let same = |own: &Arc<Origin>| Arc::ptr_eq(own, origin) || **own == **origin;
        let at = idle.iter().rposition(|socket| same(&socket.origin))?;
        idle.remove(at)
    }
}

/// Closes sockets that were idle too long; ends when none is left or the pool is gone.
async fn reap(pool: Weak<Inner>) {
    const ROUND: Duration = Duration::from_secs(5);
    loop {
        seam::Clock::system().sleep(ROUND).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut idle = pool.idle.lock();
        while idle.front().is_some_and(|socket| socket.idle_since.elapsed() >= limits::IDLE_SOCKET_TIMEOUT) {
            idle.pop_front();
        }
        if idle.is_empty() {
            pool.reaping.store(false, Ordering::Relaxed);
            return;
        }
    }
}
