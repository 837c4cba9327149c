//! What a connector asked its host during a call and what it was told, both as the connector saw them: placeholders
//! where secrets go, answers after secrets were taken out of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::super::bindings::apiconnect::connector as contract;
use contract::http::{Failure, Header, Method, Request, Response};

/// One question with its answer. A question without one was open when the call was ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What was asked.
    pub asked: Question,
    /// What was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Answer>,
}

/// A question to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the contract's own")]
pub enum Question {
    /// `http.send-all`, and `http.send` as a list of one.
    Send(Vec<Asked>),
    /// `clock.now`, and `now` of `wasi:clocks/wall-clock`
    Now,
    /// `now` of `wasi:clocks/monotonic-clock`
    Elapsed,
    /// The first use of `wasi:random`: all its numbers follow from the answer.
    Seed,
    /// `secret.placeholder`
    Placeholder { slot: String },
    /// `secret.sign`
    Sign { slot: String, algorithm: String, data: Body },
    /// `state.get`
    Get { key: String },
    /// `state.set`
    Set { key: String, value: Body, ttl_ms: u64 },
    /// `state.remove`
    Remove { key: String },
    /// `state.acquire`
    Acquire { key: String, ttl_ms: u64 },
    /// `state.release`
    Release { key: String },
}

/// A request as the connector made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the contract's own")]
pub struct Asked {
    pub method: String,
    pub target: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secrets_in_body: bool,
}

/// What the host told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// To requests, in their order.
    Exchanges(Vec<Exchange>),
    /// The time.
    Time(u64),
    /// A seed.
    Seed(Body),
    /// A value of the connector's state, or that there is none.
    Value(Option<Body>),
    /// Whether a claim was given.
    Claimed(bool),
    /// A placeholder.
    Text(String),
    /// A signature.
    Signature(Body),
    /// No more than that it was done.
    Done,
    /// No secret.
    NoSecret(contract::secret::Failure),
    /// No room in the state.
    NoState(contract::state::Failure),
}

/// What came of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the contract's own")]
pub enum Exchange {
    /// The system answered.
    Response {
        status: u16,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        headers: Vec<(String, String)>,
        #[serde(default, skip_serializing_if = "Body::is_empty")]
        body: Body,
    },
    /// No whole answer came.
    Failure(Failure),
}

/// Bytes, written as text where they are text and as `{"base64": …}` where they are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl Body {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Encoded {
    base64: String,
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => writer.serialize_str(text),
            Err(_) => Encoded { base64: STANDARD.encode(&self.0) }.serialize(writer),
        }
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Encoded(Encoded),
        }
        match Written::deserialize(reader)? {
            Written::Text(text) => Ok(Self(text.into_bytes())),
            Written::Encoded(Encoded { base64 }) => STANDARD.decode(base64).map(Self).map_err(de::Error::custom),
        }
    }
}

impl Question {
    /// The question that these requests are.
    pub(in crate::plugin) fn send(requests: &[Request]) -> Self {
        Self::Send(requests.iter().map(Asked::of).collect())
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        const SMALL: usize = 64;
        SMALL
            + match self {
                Self::Send(requests) => requests.iter().map(Asked::bytes).sum(),
                Self::Now | Self::Elapsed | Self::Seed => 0,
                Self::Placeholder { slot } => slot.len(),
                Self::Sign { slot, algorithm, data } => slot.len() + algorithm.len() + data.0.len(),
                Self::Set { key, value, .. } => key.len() + value.0.len(),
                Self::Get { key } | Self::Remove { key } | Self::Acquire { key, .. } | Self::Release { key } => {
                    key.len()
                }
            }
    }

    /// What it is about, in a few words.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Send(requests) => match requests.as_slice() {
                [one] => one.told(),
                [first, rest @ ..] => format!("{} and {} more requests", first.told(), rest.len()),
                [] => "no request at all".to_owned(),
            },
            Self::Now => "the time".to_owned(),
            Self::Elapsed => "how much time has passed".to_owned(),
            Self::Seed => "random numbers".to_owned(),
            Self::Placeholder { slot } => format!("the placeholder of the secret `{slot}`"),
            Self::Sign { slot, .. } => format!("a signature under the secret `{slot}`"),
            Self::Get { key } => format!("the state `{key}`"),
            Self::Set { key, .. } => format!("to keep the state `{key}`"),
            Self::Remove { key } => format!("to forget the state `{key}`"),
            Self::Acquire { key, .. } => format!("for the claim `{key}`"),
            Self::Release { key } => format!("to give back the claim `{key}`"),
        }
    }
}

impl Asked {
    fn of(request: &Request) -> Self {
        let method = match &request.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Other(name) => name,
        };
        Self {
            method: method.to_owned(),
            target: request.target.clone(),
            headers: request.headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect(),
            body: Body(request.body.clone()),
            secrets_in_body: request.secrets_in_body,
        }
    }

    fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.target.len() + headers + self.body.0.len()
    }

    /// Method and target.
    #[must_use]
    pub fn told(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// Whether asking twice does no more than asking once.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

impl Answer {
    /// Whether it can be the answer to `question`.
    pub(super) fn fits(&self, question: &Question) -> bool {
        match (question, self) {
            (Question::Send(requests), Self::Exchanges(exchanges)) => requests.len() == exchanges.len(),
            (Question::Now | Question::Elapsed, Self::Time(_))
            | (Question::Seed, Self::Seed(_))
            | (Question::Placeholder { .. }, Self::Text(_) | Self::NoSecret(_))
            | (Question::Sign { .. }, Self::Signature(_) | Self::NoSecret(_))
            | (Question::Get { .. }, Self::Value(_))
            | (Question::Set { .. }, Self::Done | Self::NoState(_))
            | (Question::Remove { .. } | Question::Release { .. }, Self::Done)
            | (Question::Acquire { .. }, Self::Claimed(_)) => true,
            _ => false,
        }
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        const SMALL: usize = 64;
        SMALL
            + match self {
                Self::Exchanges(exchanges) => exchanges.iter().map(Exchange::bytes).sum(),
                Self::Value(Some(body)) | Self::Signature(body) | Self::Seed(body) => body.0.len(),
                Self::Text(text) => text.len(),
                _ => 0,
            }
    }
}

impl Exchange {
    fn bytes(&self) -> usize {
        match self {
            Self::Response { headers, body, .. } => {
                body.0.len() + headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
            }
            Self::Failure(failure) => failure.message.len(),
        }
    }

    fn of(answer: &Result<Response, Failure>) -> Self {
        match answer {
            Ok(response) => Self::Response {
                status: response.status,
                headers: response.headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect(),
                body: Body(response.body.clone()),
            },
            Err(failure) => Self::Failure(failure.clone()),
        }
    }

    fn into_answer(self) -> Result<Response, Failure> {
        match self {
            Self::Response { status, headers, body } => Ok(Response {
                status,
                headers: headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
                body: body.0,
            }),
            Self::Failure(failure) => Err(failure),
        }
    }
}

/// What a host function answers, on its way to and from a recording.
pub(in crate::plugin) trait Told: Sized {
    /// For the recording.
    fn tell(&self) -> Answer;
    /// From the recording; none when it is an answer to another kind of question.
    fn hear(answer: Answer) -> Option<Self>;
}

impl Told for Vec<Result<Response, Failure>> {
    fn tell(&self) -> Answer {
        Answer::Exchanges(self.iter().map(Exchange::of).collect())
    }

    fn hear(answer: Answer) -> Option<Self> {
        let Answer::Exchanges(exchanges) = answer else { return None };
        Some(exchanges.into_iter().map(Exchange::into_answer).collect())
    }
}

impl Told for u64 {
    fn tell(&self) -> Answer {
        Answer::Time(*self)
    }

    fn hear(answer: Answer) -> Option<Self> {
        if let Answer::Time(time) = answer { Some(time) } else { None }
    }
}

impl Told for [u8; 32] {
    fn tell(&self) -> Answer {
        Answer::Seed(Body(self.to_vec()))
    }

    fn hear(answer: Answer) -> Option<Self> {
        if let Answer::Seed(body) = answer { body.0.try_into().ok() } else { None }
    }
}

impl Told for bool {
    fn tell(&self) -> Answer {
        Answer::Claimed(*self)
    }

    fn hear(answer: Answer) -> Option<Self> {
        if let Answer::Claimed(claimed) = answer { Some(claimed) } else { None }
    }
}

impl Told for () {
    fn tell(&self) -> Answer {
        Answer::Done
    }

    fn hear(answer: Answer) -> Option<Self> {
        matches!(answer, Answer::Done).then_some(())
    }
}

impl Told for Option<Vec<u8>> {
    fn tell(&self) -> Answer {
        Answer::Value(self.clone().map(Body))
    }

    fn hear(answer: Answer) -> Option<Self> {
        if let Answer::Value(value) = answer { Some(value.map(|body| body.0)) } else { None }
    }
}

impl Told for Result<(), contract::state::Failure> {
    fn tell(&self) -> Answer {
        self.as_ref().map_or_else(|failure| Answer::NoState(failure.clone()), |()| Answer::Done)
    }

    fn hear(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Done => Some(Ok(())),
            Answer::NoState(failure) => Some(Err(failure)),
            _ => None,
        }
    }
}

impl Told for Result<String, contract::secret::Failure> {
    fn tell(&self) -> Answer {
        self.as_ref().map_or_else(|failure| Answer::NoSecret(failure.clone()), |text| Answer::Text(text.clone()))
    }

    fn hear(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Text(text) => Some(Ok(text)),
            Answer::NoSecret(failure) => Some(Err(failure)),
            _ => None,
        }
    }
}

impl Told for Result<Vec<u8>, contract::secret::Failure> {
    fn tell(&self) -> Answer {
        let signature = |bytes: &Vec<u8>| Answer::Signature(Body(bytes.clone()));
        self.as_ref().map_or_else(|failure| Answer::NoSecret(failure.clone()), signature)
    }

    fn hear(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Signature(body) => Some(Ok(body.0)),
            Answer::NoSecret(failure) => Some(Err(failure)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_of_any_kind_come_back(bytes: Vec<u8>) {
            let body = Body(bytes);
            let text = serde_json::to_string(&body).unwrap();
            prop_assert_eq!(serde_json::from_str::<Body>(&text).unwrap(), body);
        }
    }

    #[test]
    fn an_answer_fits_its_own_kind_of_question_only() {
        let get = Question::Get { key: "k".into() };
        assert!(Answer::Value(None).fits(&get) && !Answer::Time(1).fits(&get) && !Answer::Done.fits(&get));
        let request = Asked {
            method: "GET".into(),
            target: "a".into(),
            headers: Vec::new(),
            body: Body::default(),
            secrets_in_body: false,
        };
        let send = Question::Send(vec![request]);
        assert!(!Answer::Exchanges(Vec::new()).fits(&send), "an answer for each request");
        let text = serde_json::to_string(&Step { asked: send, told: None }).unwrap();
        assert_eq!(text, r#"{"asked":{"send":[{"method":"GET","target":"a"}]}}"#);
    }
}
