//! Scheme, host and port of a server, parsed once and shared by everything that talks to it.

use std::fmt;
use std::net::IpAddr;

use http::HeaderValue;
use rustls::pki_types::ServerName;
use url::{Host, Url};

use super::grant::{is_secure, plain_host};

/// Where a socket leads. Two equal origins may share sockets.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    secure: bool,
    host: String,
    port: u16,
    literal: Option<IpAddr>,
    header: HeaderValue,
    server_name: ServerName<'static>,
}

impl Origin {
    /// `None` when the URL has no host or another scheme than http and https.
    pub(super) fn of(url: &Url) -> Option<Self> {
        let secure = is_secure(url)?;
        let host = plain_host(url).filter(|host| !host.is_empty())?;
        let port = url.port_or_known_default()?;
        let literal: Option<IpAddr> = match url.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        };
        let server_name = match literal {
            Some(address) => address.into(),
            None => ServerName::try_from(host.clone()).ok()?,
        };
        let header = match url.port() {
            Some(port) => HeaderValue::try_from(format!("{host}:{port}")),
            None => HeaderValue::try_from(host.as_str()),
        };
        Some(Self { secure, host, port, literal, header: header.ok()?, server_name })
    }

    pub(super) const fn is_secure(&self) -> bool {
        self.secure
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// The address when the host is one.
    pub(super) const fn literal(&self) -> Option<IpAddr> {
        self.literal
    }

    /// The value of the `Host` header.
    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    pub(super) fn server_name(&self) -> ServerName<'static> {
        self.server_name.clone()
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.port == other.port && self.secure == other.secure && self.host == other.host
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}
