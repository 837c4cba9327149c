//! `apiconnect.toml`: where the host listens and keeps things.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ConfigError;
use crate::limits;
use crate::secret::Source;

/// The configuration of a host. Every field has a default; paths start at the file's folder.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct HostConfig {
    /// Where the API listens.
    pub listen: SocketAddr,
    /// Accepted documents, keys and compiled connectors.
    pub data: PathBuf,
    /// Connectors, one `.wasm` file each.
    pub plugins: PathBuf,
    /// Connections, one `.toml` file each.
    pub connections: PathBuf,
    /// Who may sign connectors.
    pub trust: TrustConfig,
    /// What is logged, and how.
    pub log: LogConfig,
    /// The durable path.
    pub queue: QueueConfig,
    /// The live path.
    pub live: LiveConfig,
    /// Bounds of the API.
    pub limits: LimitsConfig,
    /// The records on the disk.
    pub store: StoreConfig,
}

/// The `[trust]` table.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct TrustConfig {
    /// Whether a connector must be signed with one of the keys.
    pub require_signed: bool,
    /// minisign public keys of vendors: `RW…`
    pub keys: Vec<String>,
}

/// The `[log]` table.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `text` for people, `json` for machines.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, or a filter such as `info,connector=debug`.
    pub level: String,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The `[queue]` table.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct QueueConfig {
    /// Documents on their way to one system at a time, where neither the connection nor its connector says.
    pub parallel: usize,
    /// Days that a done job is kept, with its document and its idempotency key.
    pub keep_done_days: u32,
    /// Calls on their way over all connections, by lane.
    pub lanes: LanesConfig,
}

/// `lanes` in the `[queue]` table: calls on their way over all connections.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct LanesConfig {
    /// Documents of customers.
    pub orders: usize,
    /// Work that runs by the clock.
    pub sync: usize,
    /// Documents that came in bulk.
    pub bulk: usize,
}

impl Default for LanesConfig {
    fn default() -> Self {
        let [orders, sync, bulk] = limits::LANES_PARALLEL;
        Self { orders, sync, bulk }
    }
}

/// The `[live]` table.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct LiveConfig {
    /// How long a live question may take, where its connection does not say.
    pub timeout_ms: u64,
}

/// The `[store]` table.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// Where the key is that records are sealed with; without one they are not sealed.
    pub master_key: Option<Source>,
    /// Where the key before it is, while keys are being changed.
    pub previous_key: Option<Source>,
}

/// The `[limits]` table.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// The longest request body.
    pub body_bytes: usize,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7070)),
            data: "data".into(),
            plugins: "plugins".into(),
            connections: "connections".into(),
            trust: TrustConfig::default(),
            log: LogConfig::default(),
            queue: QueueConfig::default(),
            live: LiveConfig::default(),
            limits: LimitsConfig::default(),
            store: StoreConfig::default(),
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            parallel: limits::DOCUMENTS_PARALLEL,
            keep_done_days: limits::KEEP_DONE_DAYS,
            lanes: LanesConfig::default(),
        }
    }
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self { timeout_ms: limits::LIVE_TIMEOUT_MS }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { body_bytes: limits::BODY_BYTES_MAX }
    }
}

impl HostConfig {
    /// Where `init` puts the master key, and the template looks for it.
    pub const MASTER_KEY_FILE: &str = "master.key";
    /// What `init` writes: every field with its default, as a comment.
    pub const TEMPLATE: &str = include_str!("apiconnect.toml");

    /// Reads the file; its paths are made to start at the file's folder.
    ///
    /// # Errors
    /// [`ConfigError`] names file, line and the field that was probably meant.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = super::read(path)?;
        let unusable = |problem: &str| ConfigError::Unusable { path: path.to_owned(), problem: problem.to_owned() };
        if config.queue.parallel == 0 {
            return Err(unusable("queue.parallel must be at least 1"));
        }
        let LanesConfig { orders, sync, bulk } = config.queue.lanes;
        if [orders, sync, bulk].contains(&0) {
            return Err(unusable("a lane of queue.lanes with 0 calls would carry nothing; write 1 or more"));
        }
        // What is left belongs to those who wait for an answer.
        let most = limits::CALLS_AT_ONCE_MAX as usize / 4 * 3;
        if orders.saturating_add(sync).saturating_add(bulk) > most {
            return Err(unusable(&format!("the lanes of queue.lanes together may have {most} calls, not more")));
        }
        if config.trust.require_signed && config.trust.keys.is_empty() {
            return Err(unusable("trust.require_signed without a key in trust.keys would refuse every connector"));
        }
        if config.live.timeout_ms == 0 {
            return Err(unusable("live.timeout_ms must be at least 1"));
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        for place in [&mut config.data, &mut config.plugins, &mut config.connections] {
            *place = folder.join(&*place);
        }
        for key in [&mut config.store.master_key, &mut config.store.previous_key] {
            if let Some(Source::File(file)) = key {
                *file = folder.join(&*file);
            }
        }
        Ok(config)
    }

    /// The template with its example of a master key in force: [`HostConfig::MASTER_KEY_FILE`].
    #[must_use]
    pub fn template_with_master_key() -> String {
        Self::TEMPLATE.replace("#: [store]", "[store]").replace("# master_key =", "master_key =")
    }
}

#[cfg(test)]
mod tests {
    use super::HostConfig;

    #[test]
    fn the_template_of_init_has_a_master_key() {
        let told: HostConfig = toml::from_str(&HostConfig::template_with_master_key()).unwrap();
        let key = crate::secret::Source::File(HostConfig::MASTER_KEY_FILE.into());
        let store = super::StoreConfig { master_key: Some(key), previous_key: None };
        assert_eq!(told, HostConfig { store, ..HostConfig::default() });
    }

    #[test]
    fn the_template_says_the_defaults() {
        let told: HostConfig = toml::from_str(HostConfig::TEMPLATE).unwrap();
        assert_eq!(told, HostConfig::default());
        let uncommented: String = HostConfig::TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n")
            .collect();
        assert_eq!(toml::from_str::<HostConfig>(&uncommented).unwrap(), HostConfig::default());
        assert_ne!(uncommented, HostConfig::TEMPLATE);
    }
}
