//! What a connection's way out is made from.

use url::Url;

use super::Grants;
use super::auth::Auth;
use super::rate::Rate;
use super::scheme::SessionScheme;
use crate::limits;
use crate::secret::Vault;

/// What a connection's file says about its way out.
#[derive(Debug)]
pub struct OutletSettings {
    /// The connection's name, for logs.
    pub connection: String,
    /// Relative targets hang below it; its origin is granted by being here.
    pub base_url: Url,
    /// Further hosts that may be called.
    pub grants: Grants,
    /// Whether addresses of the operator's own network may be dialled.
    pub private_network: bool,
    /// How the connection proves who it is.
    pub auth: Auth,
    /// Granted hosts besides the base URL's own that get the credentials too; none by default, because a host that
    /// serves downloads has no business with a session.
    pub credentials_for: Grants,
    /// The secrets by slot.
    pub vault: Vault,
    /// The connector's settings, for `{{setting:name}}`.
    pub settings: serde_json::Value,
    /// The connector's login, for [`Auth::Session`].
    pub session: Option<SessionScheme>,
    /// Certificates of the operator's own authority in PEM form, trusted besides the public ones.
    pub extra_ca_pem: Option<String>,
    /// Headers of every request unless the connector sets them itself.
    pub default_headers: Vec<(String, String)>,
    /// Sockets open at a time, at most [`limits::SOCKETS_PER_CONNECTION_MAX`].
    pub sockets_max: usize,
    /// How fast requests may follow each other.
    pub rate: Option<Rate>,
    /// The longest body of a request.
    pub body_bytes_max: usize,
}

impl OutletSettings {
    /// Settings that allow the base URL's public origin and nothing else, without credentials.
    #[must_use]
    pub fn new(connection: impl Into<String>, base_url: Url) -> Self {
        Self {
            connection: connection.into(),
            base_url,
            grants: Grants::default(),
            private_network: false,
            auth: Auth::default(),
            credentials_for: Grants::default(),
            vault: Vault::default(),
            settings: serde_json::Value::Null,
            session: None,
            extra_ca_pem: None,
            default_headers: Vec::new(),
            sockets_max: limits::SOCKETS_PER_CONNECTION_MAX,
            rate: None,
            body_bytes_max: limits::REQUEST_BODY_BYTES_MAX,
        }
    }
}
