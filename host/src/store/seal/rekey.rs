//! Changing the master key, or sealing a store that was not sealed: in batches, each of them whole, so that it can be
//! killed at any moment and run again.

use std::sync::Arc;

use super::cipher::{Cipher, Generation};
use super::ring::{self, MasterKeys, PAGE, Ring, Standing, UNFINISHED};
use super::table::is_sealed;
use crate::store::{Batch, Entry, Progress, Store, StoreError};

/// Bytes of values that one commit seals anew; tests come to the end of a batch sooner.
const BATCH_BYTES: usize = if cfg!(test) { 64 << 10 } else { 4 << 20 };

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Rekeyed {
    /// Records that are sealed with the current key.
    pub sealed: u64,
    /// Those among them that were not before.
    pub changed: u64,
}

/// Seals every record of `store` with the current key. The store itself is given, not the layer over it, and nobody
/// else may write to it meanwhile. `progress` has no total: nobody has counted.
///
/// # Errors
/// [`StoreError::Sealed`] when a key is missing or wrong, or that the store failed. It may be run again.
pub async fn rekey(
    store: &Arc<dyn Store>,
    keys: &MasterKeys,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Rekeyed, StoreError> {
    let Standing::Sealed { ring, checked } = ring::stand(store, keys)? else {
        return Err(ring::sealed("there is no master key; set [store] master_key in apiconnect.toml"));
    };
    let never = checked.is_some() && ring.older().next().is_none();
    if let Some(checked) = checked {
        // From here on an unsealed store counts as one that is being sealed.
        let checked = if never { checked.put(UNFINISHED, "") } else { checked };
        store.commit(checked).await?;
    }
    let mut work = Work { store: store.as_ref(), ring: &ring, upto: None, batch: Batch::new(), bytes: 0 };
    work.upto = store.get(UNFINISHED)?.map(|entry| entry.value.get(1..).map(<[u8]>::to_vec));
    let done = work.all(progress).await?;
    let end = ring.older().fold(Batch::new(), |batch, old| batch.delete(ring::check_key(old)));
    store.commit(end.delete(UNFINISHED)).await?;
    Ok(done)
}

struct Work<'a> {
    store: &'a dyn Store,
    ring: &'a Ring,
    /// In a store that is being sealed for the first time: up to which key it is, if it has begun.
    upto: Option<Option<Vec<u8>>>,
    batch: Batch,
    bytes: usize,
}

impl Work<'_> {
    async fn all(&mut self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Rekeyed, StoreError> {
        let mut done = Rekeyed { sealed: 0, changed: 0 };
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.store.scan(b"", after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for entry in page.iter().filter(|entry| is_sealed(&entry.key)) {
                done.sealed += 1;
                if self.take(entry).await? {
                    done.changed += 1;
                }
            }
            progress(Progress { done: done.sealed, total: 0 });
        }
        if let Some(last) = after {
            self.write(&last).await?;
        }
        Ok(done)
    }

    /// Puts the record into the batch, unless it is sealed with the current key already.
    async fn take(&mut self, entry: &Entry) -> Result<bool, StoreError> {
        let fresh = self.upto.as_ref().is_some_and(|upto| upto.as_ref().is_none_or(|upto| entry.key > *upto));
        let plain = if fresh {
            entry.value.clone()
        } else {
            let generation = entry.value.first().copied().unwrap_or_default();
            let plain = self.cipher(generation, &entry.key)?.open(&entry.key, &entry.value);
            let plain = plain.ok_or_else(|| super::broken(&entry.key))?;
            if generation == self.ring.current {
                return Ok(false);
            }
            plain
        };
        let sealed = self.cipher(self.ring.current, &entry.key)?.seal(self.ring.current, &entry.key, &plain);
        let sealed = sealed.ok_or_else(|| ring::sealed("the cipher fails"))?;
        self.bytes += sealed.len();
        let batch = std::mem::take(&mut self.batch).require_revision(entry.key.clone(), entry.revision);
        self.batch = batch.put(entry.key.clone(), sealed);
        if self.bytes > BATCH_BYTES || self.batch.len() > crate::limits::COMMIT_OPERATIONS_MAX / 2 {
            self.write(&entry.key).await?;
        }
        Ok(true)
    }

    /// Commits the batch, in one with how far a first sealing has come: a record that is sealed must never be taken for
    /// one that is not.
    async fn write(&mut self, upto: &[u8]) -> Result<(), StoreError> {
        let mut batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        if batch.is_empty() {
            return Ok(());
        }
        batch.is_sealed = true;
        if let Some(mark) = &mut self.upto {
            *mark = Some(upto.to_vec());
            batch = batch.put(UNFINISHED, [b"k", upto].concat());
        }
        self.store.commit(batch).await.map(drop)
    }

    fn cipher(&self, generation: Generation, key: &[u8]) -> Result<&Cipher, StoreError> {
        self.ring.cipher(generation).ok_or_else(|| super::broken(key))
    }
}
