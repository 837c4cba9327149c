//! Who may do what: API keys with scopes, kept as hashes in the store.

mod key;
mod scope;

pub use key::{AccessError, Text};
pub use scope::Scope;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::limits;
use crate::seam::{Clock, Millis};
use crate::store::{Batch, Store, StoreError};

/// Prefix of key records in the store.
const KEYS: &[u8] = b"key/";

/// What is kept of a key. The key itself is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyRecord {
    /// `key_…`
    pub id: String,
    /// What it is for, in the words of whoever made it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The connections it is for; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<Vec<String>>,
    /// When it was made; milliseconds since the epoch.
    pub created: Millis,
    /// When it was revoked, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Millis>,
    /// SHA-256 of the key, as hex.
    #[schema(ignore)]
    hash: String,
}

/// What a new key may do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The connections it is for; absent for all.
    #[serde(default)]
    pub connections: Option<Vec<String>>,
}

/// Why the keys could not be changed.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The new key's description cannot be used.
    #[error("make the key: {0}")]
    Invalid(String),
    /// There is no such key.
    #[error("find key {0}")]
    NotFound(String),
}

/// Who asks: what is known of a key that was shown.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The key's id.
    pub key_id: String,
    /// The key's name.
    pub name: String,
    scopes: Vec<Scope>,
    connections: Option<Vec<String>>,
}

impl Principal {
    /// Whether the key has the scope, or one that implies it.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|held| held.implies(scope))
    }

    /// Whether the key is for this connection.
    #[must_use]
    pub fn may_use(&self, connection: &str) -> bool {
        self.connections.as_ref().is_none_or(|names| names.iter().any(|name| name == connection))
    }
}

/// The keys of a host. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    clock: Clock,
    by_hash: RwLock<HashMap<String, (Arc<Principal>, KeyRecord)>>,
}

impl Keys {
    /// Reads the keys from the store.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub fn open(store: Arc<dyn Store>, clock: Clock) -> Result<Self, StoreError> {
        let mut by_hash = HashMap::new();
        for entry in store.scan(KEYS, None, limits::KEYS_MAX)? {
            let record: KeyRecord = serde_json::from_slice(&entry.value).map_err(|e| StoreError::Damaged {
                place: entry.key.escape_ascii().to_string(),
                problem: format!("its record cannot be read: {e}"),
                way_out: "move the folder aside and restore a backup".to_owned(),
            })?;
            by_hash.insert(record.hash.clone(), (Arc::new(principal(&record)), record));
        }
        Ok(Self(Arc::new(Inner { store, clock, by_hash: RwLock::new(by_hash) })))
    }

    /// Makes a key. Its text is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] says what to write instead.
    pub async fn create(&self, new: NewKey) -> Result<(Text, KeyRecord), KeyError> {
        check(&new)?;
        if self.0.by_hash.read().len() >= limits::KEYS_MAX {
            return Err(KeyError::Invalid(format!("there are {} keys already", limits::KEYS_MAX)));
        }
        let text = Text::mint();
        let now = self.0.clock.now();
        let id = ulid::Ulid::from_parts(now, u128::from_le_bytes(crate::seam::random_bytes()) >> 48);
        let record = KeyRecord {
            id: format!("key_{id}"),
            name: new.name,
            scopes: new.scopes,
            connections: new.connections,
            created: now,
            revoked: None,
            hash: text.hash(),
        };
        self.write(record.clone()).await?;
        Ok((text, record))
    }

    /// Makes a key useless, at once.
    ///
    /// # Errors
    /// [`KeyError::NotFound`], or that the store failed.
    pub async fn revoke(&self, id: &str) -> Result<KeyRecord, KeyError> {
        let found =
            self.0.by_hash.read().values().find(|(_, record)| record.id == id).map(|(_, record)| record.clone());
        let mut record = found.ok_or_else(|| KeyError::NotFound(id.to_owned()))?;
        record.revoked.get_or_insert(self.0.clock.now());
        self.write(record.clone()).await?;
        Ok(record)
    }

    /// All keys, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<KeyRecord> {
        let mut records: Vec<_> = self.0.by_hash.read().values().map(|(_, record)| record.clone()).collect();
        records.sort_by(|a, b| a.id.cmp(&b.id));
        records
    }

    /// Who shows this key.
    ///
    /// # Errors
    /// [`AccessError`] tells a misspelt key from one that is not known or was revoked.
    pub fn authorize(&self, text: &str) -> Result<Arc<Principal>, AccessError> {
        let hash = Text::read(text)?.hash();
        let known = self.0.by_hash.read();
        // Looked up by hash: nobody learns a key from how long the look-up takes.
        let (principal, record) = known.get(&hash).ok_or(AccessError::Unknown)?;
        if record.revoked.is_some() {
            return Err(AccessError::Revoked);
        }
        Ok(Arc::clone(principal))
    }

    async fn write(&self, record: KeyRecord) -> Result<(), KeyError> {
        let bytes = serde_json::to_vec(&record)
            .map_err(|e| StoreError::Failed(format!("a key's record cannot be written: {e}")))?;
        self.0.store.commit(Batch::new().put([KEYS, record.id.as_bytes()].concat(), bytes)).await?;
        self.0.by_hash.write().insert(record.hash.clone(), (Arc::new(principal(&record)), record));
        Ok(())
    }
}

fn principal(record: &KeyRecord) -> Principal {
    Principal {
        key_id: record.id.clone(),
        name: record.name.clone(),
        scopes: record.scopes.clone(),
        connections: record.connections.clone(),
    }
}

fn check(new: &NewKey) -> Result<(), KeyError> {
    let invalid = |text: &str| Err(KeyError::Invalid(text.to_owned()));
    if new.name.trim().is_empty() || new.name.len() > limits::KEY_NAME_BYTES_MAX {
        return Err(KeyError::Invalid(format!("its name needs 1 to {} bytes", limits::KEY_NAME_BYTES_MAX)));
    }
    if new.scopes.is_empty() {
        return invalid("give it at least one scope: read, write, operate or admin");
    }
    if new.connections.as_ref().is_some_and(Vec::is_empty) {
        return invalid("an empty list of connections lets it use none; leave the list out to let it use all");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn keys(store: &Arc<MemoryStore>) -> Keys {
        Keys::open(Arc::clone(store) as _, Clock::manual(1_000)).unwrap()
    }

    #[tokio::test]
    async fn a_key_outlives_the_host_and_its_text_is_nowhere() {
        let store = Arc::new(MemoryStore::new());
        let new = NewKey { name: "shop".into(), scopes: vec![Scope::Write], connections: Some(vec!["erp".into()]) };
        let (text, record) = keys(&store).create(new).await.unwrap();
        let again = keys(&store);
        let principal = again.authorize(text.expose()).unwrap();
        assert!(principal.allows(Scope::Write) && principal.allows(Scope::Read) && !principal.allows(Scope::Operate));
        assert!(principal.may_use("erp") && !principal.may_use("crm"));
        for entry in store.scan(b"", None, 100).unwrap() {
            assert!(!String::from_utf8_lossy(&entry.value).contains(text.expose()));
        }
        again.revoke(&record.id).await.unwrap();
        assert_eq!(again.authorize(text.expose()).unwrap_err(), AccessError::Revoked);
        assert_eq!(keys(&store).authorize(text.expose()).unwrap_err(), AccessError::Revoked);
    }

    #[tokio::test]
    async fn a_key_that_may_do_nothing_is_not_made() {
        let store = Arc::new(MemoryStore::new());
        for (name, scopes, connections) in
            [("", vec![Scope::Read], None), ("x", vec![], None), ("x", vec![Scope::Read], Some(vec![]))]
        {
            let new = NewKey { name: name.to_owned(), scopes, connections };
            assert!(matches!(keys(&store).create(new).await, Err(KeyError::Invalid(_))));
        }
    }
}
