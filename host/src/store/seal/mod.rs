//! Sealing: what lies on the disk is of no use to whoever has the disk only.
//!
//! A layer over any [`Store`]: values are sealed on their way in and opened on their way out (`cipher.rs`), all but a
//! few kinds of records (`table.rs`). A store that is sealed opens with the right master key only (`ring.rs`), and
//! `rekey.rs` changes the key, or seals a store that was not. `file.rs` seals files beside the store.

mod cipher;
mod file;
mod rekey;
mod ring;
mod table;

#[cfg(test)]
mod tests;

pub(super) use cipher::OVERHEAD_BYTES;
pub use file::FileSeal;
pub use rekey::{Rekeyed, rekey};
pub use ring::MasterKeys;

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;

use super::{Batch, Entry, Revision, Store, StoreError, Watch};
use ring::{Ring, Standing};
use table::is_sealed;

/// A store whose values are sealed.
pub struct SealedStore {
    inner: Arc<dyn Store>,
    ring: Ring,
}

impl SealedStore {
    /// Puts the seal before `store`. Without a master key, and over a store that is not sealed, that is `store` itself.
    /// A key that the store has not seen is taken up for new values.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when a key is missing or wrong, or the store has yet to be sealed with
    /// `apiconnect store rekey`.
    pub async fn open(store: Arc<dyn Store>, keys: &MasterKeys) -> Result<Arc<dyn Store>, StoreError> {
        let Standing::Sealed { ring, checked } = ring::stand(&store, keys)? else { return Ok(store) };
        let never = checked.is_some() && ring.older().next().is_none();
        if store.get(ring::UNFINISHED)?.is_some() || (never && ring::holds_plain(&store)?) {
            return Err(ring::sealed(
                "a master key is set and some of them are not sealed yet; run `apiconnect store rekey` once, while the \
                 host stands still",
            ));
        }
        if let Some(checked) = checked {
            store.commit(checked).await?;
        }
        Ok(Arc::new(Self { inner: store, ring }))
    }

    /// A layer that writes no check record, so that the store looks as empty as it is.
    #[cfg(test)]
    pub(super) fn over(inner: Arc<dyn Store>, keys: &MasterKeys) -> Self {
        match ring::stand(&inner, keys) {
            Ok(Standing::Sealed { ring, .. }) => Self { inner, ring },
            _ => panic!("a key for the test"),
        }
    }

    fn opened(&self, entry: Entry) -> Result<Entry, StoreError> {
        if !is_sealed(&entry.key) {
            return Ok(entry);
        }
        let cipher = entry.value.first().and_then(|generation| self.ring.cipher(*generation));
        match cipher.and_then(|cipher| cipher.open(&entry.key, &entry.value)) {
            Some(value) => Ok(Entry { value, ..entry }),
            None => Err(broken(&entry.key)),
        }
    }

    fn sealed(&self, mut batch: Batch) -> Result<Batch, StoreError> {
        batch.check()?;
        let cipher = self.ring.cipher(self.ring.current).ok_or_else(|| ring::sealed("the master key is gone"))?;
        for (key, value) in &mut batch.writes {
            let Some(plain) = value.as_mut().filter(|_| is_sealed(key)) else { continue };
            let sealed: Option<Bytes> = cipher.seal(self.ring.current, key, plain);
            *plain = sealed.ok_or_else(|| ring::sealed("the cipher fails"))?;
        }
        batch.is_sealed = true;
        Ok(batch)
    }
}

fn broken(key: &[u8]) -> StoreError {
    let problem = "its seal does not fit: it was altered, or put under a foreign key";
    StoreError::damaged(format!("the record {}", super::error::readable(key)), problem)
}

impl Store for SealedStore {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        self.inner.get(key)?.map(|entry| self.opened(entry)).transpose()
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.scan(prefix, after, limit)?.into_iter().map(|entry| self.opened(entry)).collect()
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Revision, StoreError>> {
        Box::pin(async move { self.inner.commit(self.sealed(batch)?).await })
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.inner.watch(prefix)
    }

    fn failed(&self) -> Option<String> {
        self.inner.failed()
    }

    fn room(&self) -> Result<(), StoreError> {
        self.inner.room()
    }
}
