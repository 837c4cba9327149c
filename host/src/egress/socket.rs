//! One HTTP/1.1 socket, driven by the task that uses it: no background task, no wake-up from one task to another.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::response::Parts;
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;

use super::dial::Stream;
use super::origin::Origin;
use super::room::Held;
use super::{SendError, SendErrorKind, Sent};
use crate::limits;
use crate::seam::{self, Stopwatch};

/// Room that is made at once for a body of several pieces.
const ANNOUNCED_BYTES_BELIEVED: usize = 1 << 20;

/// A request as it goes onto the wire.
pub(super) type Outgoing = http::Request<Full<Bytes>>;

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: Parts,
    pub(super) body: Bytes,
    /// The room that the body takes.
    pub(super) held: Held,
}

/// A socket that is open, idle or busy.
pub(super) struct Socket {
    pub(super) origin: Arc<Origin>,
    pub(super) idle_since: Stopwatch,
    sender: SendRequest<Full<Bytes>>,
    /// `None` once the other side has closed.
    connection: Option<Connection<TokioIo<Stream>, Full<Bytes>>>,
}

/// How an exchange failed, with the request when it is certain that none of it was written.
pub(super) struct Failure {
    pub(super) error: SendError,
    pub(super) unsent: Option<Outgoing>,
}

impl Socket {
    pub(super) async fn open(origin: Arc<Origin>, stream: Stream) -> Result<Box<Self>, SendError> {
        let (sender, connection) =
            Builder::new().max_header_size(limits::HEADER_BYTES_MAX).handshake(TokioIo::new(stream)).await.map_err(
                |error| SendError::new(SendErrorKind::Connect, Sent::No, "open the HTTP connection").because(&error),
            )?;
        Ok(Box::new(Self { origin, idle_since: seam::stopwatch(), sender, connection: Some(connection) }))
    }

    /// Looks whether the other side has closed the idle socket, without waiting.
    pub(super) async fn is_usable(&mut self) -> bool {
        std::future::poll_fn(|cx| {
            self.turn(cx);
            Poll::Ready(self.is_ready())
        })
        .await
    }

    /// Whether another request may be sent now.
    pub(super) fn is_ready(&self) -> bool {
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Sends one request and reads the whole answer.
    pub(super) async fn exchange(&mut self, request: Outgoing, mut held: Held) -> Result<Answer, Box<Failure>> {
        let sending = self.sender.try_send_request(request);
        let mut work = pin!(async move {
            let response = sending.await.map_err(|mut error| {
                let unsent = error.take_message();
                Box::new(Failure { error: broken(error.error(), unsent.is_some()), unsent })
            })?;
            let (head, body) = response.into_parts();
            let body = collect(body, &mut held).await.map_err(|error| Box::new(Failure { error, unsent: None }))?;
            Ok(Answer { head, body, held })
        });
        let connection = &mut self.connection;
        std::future::poll_fn(move |cx| {
            // Once before the connection's turn to hand the request over, once after it to pick up what it read.
            let mut done = work.as_mut().poll(cx);
            advance(connection, cx);
            if done.is_pending() {
                done = work.as_mut().poll(cx);
                if done.is_ready() {
                    // The connection needs this turn to notice that the exchange is over.
                    advance(connection, cx);
                }
            }
            done
        })
        .await
    }

    fn turn(&mut self, cx: &mut Context<'_>) {
        advance(&mut self.connection, cx);
    }
}

fn advance(connection: &mut Option<Connection<TokioIo<Stream>, Full<Bytes>>>, cx: &mut Context<'_>) {
    if connection.as_mut().is_some_and(|open| Pin::new(open).poll(cx).is_ready()) {
        // Dropping it answers whoever still waits for something from it.
        *connection = None;
    }
}

/// Reads a body up to [`limits::RESPONSE_BODY_BYTES_MAX`], as far as there is room; a body of one piece is not copied.
async fn collect(mut body: Incoming, held: &mut Held) -> Result<Bytes, SendError> {
    let announced = body.size_hint().lower();
    if announced > limits::RESPONSE_BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| broken(&error, false))?.into_data() else {
            continue;
        };
        if first.len() + whole.len() + data.len() > limits::RESPONSE_BODY_BYTES_MAX {
            return Err(too_large());
        }
        if !held.grow(data.len()) {
            return Err(no_room());
        }
        if first.is_empty() && whole.is_empty() {
            first = data;
        } else {
            if whole.is_empty() {
                // Not as much as is announced, which costs a liar nothing: what has come says what may come.
                let announced = usize::try_from(announced).unwrap_or_default();
                whole.reserve(announced.min(ANNOUNCED_BYTES_BELIEVED).max(first.len() + data.len()));
                whole.extend_from_slice(&std::mem::take(&mut first));
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

fn no_room() -> SendError {
    let message = format!(
        "read the answer: the connection's answers in memory have over {} bytes",
        limits::ANSWERS_HELD_BYTES_MAX
    );
    SendError::new(SendErrorKind::Limit, Sent::Maybe, message)
}

fn too_large() -> SendError {
    let message = format!("read the answer: it has over {} bytes", limits::RESPONSE_BODY_BYTES_MAX);
    SendError::new(SendErrorKind::Limit, Sent::Maybe, message)
}

fn broken(error: &hyper::Error, unsent: bool) -> SendError {
    let sent = if unsent { Sent::No } else { Sent::Maybe };
    if error.is_parse_too_large() {
        return SendError::new(SendErrorKind::Limit, sent, "read the answer: its header section is too large");
    }
    let message = if error.is_parse() {
        "read the answer: it is not proper HTTP"
    } else if error.is_incomplete_message() {
        "read the answer: the connection closed before it was whole"
    } else {
        "exchange messages: the connection broke"
    };
    SendError::new(SendErrorKind::Broken, sent, message).because(error)
}
