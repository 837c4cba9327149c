//! A session: the login that a connector's scheme describes, carried out by the host.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, SET_COOKIE};
use http::{HeaderValue, Method};
use http_body_util::Full;

use super::headers::sensitive;
use super::line::Line;
use super::redact::Redactor;
use super::scheme::{Encode, Expired, From, SessionScheme};
use super::signin::{Fresh, Login};
use super::socket::Answer;
use super::template::{Escape, Part, Template, setting};
use super::{EgressError, SendError, SendErrorKind, Sent};
use crate::limits;

/// A scheme with its texts parsed and its names checked.
pub(super) struct Session {
    line: Arc<Line>,
    scheme: SessionScheme,
    method: Method,
    path: Template,
    headers: Vec<(HeaderName, Template)>,
    body: Template,
    escape: Escape,
    apply: Vec<(HeaderName, Template, Encode)>,
}

impl Session {
    pub(super) fn new(line: Arc<Line>, scheme: SessionScheme) -> Result<Self, EgressError> {
        let method = Method::from_bytes(scheme.login.method.as_bytes())
            .map_err(|_| EgressError::auth("the login's method is not one"))?;
        let name = |text: &str| {
            HeaderName::from_bytes(text.as_bytes())
                .map_err(|_| EgressError::auth(format!("`{text}` is not a header name")))
        };
        let login = &scheme.login;
        let headers = login.headers.iter().map(|(key, value)| Ok((name(key)?, Template::parse(value))));
        let headers: Vec<_> = headers.collect::<Result<_, EgressError>>()?;
        let content_type = login.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
        let escape = Escape::of_content_type(content_type.map_or("", |(_, value)| value));
        let apply = scheme.apply.iter();
        let apply = apply.map(|header| Ok((name(&header.name)?, Template::parse(&header.template), header.encode)));
        let apply: Vec<_> = apply.collect::<Result<_, EgressError>>()?;
        let (path, body) = (Template::parse(&login.path), Template::parse(&login.body));
        let session = Self { line, method, path, headers, body, escape, apply, scheme };
        session.check()?;
        Ok(session)
    }

    /// Every placeholder must lead somewhere before the first login, not at it.
    fn check(&self) -> Result<(), EgressError> {
        let login = self.headers.iter().map(|(_, template)| template).chain([&self.path, &self.body]);
        for part in login.flat_map(Template::parts) {
            if let Part::Kept(name) = part {
                return Err(EgressError::auth(format!("the login cannot use `{name}`, which it is to bring")));
            }
            self.check_part(part)?;
        }
        for part in self.apply.iter().flat_map(|(_, template, _)| template.parts()) {
            self.check_part(part)?;
        }
        Ok(())
    }

    fn check_part(&self, part: &Part) -> Result<(), EgressError> {
        match part {
            Part::Text(_) => Ok(()),
            Part::Secret(slot) => self.line.vault.get(slot).map(|_| ()).map_err(EgressError::from),
            Part::Setting(name) if setting(&self.line.settings, name).is_some() => Ok(()),
            Part::Setting(name) => Err(EgressError::auth(format!("the login needs the setting `{name}`"))),
            Part::Kept(name) if self.scheme.keep.iter().any(|keep| keep.name == *name) => Ok(()),
            Part::Kept(name) => Err(EgressError::auth(format!("`{name}` is sent but nothing keeps it"))),
        }
    }

    pub(super) fn expired(&self) -> &[Expired] {
        &self.scheme.expired
    }

    fn look(&self, part: &Part, kept: &[(String, String)]) -> Option<String> {
        match part {
            Part::Text(_) => None,
            Part::Secret(slot) => self.line.vault.get(slot).ok().map(|secret| secret.expose().to_owned()),
            Part::Setting(name) => setting(&self.line.settings, name),
            Part::Kept(name) => kept.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()),
        }
    }

    async fn sign_in(&self) -> Result<Fresh, SendError> {
        let look = |part: &Part| self.look(part, &[]);
        let path = self.path.fill(Escape::Percent, look);
        let target = self.line.base.locate(&path)?;
        // The connector wrote where to sign in.
        if !self.line.trusts(&target, &path) {
            return Err(Line::no_secrets(&target));
        }
        let mut request = http::Request::new(Full::new(Bytes::from(self.body.fill(self.escape, look))));
        *request.method_mut() = self.method.clone();
        for (name, template) in &self.headers {
            request.headers_mut().append(name, value(name, &template.fill(Escape::Plain, look))?);
        }
        let answer = self.line.exchange(&target, None, request, limits::EXCHANGE_TIMEOUT).await?;
        self.read(&answer)
    }

    fn read(&self, answer: &Answer) -> Result<Fresh, SendError> {
        let status = answer.head.status.as_u16();
        let accept = &self.scheme.accept;
        if !(accept.contains(&status) || accept.is_empty() && answer.head.status.is_success()) {
            return Err(rejected(status, format!("sign in: the system answered {status}")));
        }
        let mut kept = Vec::with_capacity(self.scheme.keep.len());
        let mut redactor = Redactor::default();
        for keep in &self.scheme.keep {
            let Some(found) = find(&keep.from, answer) else {
                return Err(rejected(status, format!("sign in: the answer has no `{}`", keep.name)));
            };
            redactor.add(&found);
            kept.push((keep.name.clone(), found));
        }
        let mut headers = Vec::with_capacity(self.apply.len());
        for (name, template, encode) in &self.apply {
            let text = encode.apply(template.fill(Escape::Plain, |part| self.look(part, &kept)));
            headers.push((name.clone(), value(name, &text)?));
        }
        let now = self.line.clock.now();
        let until = self.scheme.lifetime_seconds.map(|seconds| now.saturating_add(seconds.saturating_mul(1_000)));
        Ok(Fresh { headers, until, redactor })
    }
}

impl Login for Session {
    fn login(self: Arc<Self>) -> BoxFuture<'static, Result<Fresh, SendError>> {
        Box::pin(async move { self.sign_in().await })
    }
}

fn find(from: &From, answer: &Answer) -> Option<String> {
    match from {
        From::Cookie(name) => cookie(&answer.head.headers, name),
        From::Header(name) => answer.head.headers.get(name)?.to_str().ok().map(str::to_owned),
        From::JsonPointer(pointer) => {
            let body: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
            match body.pointer(pointer)? {
                serde_json::Value::String(text) => Some(text.clone()),
                serde_json::Value::Number(number) => Some(number.to_string()),
                _ => None,
            }
        }
    }
    .filter(|value| !value.is_empty())
}

/// Each cookie comes in a `Set-Cookie` line of its own; the last one of a name counts.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(SET_COOKIE).iter().rev().find_map(|line| {
        let (own, value) = line.to_str().ok()?.split(';').next()?.split_once('=')?;
        (own.trim() == name).then(|| value.trim().to_owned())
    })
}

fn value(name: &HeaderName, text: &str) -> Result<HeaderValue, SendError> {
    sensitive(text).ok_or_else(|| {
        let message = format!("sign in: the value for header `{name}` holds characters it may not");
        SendError::new(SendErrorKind::Unauthorized, Sent::No, message)
    })
}

/// The answer's body stays out of this error: login answers repeat what was sent.
pub(super) fn rejected(status: u16, message: String) -> SendError {
    let mut error = SendError::new(SendErrorKind::Unauthorized, Sent::No, message);
    error.status = Some(status);
    error
}
