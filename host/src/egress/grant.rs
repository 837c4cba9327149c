//! What the operator allows: `scheme://host[:port]` and `scheme://*.host[:port]`. An empty list allows nothing.

use serde::Deserialize;
use thiserror::Error;
use url::{Host, Url};

/// Why a line of an allow-list was refused. The text says what to write instead.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("read grant `{text}`: {problem}")]
pub struct GrantError {
    /// The line as it was written.
    pub text: String,
    /// What is wrong and what to write instead.
    pub problem: &'static str,
}

/// The hosts that one connection may talk to.
///
/// ```
/// use apiconnect::egress::Grants;
/// let grants = Grants::parse(["https://erp.example.com:8443", "https://*.example.net"]).unwrap();
/// assert!(grants.permits(&"https://eu.example.net/items".parse().unwrap()));
/// assert!(!grants.permits(&"https://example.net/items".parse().unwrap()));
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Grants(Vec<Grant>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Grant {
    secure: bool,
    pattern: Pattern,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exact(String),
    /// Any host that ends in this text, which starts with a dot.
    Below(String),
}

impl Grants {
    /// Reads an allow-list.
    ///
    /// # Errors
    /// [`GrantError`] for the first line that is not in the grammar.
    pub fn parse<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> Result<Self, GrantError> {
        lines.into_iter().map(|line| Grant::parse(line.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a request to `url` may leave. User-info in the URL is never allowed.
    #[must_use]
    pub fn permits(&self, url: &Url) -> bool {
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        let (Some(secure), Some(host), Some(port)) = (is_secure(url), plain_host(url), url.port_or_known_default())
        else {
            return false;
        };
        self.0.iter().any(|grant| grant.secure == secure && grant.port == port && grant.pattern.covers(&host))
    }

    /// Adds the origin of `url` itself; a URL without a host adds nothing.
    pub(super) fn allow_origin(&mut self, url: &Url) {
        if let (Some(secure), Some(host), Some(port)) = (is_secure(url), plain_host(url), url.port_or_known_default()) {
            self.0.push(Grant { secure, pattern: Pattern::Exact(host), port });
        }
    }
}

impl TryFrom<Vec<String>> for Grants {
    type Error = GrantError;

    fn try_from(lines: Vec<String>) -> Result<Self, Self::Error> {
        Self::parse(lines)
    }
}

impl Pattern {
    fn covers(&self, host: &str) -> bool {
        match self {
            Self::Exact(own) => own == host,
            // An empty first label (".example.com") is no host below it.
            Self::Below(end) => host.strip_suffix(end.as_str()).is_some_and(is_name),
        }
    }
}

impl Grant {
    fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |problem| GrantError { text: text.to_owned(), problem };
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| refuse("start with https:// or http://, as in https://erp.example.com"))?;
        if !(scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")) {
            return Err(refuse("only https:// and http:// can be granted"));
        }
        check_authority(rest).map_err(refuse)?;
        let (wild, authority) = rest.strip_prefix("*.").map_or((false, rest), |below| (true, below));
        if authority.contains('*') {
            return Err(refuse("a star may stand only for the first label, as in https://*.example.com"));
        }
        let url = Url::parse(&format!("{scheme}://{authority}")).map_err(|_| refuse("this is not a host name"))?;
        let host = plain_host(&url).filter(|host| !host.is_empty()).ok_or_else(|| refuse("the host is missing"))?;
        let (Some(secure), Some(port)) = (is_secure(&url), url.port_or_known_default()) else {
            return Err(refuse("only https:// and http:// can be granted"));
        };
        if port == 0 {
            return Err(refuse("port 0 cannot be called"));
        }
        let literal = !matches!(url.host(), Some(Host::Domain(_)));
        if !literal && !is_name(&host) {
            return Err(refuse("the host name has an empty part"));
        }
        if wild && literal {
            return Err(refuse("a star cannot stand before an IP address"));
        }
        if wild && !host.contains('.') {
            return Err(refuse("a star before a top-level domain would allow the world; name the company's domain"));
        }
        let pattern = if wild { Pattern::Below(format!(".{host}")) } else { Pattern::Exact(host) };
        Ok(Self { secure, pattern, port })
    }
}

/// The URL crate forgives much (tabs, backslashes, empty ports), which in an allow-list would hide a typing error.
fn check_authority(rest: &str) -> Result<(), &'static str> {
    if rest.is_empty() {
        return Err("the host is missing");
    }
    if rest.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err("blanks, control characters and backslashes are not part of a host");
    }
    if rest.contains('@') {
        return Err("leave out user name and password; credentials belong under [auth]");
    }
    if rest.contains(['?', '#']) {
        return Err("leave out query and fragment; a grant covers a whole host");
    }
    if rest.contains('/') {
        return Err("leave out the path and the last slash; a grant covers a whole host");
    }
    if rest.contains('%') {
        return Err("write the host without percent signs");
    }
    if rest.ends_with(':') {
        return Err("the port after the colon is missing");
    }
    Ok(())
}

fn is_name(host: &str) -> bool {
    host.split('.').all(|label| !label.is_empty())
}

/// `Some(true)` for https, `Some(false)` for http.
pub(super) fn is_secure(url: &Url) -> Option<bool> {
    match url.scheme() {
        "https" => Some(true),
        "http" => Some(false),
        _ => None,
    }
}

/// The host in lower case and punycode, without the trailing dot; IPv6 stays in brackets.
pub(super) fn plain_host(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(host.strip_suffix('.').unwrap_or(host).to_owned())
}
