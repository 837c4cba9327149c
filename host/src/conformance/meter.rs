//! What stands between a sandbox and its way out: it counts requests, tells the server which is which, and measures
//! how long the system was waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;

use super::stage::POSITION;
use crate::commerce::lane::Lane;
use crate::egress::{Outlet, Request, Response, SendError};
use crate::limits;
use crate::plugin::Exchange;
use crate::seam;

/// The way out of one step.
pub(super) struct Meter {
    outlet: Arc<Outlet>,
    sent: AtomicU32,
    waited_us: AtomicU64,
    /// The request whose answer will be slow: it is waited for only a moment, so that a test does not last.
    slow: Option<u32>,
}

impl Meter {
    pub(super) fn new(outlet: Arc<Outlet>, slow: Option<u32>) -> Self {
        Self { outlet, sent: AtomicU32::new(0), waited_us: AtomicU64::new(0), slow }
    }

    /// Requests made.
    pub(super) fn sent(&self) -> u32 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How long the system was waited for.
    pub(super) fn waited(&self) -> Duration {
        Duration::from_micros(self.waited_us.load(Ordering::Relaxed))
    }

    fn mark(&self, requests: &mut [Request]) -> bool {
        let mut slow = false;
        for request in requests {
            let position = self.sent.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            slow |= self.slow == Some(position);
            request.headers.push((POSITION.to_owned(), position.to_string()));
        }
        slow
    }
}

impl Exchange for Meter {
    fn send_all(
        &self,
        mut requests: Vec<Request>,
        time: Duration,
        parallel: usize,
        lane: Lane,
    ) -> BoxFuture<'_, Vec<Result<Response, SendError>>> {
        let time = if self.mark(&mut requests) { time.min(limits::KIT_SLOW_TIME) } else { time };
        Box::pin(async move {
            let watch = seam::stopwatch();
            let answers = Outlet::send_all(&self.outlet, requests, time, parallel, lane).await;
            let waited = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.waited_us.fetch_add(waited, Ordering::Relaxed);
            answers
        })
    }
}
