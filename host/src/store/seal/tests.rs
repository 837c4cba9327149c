//! What a sealed store keeps to itself, and what it answers with the right key, the wrong key and none.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::limits;
use crate::secret::MasterKey;
use crate::store::MemoryStore;

fn key(digit: char) -> Option<MasterKey> {
    MasterKey::parse(&digit.to_string().repeat(64))
}

fn keys(current: Option<char>, previous: Option<char>) -> MasterKeys {
    MasterKeys { current: current.and_then(key), previous: previous.and_then(key) }
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

async fn opened(
    store: &Arc<dyn Store>,
    current: Option<char>,
    previous: Option<char>,
) -> Result<Arc<dyn Store>, String> {
    SealedStore::open(Arc::clone(store), &keys(current, previous)).await.map_err(|error| error.to_string())
}

const SECRETS: [(&str, &str); 4] = [
    ("document/job_1", r#"{"customer":"C20000"}"#),
    ("job/job_1", r#"{"reference":"WEB-1"}"#),
    ("reference/x", "DocEntry 4711"),
    ("state/erp", "token"),
];

async fn fill(store: &Arc<dyn Store>) {
    let batch = SECRETS.into_iter().fold(Batch::new(), |batch, (key, value)| batch.put(key, value));
    store.commit(batch.put("idempotency/h", "hash").put("key/k", "hash")).await.unwrap();
}

fn all(store: &Arc<dyn Store>) -> Vec<(String, Bytes)> {
    let entries = store.scan(b"", None, 1_000).unwrap().into_iter();
    let pairs = entries.map(|entry| (String::from_utf8(entry.key).unwrap(), entry.value));
    pairs.filter(|(key, _)| !key.starts_with("seal/")).collect()
}

#[tokio::test]
async fn what_lies_in_the_store_tells_nothing() {
    let inner = memory();
    let store = opened(&inner, Some('1'), None).await.unwrap();
    fill(&store).await;
    for (key, secret) in SECRETS {
        assert_eq!(store.get(key.as_bytes()).unwrap().unwrap().value, secret);
        let raw = inner.get(key.as_bytes()).unwrap().unwrap().value;
        assert!(!raw.windows(4).any(|window| secret.as_bytes().windows(4).any(|other| other == window)), "{key}");
        assert_eq!(raw.len(), secret.len() + OVERHEAD_BYTES);
    }
    assert_eq!(inner.get(b"key/k").unwrap().unwrap().value, "hash", "read without a master key");
    assert_eq!(all(&opened(&inner, Some('1'), None).await.unwrap()), all(&store));
}

#[tokio::test]
async fn the_wrong_key_and_no_key_are_refused() {
    let inner = memory();
    fill(&opened(&inner, Some('1'), None).await.unwrap()).await;
    let before = inner.scan(b"", None, 1_000).unwrap();
    let wrong = opened(&inner, Some('2'), None).await.err().unwrap();
    assert!(wrong.starts_with("unseal the records: they are sealed with another master key"), "{wrong}");
    let none = opened(&inner, None, None).await.err().unwrap();
    assert!(none.contains("there is no master key; set [store] master_key"), "{none}");
    assert!(opened(&inner, None, Some('1')).await.is_err());
    assert_eq!(inner.scan(b"", None, 1_000).unwrap(), before, "a refusal writes nothing");
}

#[tokio::test]
async fn a_value_under_a_foreign_key_is_damage() {
    let inner = memory();
    let store = opened(&inner, Some('1'), None).await.unwrap();
    fill(&store).await;
    let foreign = inner.get(b"job/job_1").unwrap().unwrap().value;
    inner.commit(Batch::new().put("document/job_1", foreign)).await.unwrap();
    let error = store.get(b"document/job_1").unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { place, .. } if place == "the record document/job_1"), "{error}");
    assert!(store.scan(b"document/", None, 9).is_err());
}

#[tokio::test]
async fn a_store_without_a_key_stays_as_it_is_until_it_is_sealed() {
    let inner = memory();
    let plain = opened(&inner, None, None).await.unwrap();
    fill(&plain).await;
    let before = all(&plain);
    assert_eq!(all(&opened(&inner, None, None).await.unwrap()), before);
    let error = opened(&inner, Some('1'), None).await.err().unwrap();
    assert!(error.contains("run `apiconnect store rekey` once"), "{error}");
    let done = rekey(&inner, &keys(Some('1'), None), &mut |_| {}).await.unwrap();
    assert_eq!(done, Rekeyed { sealed: 4, changed: 4 });
    assert_eq!(all(&opened(&inner, Some('1'), None).await.unwrap()), before);
    assert!(!String::from_utf8_lossy(&inner.get(b"document/job_1").unwrap().unwrap().value).contains("C20000"));
    let again = rekey(&inner, &keys(Some('1'), None), &mut |_| {}).await.unwrap();
    assert_eq!(again, Rekeyed { sealed: 4, changed: 0 });
}

#[tokio::test]
async fn both_keys_work_until_the_old_one_is_gone() {
    let inner = memory();
    let store = opened(&inner, Some('1'), None).await.unwrap();
    fill(&store).await;
    let before = all(&store);
    let both = opened(&inner, Some('2'), Some('1')).await.unwrap();
    assert_eq!(all(&both), before);
    both.commit(Batch::new().put("job/job_2", "new")).await.unwrap();
    assert_eq!(opened(&inner, Some('2'), None).await.err().map(|e| e.contains("previous_key")), Some(true));
    let done = rekey(&inner, &keys(Some('2'), Some('1')), &mut |_| {}).await.unwrap();
    assert_eq!(done, Rekeyed { sealed: 5, changed: 4 });
    let after = opened(&inner, Some('2'), None).await.unwrap();
    assert_eq!(all(&after).len(), before.len() + 1);
    assert!(opened(&inner, Some('1'), None).await.is_err(), "the old key opens nothing any more");
}

/// Fails every commit after the first `left` ones, as a killed process would.
struct Dying {
    inner: Arc<dyn Store>,
    left: AtomicU32,
}

impl Store for Dying {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        self.inner.get(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.scan(prefix, after, limit)
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Revision, StoreError>> {
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            return Box::pin(async { Err(StoreError::Closed) });
        }
        self.inner.commit(batch)
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.inner.watch(prefix)
    }

    fn failed(&self) -> Option<String> {
        None
    }
}

#[tokio::test]
async fn a_change_of_keys_can_be_killed_anywhere() {
    // From no key to one, and from one to the next.
    for (old, new) in [(None, '1'), (Some('1'), '2')] {
        for killed_after in 0..6 {
            let inner = memory();
            let store = opened(&inner, old, None).await.unwrap();
            for n in 0..6 {
                store.commit(Batch::new().put(format!("document/{n}"), vec![n; 15_000])).await.unwrap();
            }
            store.commit(Batch::new().put("", "the empty key")).await.unwrap();
            let before = all(&store);
            let dying: Arc<dyn Store> = Arc::new(Dying { inner: Arc::clone(&inner), left: killed_after.into() });
            let keys = keys(Some(new), old);
            let killed = rekey(&dying, &keys, &mut |_| {}).await;
            assert_eq!(killed.is_err(), killed_after < 4, "{killed:?}");
            if old.is_some() {
                assert!(all(&opened(&inner, Some(new), old).await.unwrap()) == before, "killed after {killed_after}");
            } else if killed.is_err() && killed_after > 0 {
                assert!(opened(&inner, None, None).await.is_err(), "half sealed, and taken for plain");
                assert!(opened(&inner, Some(new), None).await.is_err(), "half sealed, and taken for sealed");
            }
            rekey(&inner, &keys, &mut |_| {}).await.unwrap();
            assert!(all(&opened(&inner, Some(new), None).await.unwrap()) == before, "killed after {killed_after}");
            assert!(inner.scan(b"seal/", None, 9).unwrap().len() == 1);
        }
    }
}

#[tokio::test]
async fn the_largest_value_can_be_sealed_and_one_byte_more_is_refused() {
    let store = opened(&memory(), Some('1'), None).await.unwrap();
    let value = vec![7; limits::VALUE_BYTES_MAX];
    store.commit(Batch::new().put("document/a", value.clone())).await.unwrap();
    assert_eq!(store.get(b"document/a").unwrap().unwrap().value, value);
    let more = [value.as_slice(), &[7]].concat();
    assert!(matches!(store.commit(Batch::new().put("document/a", more)).await, Err(StoreError::TooLarge { .. })));
}
