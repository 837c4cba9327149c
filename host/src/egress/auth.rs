//! How a connection proves who it is. A connector never sees any of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde::Deserialize;

use super::EgressError;
use super::headers::sensitive;
use super::line::Line;
use super::oauth::{ClientCredentials, TokenStyle};
use super::scheme::{Expired, SessionScheme};
use super::session::Session;
use super::signin::SignIn;
use super::socket::Answer;
use super::template::{Escape, Part, Template, setting};

/// The `[auth]` table of a connection. Secrets are named by their slot.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// No credentials.
    None {},
    /// HTTP Basic.
    Basic {
        /// The user's name; may be or hold `{{secret:slot}}` or `{{setting:name}}`.
        username: String,
        /// The slot of the password.
        password: String,
    },
    /// A fixed bearer token.
    Bearer {
        /// The slot of the token.
        token: String,
    },
    /// A key in a header or in the query: exactly one of `header` and `query`.
    ApiKey {
        /// The header's name.
        #[serde(default)]
        header: Option<String>,
        /// The query parameter's name.
        #[serde(default)]
        query: Option<String>,
        /// The slot of the key.
        value: String,
    },
    /// A login that the connector describes.
    Session {},
    /// OAuth 2.0 client credentials.
    #[serde(rename = "oauth2_client_credentials")]
    Oauth2ClientCredentials {
        /// Where tokens are fetched; its origin needs a grant too.
        token_url: String,
        /// The client's id.
        client_id: String,
        /// The slot of the client's secret.
        client_secret: String,
        /// The scopes, separated by blanks.
        #[serde(default)]
        scope: Option<String>,
        /// The audience, for servers that ask for one.
        #[serde(default)]
        audience: Option<String>,
        /// How the client authenticates.
        #[serde(default)]
        style: TokenStyle,
    },
}

impl Default for Auth {
    fn default() -> Self {
        Self::None {}
    }
}

/// The slots whose secrets prove who the connection is, to its system or to its token server.
#[must_use]
pub fn sign_in_slots(auth: &Auth, scheme: Option<&SessionScheme>) -> BTreeSet<String> {
    let (slots, texts): (Vec<&str>, Vec<&str>) = match auth {
        Auth::None {} => (Vec::new(), Vec::new()),
        Auth::Basic { username, password } => (vec![password], vec![username]),
        Auth::Bearer { token } => (vec![token], Vec::new()),
        Auth::ApiKey { value, .. } => (vec![value], Vec::new()),
        Auth::Session {} => (Vec::new(), scheme.map(SessionScheme::texts).unwrap_or_default()),
        Auth::Oauth2ClientCredentials { client_secret, .. } => (vec![client_secret], Vec::new()),
    };
    let named = slots.into_iter().map(str::to_owned);
    let written = texts.into_iter().flat_map(|text| Template::parse(text).slots().collect::<Vec<_>>());
    named.chain(written).collect()
}

/// An [`Auth`] ready to be used.
pub(super) enum Credentials {
    None,
    Header(HeaderName, HeaderValue),
    /// `name=value`, escaped.
    Query(String),
    /// A login, with the answers that mean it is over.
    SignIn(SignIn, Vec<Expired>),
}

impl Credentials {
    pub(super) fn new(line: &Arc<Line>, auth: Auth, scheme: Option<SessionScheme>) -> Result<Self, EgressError> {
        let vault = &line.vault;
        match auth {
            Auth::None {} => Ok(Self::None),
            Auth::Basic { username, password } => {
                let pair = format!("{}:{}", fill(line, &username)?, vault.get(&password)?.expose());
                header(AUTHORIZATION, &format!("Basic {}", STANDARD.encode(pair)))
            }
            Auth::Bearer { token } => header(AUTHORIZATION, &format!("Bearer {}", vault.get(&token)?.expose())),
            Auth::ApiKey { header: Some(name), query: None, value } => {
                let key = HeaderName::from_bytes(name.as_bytes());
                let key = key.map_err(|_| EgressError::auth(format!("`{name}` is not a header name")))?;
                header(key, vault.get(&value)?.expose())
            }
            Auth::ApiKey { header: None, query: Some(name), value } => {
                let value = Escape::Percent.apply(vault.get(&value)?.expose());
                Ok(Self::Query(format!("{}={value}", Escape::Percent.apply(&name))))
            }
            Auth::ApiKey { .. } => Err(EgressError::auth("an API key needs either `header` or `query`")),
            Auth::Session {} => {
                let scheme = scheme.ok_or_else(|| EgressError::auth("this connector describes no login"))?;
                let session = Session::new(Arc::clone(line), scheme)?;
                let expired = session.expired().to_vec();
                Ok(Self::SignIn(SignIn::new(Arc::new(session), line.clock.clone()), expired))
            }
            Auth::Oauth2ClientCredentials { token_url, client_id, client_secret, scope, audience, style } => {
                let target = line.base.locate_absolute(&token_url);
                let target = target.map_err(|error| EgressError::auth(format!("token_url: failed to {error}")))?;
                let client_secret = vault.get(&client_secret)?.clone();
                let line_of_login = Arc::clone(line);
                let login =
                    ClientCredentials { line: line_of_login, target, client_id, client_secret, scope, audience, style };
                let refused = vec![Expired { status: 401, body_contains: None }];
                Ok(Self::SignIn(SignIn::new(Arc::new(login), line.clock.clone()), refused))
            }
        }
    }
}

/// Whether the answer says that the login behind it is over.
pub(super) fn is_over(expired: &[Expired], answer: &Answer) -> bool {
    expired.iter().any(|one| one.fits(answer))
}

fn header(name: HeaderName, text: &str) -> Result<Credentials, EgressError> {
    let value = sensitive(text).ok_or_else(|| EgressError::auth("the secret holds characters no header may have"))?;
    Ok(Credentials::Header(name, value))
}

fn fill(line: &Line, text: &str) -> Result<String, EgressError> {
    let template = Template::parse(text);
    for part in template.parts() {
        match part {
            Part::Text(_) => {}
            Part::Secret(slot) => drop(line.vault.get(slot)?),
            Part::Setting(name) if setting(&line.settings, name).is_some() => {}
            Part::Setting(name) | Part::Kept(name) => {
                return Err(EgressError::auth(format!("the user name needs `{name}`, which is not there")));
            }
        }
    }
    Ok(template.fill(Escape::Plain, |part| match part {
        Part::Secret(slot) => line.vault.get(slot).ok().map(|secret| secret.expose().to_owned()),
        Part::Setting(name) => setting(&line.settings, name),
        Part::Text(_) | Part::Kept(_) => None,
    }))
}
