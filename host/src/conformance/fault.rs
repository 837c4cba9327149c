//! What goes wrong between a connector and its system, and how an answer looks then.

use bytes::Bytes;
use serde_json::{Value, json};

use super::scenario::{Answers, CannedAnswer};
use crate::limits;

/// A fault of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection ends once the request was read and carried out.
    CutAfterSend,
    /// It ends in the middle of the answer's body.
    CutAnswer,
    /// The answer ends in the middle of its body, and its length says that it is whole.
    HalfPage,
    /// The answer comes after the call's time.
    Slow,
    /// A page for people with status 200, as proxies and login pages send it.
    Html,
    /// JSON with other types than the system's.
    WrongTypes,
    /// Status 200 and no body.
    EmptyBody,
    /// The session is over, once.
    ExpiredOnce,
    /// The session is over, and signing in again is no help.
    Expired,
    /// Too many requests, with `Retry-After`.
    TooMany,
    /// The system is away.
    Unavailable,
}

/// All of them, in the order in which a sheet tells them.
pub(super) const FAULTS: [Fault; 11] = [
    Fault::CutAfterSend,
    Fault::CutAnswer,
    Fault::HalfPage,
    Fault::Slow,
    Fault::Html,
    Fault::WrongTypes,
    Fault::EmptyBody,
    Fault::ExpiredOnce,
    Fault::Expired,
    Fault::TooMany,
    Fault::Unavailable,
];

impl Fault {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::CutAfterSend => "cut-after-send",
            Self::CutAnswer => "cut-answer",
            Self::HalfPage => "half-page",
            Self::Slow => "slow",
            Self::Html => "garbage-html",
            Self::WrongTypes => "garbage-types",
            Self::EmptyBody => "garbage-empty",
            Self::ExpiredOnce => "session-expired",
            Self::Expired => "session-refused",
            Self::TooMany => "too-many-requests",
            Self::Unavailable => "unavailable",
        }
    }

    /// Whether the system carries the request out all the same.
    pub(super) const fn is_carried_out(self) -> bool {
        !matches!(self, Self::ExpiredOnce | Self::Expired | Self::TooMany | Self::Unavailable)
    }

    /// Whether no whole answer comes.
    pub(super) const fn loses_the_answer(self) -> bool {
        matches!(self, Self::CutAfterSend | Self::CutAnswer | Self::Slow)
    }
}

/// A fault, and the request it happens to: the first of a step is 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) fault: Fault,
    pub(super) at: u32,
}

/// A whole answer of the system.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

/// What the server does with a request.
#[derive(Debug)]
pub(super) enum Deed {
    /// Answers.
    Answer(Reply),
    /// Answers half, announcing all, and ends the connection.
    Half(Reply),
    /// Ends the connection.
    Cut,
    /// Waits until the other side gives up.
    Wait,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: Bytes::from(body.to_string()) }
    }

    fn canned(wanted: Option<&CannedAnswer>, status: u16, text: &str) -> Self {
        let Some(wanted) = wanted else { return Self::json(status, &json!({ "message": text })) };
        let mut reply = match &wanted.body {
            Value::Null => Self { status: wanted.status, headers: Vec::new(), body: Bytes::new() },
            Value::String(text) => Self { status: wanted.status, headers: Vec::new(), body: Bytes::from(text.clone()) },
            body => Self::json(wanted.status, body),
        };
        for (name, value) in &wanted.headers {
            reply.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
            reply.headers.push((name.clone(), value.clone()));
        }
        reply
    }
}

/// What the server does instead of handing a request on.
pub(super) fn instead(fault: Fault, answers: &Answers) -> Reply {
    match fault {
        Fault::TooMany => {
            let mut reply = Reply::canned(answers.too_many.as_ref(), 429, "too many requests");
            let seconds = limits::KIT_RETRY_AFTER.as_secs().to_string();
            reply.headers.push(("retry-after".to_owned(), seconds));
            reply
        }
        Fault::Unavailable => Reply::canned(answers.unavailable.as_ref(), 503, "down for maintenance"),
        _ => Reply::canned(answers.expired.as_ref(), 401, "the session is over"),
    }
}

/// What the server does with the system's own answer; `None` where the fault makes no difference to it.
pub(super) fn spoiled(fault: Fault, reply: Reply) -> Option<Deed> {
    match fault {
        Fault::CutAfterSend => Some(Deed::Cut),
        Fault::Slow => Some(Deed::Wait),
        Fault::CutAnswer => (reply.body.len() > 1).then_some(Deed::Half(reply)),
        // What an error means is in its status, and stays so without its text.
        Fault::HalfPage | Fault::WrongTypes if reply.status >= 400 => None,
        Fault::HalfPage if reply.body.len() > 1 => {
            let body = reply.body.slice(..reply.body.len() / 2);
            Some(Deed::Answer(Reply { body, ..reply }))
        }
        Fault::Html => {
            let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
            let page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>";
            Some(Deed::Answer(Reply { status: 200, headers, body: Bytes::from_static(page.as_bytes()) }))
        }
        Fault::WrongTypes => {
            let mut value: Value = serde_json::from_slice(&reply.body).ok()?;
            swap(&mut value);
            Some(Deed::Answer(Reply { body: Bytes::from(value.to_string()), ..reply }))
        }
        Fault::EmptyBody if !reply.body.is_empty() => {
            Some(Deed::Answer(Reply { status: 200, body: Bytes::new(), ..reply }))
        }
        _ => None,
    }
}

/// Puts a value of another type in the place of every text, number and flag.
fn swap(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(swap),
        Value::Object(fields) => fields.values_mut().for_each(swap),
        _ => *value = json!({ "unexpected": [] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> Reply {
        Reply { status: 201, headers: Vec::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    fn body_of(deed: Option<Deed>) -> String {
        let Some(Deed::Answer(reply)) = deed else { panic!("{deed:?}") };
        String::from_utf8(reply.body.to_vec()).unwrap()
    }

    #[test]
    fn a_spoiled_answer_is_never_the_right_one() {
        let good = r#"{"a":[1,"b"]}"#;
        assert_eq!(body_of(spoiled(Fault::HalfPage, reply(good))), r#"{"a":["#);
        assert_eq!(body_of(spoiled(Fault::WrongTypes, reply(good))), r#"{"a":[{"unexpected":[]},{"unexpected":[]}]}"#);
        assert_eq!(body_of(spoiled(Fault::EmptyBody, reply(good))), "");
        assert!(spoiled(Fault::EmptyBody, reply("")).is_none() && spoiled(Fault::CutAnswer, reply("")).is_none());
        assert!(matches!(spoiled(Fault::CutAfterSend, reply("")), Some(Deed::Cut)));
        let refused = || Reply { status: 404, ..reply(good) };
        assert!(spoiled(Fault::HalfPage, refused()).is_none() && spoiled(Fault::Html, refused()).is_some());
    }

    #[test]
    fn the_scenario_says_how_a_system_is_busy() {
        let own = r#"{"too_many": {"status": 400, "headers": {"Content-Type": "text/xml"}, "body": "<busy/>"}}"#;
        let answers: Answers = serde_json::from_str(own).unwrap();
        let reply = instead(Fault::TooMany, &answers);
        assert_eq!((reply.status, &reply.body[..]), (400, &b"<busy/>"[..]));
        assert!(reply.headers.contains(&("retry-after".into(), "7".into())));
        assert_eq!(instead(Fault::Expired, &answers).status, 401);
    }
}
