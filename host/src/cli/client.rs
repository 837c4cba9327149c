//! The command line's way to a running host: the same checked sockets that connectors use.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use clap::Args;
use serde_json::Value;

use crate::config::HostConfig;
use crate::egress::{Auth, Download, Egress, Outlet, OutletSettings, Request};
use crate::limits;
use crate::seam::Clock;
use crate::secret::{Secret, Vault};

/// Longer than the longest `Prefer: wait`.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Which host is asked, and with which key.
#[derive(Debug, Args)]
pub(super) struct Remote {
    /// Address of a running host; the configuration's own `listen` if it is not given.
    #[arg(long, global = true, env = "APICONNECT_URL", value_name = "URL")]
    url: Option<String>,
    /// API key for a running host.
    #[arg(long, global = true, env = "APICONNECT_KEY", hide_env_values = true, value_name = "KEY")]
    key: Option<String>,
}

impl Remote {
    /// Whether the caller has shown a key, and so means a running host.
    pub(super) const fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The address of the host.
    fn address(&self, config: &Path) -> anyhow::Result<url::Url> {
        let url = match &self.url {
            Some(url) => url.clone(),
            None => {
                let mut address = HostConfig::read(config)?.listen;
                if address.ip().is_unspecified() {
                    address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
                }
                format!("http://{address}")
            }
        };
        url::Url::parse(&url).with_context(|| format!("read --url `{url}`"))
    }

    fn key(&self) -> anyhow::Result<&str> {
        self.key.as_deref().context(
            "find an API key: set APICONNECT_KEY to one that `apiconnect init` or `apiconnect key create` printed",
        )
    }

    /// Begins to read a long answer of the host.
    pub(super) async fn download(&self, config: &Path, path: &str) -> anyhow::Result<Download> {
        let url = self.address(config)?.join(path)?;
        let egress = Egress::new(Clock::system())?;
        let answer = egress.download(&url, &Secret::new(self.key()?)).await;
        let mut answer = answer.with_context(|| format!("reach the host at {url}"))?;
        if answer.status < 300 {
            return Ok(answer);
        }
        // An error of the API is short; what is more is none.
        let body = answer.next().await?.unwrap_or_default();
        Err(refused(answer.status, &serde_json::from_slice(&body).unwrap_or_default(), url.as_str()))
    }

    pub(super) fn client(&self, config: &Path) -> anyhow::Result<Client> {
        let url = self.address(config)?;
        let key = self.key()?;
        let mut settings = OutletSettings::new("apiconnect", url.clone());
        settings.private_network = true;
        // Components are larger than any document.
        settings.body_bytes_max = usize::try_from(limits::COMPONENT_BYTES_MAX).unwrap_or(usize::MAX);
        settings.auth = Auth::Bearer { token: "key".to_owned() };
        settings.vault = Vault::of([("key", key)]);
        let outlet = Outlet::open(settings, &Egress::new(Clock::system())?)?;
        Ok(Client { outlet, url: url.to_string() })
    }
}

/// Speaks to a running host.
pub(super) struct Client {
    outlet: Outlet,
    url: String,
}

impl Client {
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(http::Method::GET, path, None, &[]).await
    }

    /// The answer as it comes.
    pub(super) async fn get_bytes(&self, path: &str) -> anyhow::Result<Bytes> {
        self.exchange(http::Method::GET, path, Vec::new(), Bytes::new()).await
    }

    pub(super) async fn post(&self, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        self.send(http::Method::POST, path, body, &[]).await
    }

    /// Sends a request; an error of the API becomes an error with its own text.
    pub(super) async fn send(
        &self,
        method: http::Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Value> {
        let mut all: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if body.is_some() {
            all.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        let answer = self.exchange(method, path, all, body.into()).await?;
        Ok(serde_json::from_slice(&answer).unwrap_or(Value::Null))
    }

    /// Sends lines of JSON and reads lines of JSON.
    pub(super) async fn send_lines(&self, path: &str, lines: &str) -> anyhow::Result<Vec<Value>> {
        let headers = vec![("content-type".to_owned(), "application/x-ndjson".to_owned())];
        let answer = self.exchange(http::Method::POST, path, headers, lines.to_owned().into()).await?;
        let lines = answer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).context("read the host's answer")).collect()
    }

    /// Sends a component with its signature, base64-encoded.
    pub(super) async fn send_file(
        &self,
        path: &str,
        bytes: Vec<u8>,
        signature: Option<String>,
    ) -> anyhow::Result<Value> {
        let mut headers = vec![("content-type".to_owned(), "application/wasm".to_owned())];
        headers.extend(signature.map(|text| ("x-signature".to_owned(), text)));
        let answer = self.exchange(http::Method::POST, path, headers, bytes.into()).await?;
        serde_json::from_slice(&answer).context("read the host's answer")
    }

    async fn exchange(
        &self,
        method: http::Method,
        path: &str,
        headers: Vec<(String, String)>,
        body: Bytes,
    ) -> anyhow::Result<Bytes> {
        let target = path.trim_start_matches('/').to_owned();
        let request = Request { method, target, headers, body, secrets_in_body: false };
        let answer =
            self.outlet.send(request, TIMEOUT).await.with_context(|| format!("reach the host at {}", self.url))?;
        if answer.status < 300 {
            return Ok(answer.body);
        }
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        Err(refused(answer.status, &value, &self.url))
    }
}

/// What the API says about a request that it refused.
fn refused(status: u16, body: &Value, url: &str) -> anyhow::Error {
    match body.get("detail").and_then(Value::as_str) {
        Some(detail) => anyhow!("do that: {detail}"),
        None => anyhow!("do that: the host at {url} answered {status}"),
    }
}

/// A text as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
