//! Requests of a connector, handed to egress; what left and what was answered is noted for the host's own judgement.

use bytes::Bytes;

use super::super::bindings::apiconnect::connector::http::{
    Failure, FailureKind, Header, Host, Method, Request, Response,
};
use super::super::guest::Guest;
use super::super::recording::Question;
use crate::egress::{self, SendError, SendErrorKind, Sent};
use crate::limits;

impl Host for Guest {
    async fn send(&mut self, request: Request) -> Result<Response, Failure> {
        self.send_all(vec![request]).await.pop().unwrap_or_else(|| Err(refused("send nothing".to_owned())))
    }

    async fn send_all(&mut self, requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
        let count = u32::try_from(requests.len()).unwrap_or(u32::MAX);
        let made = self.report.requests.saturating_add(count);
        if made > limits::REQUESTS_PER_CALL_MAX {
            let most = limits::REQUESTS_PER_CALL_MAX;
            return requests.iter().map(|_| Err(limit(format!("send it: a call may make {most} requests")))).collect();
        }
        self.report.requests = made;
        let writes: Vec<bool> = requests.iter().map(|r| !matches!(r.method, Method::Get | Method::Head)).collect();
        // Assumed until the answers are in: a call that is dropped meanwhile leaves this standing.
        let before = self.report;
        if writes.contains(&true) {
            self.report.write_left = true;
            self.report.write_unanswered = true;
        }
        self.held = None;
        let answers = answered!(self, Question::send(&requests), self.exchanged(requests).await);
        let answers = self.take_in(answers);
        self.report = before;
        for (write, answer) in writes.iter().zip(&answers) {
            let left = answer.as_ref().err().is_none_or(|failure| failure.maybe_sent);
            self.report.write_left |= *write && left;
            self.report.write_unanswered |= *write && left && !is_answer(answer);
        }
        answers
    }
}

impl Guest {
    // By `&mut`: what WASI holds for a call may move between threads, but not be seen by two at a time.
    async fn exchanged(&mut self, requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
        let (slots, requests) = convert(requests);
        let exchange = std::sync::Arc::clone(&self.link.exchange);
        let (time, parallel, lane) = (self.time_left(), self.link.parallel, self.lane);
        let answers = self.waiting(exchange.send_all(requests, time, parallel, lane)).await;
        merge(slots, answers)
    }

    /// Answers are copied into the guest after this. Until the guest asks for something else, or ends, they count: it may
    /// take its time over the copying.
    fn take_in(&mut self, answers: Vec<Result<Response, Failure>>) -> Vec<Result<Response, Failure>> {
        let mut held = self.link.room.hold();
        let kept = |answer: Result<Response, Failure>| {
            let answer = answer?;
            if held.grow(answer.body.len()) {
                return Ok(answer);
            }
            let most = limits::ANSWERS_HELD_BYTES_MAX;
            let message = format!("take the answer in: the connection's calls hold answers of over {most} bytes");
            Err(Failure { kind: FailureKind::Limit, maybe_sent: true, message })
        };
        let answers = answers.into_iter().map(kept).collect();
        self.held = Some(held);
        answers
    }
}

/// Whether the system itself answered. A gateway that lost the system on the way says so with 502 or 504, and what the
/// system did by then is as unknown as after a cut (RFC 9110 §15.6.3 and §15.6.5).
fn is_answer(answer: &Result<Response, Failure>) -> bool {
    answer.as_ref().is_ok_and(|response| !matches!(response.status, 502 | 504))
}

type Slot = Option<Failure>;

/// Turns the contract's requests into egress requests; a slot holds the refusal of one that is no HTTP.
fn convert(requests: Vec<Request>) -> (Vec<Slot>, Vec<egress::Request>) {
    let mut slots = Vec::with_capacity(requests.len());
    let mut converted = Vec::with_capacity(requests.len());
    for request in requests {
        match method(request.method) {
            Ok(method) => {
                slots.push(None);
                converted.push(egress::Request {
                    method,
                    target: request.target,
                    headers: request.headers.into_iter().map(|h| (h.name, h.value)).collect(),
                    body: Bytes::from(request.body),
                    secrets_in_body: request.secrets_in_body,
                });
            }
            Err(failure) => slots.push(Some(failure)),
        }
    }
    (slots, converted)
}

fn method(method: Method) -> Result<http::Method, Failure> {
    Ok(match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
        Method::Other(name) if name.len() > limits::METHOD_BYTES_MAX => {
            return Err(refused(format!("use an HTTP method of over {} bytes", limits::METHOD_BYTES_MAX)));
        }
        Method::Other(name) => {
            http::Method::from_bytes(name.as_bytes()).map_err(|_| refused(format!("use `{name}` as an HTTP method")))?
        }
    })
}

fn merge(slots: Vec<Slot>, answers: Vec<Result<egress::Response, SendError>>) -> Vec<Result<Response, Failure>> {
    let mut answers = answers.into_iter();
    slots
        .into_iter()
        .map(|slot| match slot {
            Some(failure) => Err(failure),
            None => match answers.next() {
                Some(Ok(response)) => Ok(Response {
                    status: response.status,
                    headers: response.headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
                    body: Vec::from(response.body),
                }),
                Some(Err(error)) => Err(failure(error)),
                None => Err(refused("send it".to_owned())),
            },
        })
        .collect()
}

fn failure(error: SendError) -> Failure {
    let kind = match error.kind {
        SendErrorKind::Refused => FailureKind::Refused,
        SendErrorKind::Connect => FailureKind::Connect,
        SendErrorKind::Unauthorized => FailureKind::Unauthorized,
        SendErrorKind::Timeout => FailureKind::Timeout,
        SendErrorKind::Limit => FailureKind::Limit,
        SendErrorKind::Broken => FailureKind::Broken,
        SendErrorKind::Held => FailureKind::CircuitOpen,
    };
    Failure { kind, maybe_sent: error.sent == Sent::Maybe, message: error.message }
}

fn refused(what: String) -> Failure {
    Failure { kind: FailureKind::Refused, maybe_sent: false, message: what }
}

fn limit(what: String) -> Failure {
    Failure { kind: FailureKind::Limit, maybe_sent: false, message: what }
}
