//! One exchange within its time: a pooled or new socket, the request out, the whole answer in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use super::dial::Dialer;
use super::origin::Origin;
use super::pool::Pool;
use super::room::Room;
use super::socket::{Answer, Outgoing, Socket};
use super::{SendError, SendErrorKind, Sent};
use crate::limits;
use crate::seam;

/// How far an exchange has come: until it is written, nothing has left.
const WAITING: u8 = 0;
const CONNECTING: u8 = 1;
const WRITTEN: u8 = 2;

/// The sockets of one connection and how to open more.
pub(super) struct Client {
    pub(super) dialer: Dialer,
    pub(super) pool: Pool,
    /// For the answers that are read or wait to be handed over.
    pub(super) room: Room,
}

impl Client {
    /// Sends `request` and reads the answer within `time` and [`limits::EXCHANGE_TIMEOUT`]. Redirects are answers
    /// like any other.
    pub(super) async fn exchange(
        &self,
        origin: &Arc<Origin>,
        request: Outgoing,
        time: Duration,
    ) -> Result<Answer, SendError> {
        let stage = AtomicU8::new(WAITING);
        let work = self.run(origin, request, &stage);
        if let Some(result) = seam::within(time.min(limits::EXCHANGE_TIMEOUT), work).await {
            return result;
        }
        let (kind, sent, message) = match stage.load(Ordering::Relaxed) {
            // All sockets are busy: that is the host's own limit and says nothing about the other side.
            WAITING => (SendErrorKind::Held, Sent::No, format!("send to {origin}: no socket was free in time")),
            CONNECTING => (SendErrorKind::Timeout, Sent::No, format!("connect to {origin}: the time is over")),
            _ => (SendErrorKind::Timeout, Sent::Maybe, format!("wait for the answer of {origin}: the time is over")),
        };
        Err(SendError::new(kind, sent, message))
    }

    /// A reused socket may turn out to be closed. The request goes out again only when hyper hands it back, which
    /// it does when no byte of it was written; so even an order is never sent twice.
    async fn run(&self, origin: &Arc<Origin>, mut request: Outgoing, stage: &AtomicU8) -> Result<Answer, SendError> {
        let _permit = self.pool.permit().await;
        loop {
            stage.store(CONNECTING, Ordering::Relaxed);
            let (mut socket, reused) = match self.pool.take(origin).await {
                Some(socket) => (socket, true),
                // Boxed: it is rare, and its state is larger than all the rest.
                None => (Box::pin(self.open(origin)).await?, false),
            };
            stage.store(WRITTEN, Ordering::Relaxed);
            match socket.exchange(request, self.room.hold()).await {
                Ok(answer) => {
                    if socket.is_ready() {
                        self.pool.give(socket);
                    }
                    return Ok(answer);
                }
                Err(failure) => match failure.unsent {
                    Some(unsent) if reused => request = unsent,
                    _ => return Err(failure.error),
                },
            }
        }
    }

    async fn open(&self, origin: &Arc<Origin>) -> Result<Box<Socket>, SendError> {
        self.pool.make_room();
        let stream = self.dialer.dial(origin).await?;
        Socket::open(Arc::clone(origin), stream).await
    }
}
