//! A connection file: one instance of a connector, what it may reach, and where its secrets are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::ConfigError;
use crate::egress::{Auth, Grants, Rate};
use crate::limits;
use crate::secret::Source;

/// What `connections/<name>.toml` holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionFile {
    /// The connector's name.
    pub connector: String,
    /// The version of the connector to hold on to: a digest or its beginning. Without it the one that serves is used.
    #[serde(default)]
    pub version: Option<String>,
    /// Where the system is; the connector's requests hang below it.
    pub base_url: String,
    /// `false` takes the connection out of service without deleting its file.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What it may reach besides the base URL's own origin.
    #[serde(default)]
    pub grants: Granted,
    /// Certificates of your own authority, in PEM form.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// How it proves who it is.
    #[serde(default)]
    pub auth: Auth,
    /// Where its secrets are kept, by slot.
    #[serde(default)]
    pub secrets: BTreeMap<String, Source>,
    /// What the connector itself wants to know.
    #[serde(default = "empty")]
    pub settings: serde_json::Value,
    /// How much at a time.
    #[serde(default)]
    pub limits: Limits,
    /// How patiently its documents are carried.
    #[serde(default)]
    pub delivery: Delivery,
    /// Which of its calls are written down.
    #[serde(default)]
    pub recording: Recording,
}

/// The `[grants]` table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Granted {
    /// Further hosts, such as `https://files.example.com` or `https://*.example.com`.
    pub hosts: Grants,
    /// Whether addresses of your own network may be dialled.
    pub private_network: bool,
    /// Granted hosts that get the credentials too.
    pub credentials_for: Grants,
}

/// The `[limits]` table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Calls on their way at a time, by lane.
    pub parallel: Parallel,
    /// Requests of one call on the wire at a time.
    pub requests_parallel: Option<usize>,
    /// How long a live question may take.
    pub timeout_ms: Option<u64>,
    /// How fast requests may follow each other.
    pub rate: Option<Rate>,
    /// Sockets open at a time.
    pub sockets: Option<usize>,
}

/// `parallel` in the `[limits]` table: calls on their way at a time.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Parallel {
    /// Questions that somebody waits for.
    pub live: Option<usize>,
    /// Documents of customers.
    pub orders: Option<usize>,
    /// Work that runs by the clock.
    pub sync: Option<usize>,
    /// Documents that came in bulk.
    pub bulk: Option<usize>,
}

/// The `[delivery]` table.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// Attempts that may fail for another reason than the system being away, before a person is asked.
    pub attempts: Option<u32>,
    /// Times the connector may crash over one document, before a person is asked.
    pub crashes: Option<u32>,
    /// Hours that a document is carried while the system is away.
    pub give_up_after_hours: Option<u32>,
    /// How long a system that was cut off in the middle of a write is left alone before it is asked.
    pub settle_ms: Option<u64>,
    /// How often a look-up must come back empty before the document is sent again.
    pub lookups: Option<u32>,
    /// Documents that travel together, for a connector that takes them so.
    pub batch: Option<Batch>,
}

/// `batch` in the `[delivery]` table.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Documents in one call, at most.
    pub documents: usize,
    /// How long the first of them waits for others.
    pub wait_ms: u64,
}

/// The `[recording]` table.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Recording {
    /// Which calls are written down.
    pub calls: RecordedCalls,
    /// Recordings that are kept, the newest.
    pub keep: Option<usize>,
    /// Hours that each is kept.
    pub keep_hours: Option<u32>,
}

/// `calls` in the `[recording]` table.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RecordedCalls {
    /// None.
    #[default]
    Off,
    /// Those that fail.
    Errors,
    /// Every one.
    All,
}

const fn yes() -> bool {
    true
}

fn empty() -> serde_json::Value {
    serde_json::Value::Object(serde_json::Map::new())
}

impl ConnectionFile {
    /// What `init` writes as `connections/erp.toml.example`.
    pub const EXAMPLE: &str = include_str!("connection.toml");

    /// Reads one file.
    ///
    /// # Errors
    /// [`ConfigError`] names file, line and the field that was probably meant.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let file: Self = super::read(path)?;
        let unusable = |problem: &str| ConfigError::Unusable { path: path.to_owned(), problem: problem.to_owned() };
        if !file.settings.is_object() {
            return Err(unusable("settings must be a table: write [settings] on a line of its own"));
        }
        let Parallel { live, orders, sync, bulk } = file.limits.parallel;
        let limits = [live, orders, sync, bulk, file.limits.requests_parallel, file.limits.sockets];
        let Delivery { attempts, crashes, give_up_after_hours, lookups, batch, .. } = file.delivery;
        if limits.contains(&Some(0)) || [attempts, crashes, give_up_after_hours, lookups].contains(&Some(0)) {
            return Err(unusable("a limit of 0 would let nothing through; write 1 or more, or enabled = false"));
        }
        if batch.is_some_and(|batch| {
            !(1..=limits::GATHERED_MAX).contains(&batch.documents)
                || Duration::from_millis(batch.wait_ms) > limits::GATHERING_WAIT_MAX
        }) {
            return Err(unusable(&format!(
                "delivery.batch takes 1 to {} documents and a wait_ms of up to {}",
                limits::GATHERED_MAX,
                limits::GATHERING_WAIT_MAX.as_millis()
            )));
        }
        let Recording { keep, keep_hours, .. } = file.recording;
        let hours_max = limits::RECORDING_AGE_MAX.as_secs() / 3_600;
        if keep.is_some_and(|keep| !(1..=limits::RECORDINGS_KEPT_MAX).contains(&keep))
            || keep_hours.is_some_and(|hours| !(1..=hours_max).contains(&u64::from(hours)))
        {
            let most = limits::RECORDINGS_KEPT_MAX;
            return Err(unusable(&format!(
                "recording.keep takes 1 to {most} recordings and recording.keep_hours 1 to {hours_max} hours"
            )));
        }
        Ok(file)
    }
}

/// Every connection file of a folder by the connection's name, in order. A name the API could not spell in a path is
/// an error of that file alone; a folder that is not there has none.
#[must_use]
pub fn read_folder(folder: &Path) -> Vec<(String, Result<ConnectionFile, ConfigError>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    files.truncate(limits::CONNECTIONS_MAX);
    files.into_iter().map(|path| (name(&path), check_name(&path).and_then(|()| ConnectionFile::read(&path)))).collect()
}

fn name(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn check_name(path: &Path) -> Result<(), ConfigError> {
    let name = name(path);
    let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !name.is_empty() && name.len() <= 64 && name.chars().all(simple) {
        return Ok(());
    }
    let problem =
        "its name becomes the connection's name: use up to 64 lower-case letters, digits, `-` and `_`".to_owned();
    Err(ConfigError::Unusable { path: path.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_connection_file() {
        let file: ConnectionFile = toml::from_str(ConnectionFile::EXAMPLE).unwrap();
        assert_eq!(file.connector, "sap-business-one");
    }

    #[test]
    fn one_bad_file_does_not_hide_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let good = "connector = \"x\"\nbase_url = \"https://x.example\"\n";
        std::fs::write(folder.path().join("a.toml"), good).unwrap();
        std::fs::write(folder.path().join("b.toml"), "connecter = \"x\"\n").unwrap();
        std::fs::write(folder.path().join("Ä.toml"), good).unwrap();
        std::fs::write(folder.path().join("note.txt"), "").unwrap();
        let files = read_folder(folder.path());
        let found: Vec<(&str, bool)> = files.iter().map(|(name, file)| (name.as_str(), file.is_ok())).collect();
        assert_eq!(found, [("a", true), ("b", false), ("Ä", false)]);
        let text = files[1].1.as_ref().unwrap_err().to_string();
        assert!(text.ends_with("did you mean `connector`?"), "{text}");
    }
}
