//! What every backend must do, run on each of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::limits;
use crate::seam;

/// Runs every check against fresh stores from `fresh`.
async fn conforms<S: Store>(mut fresh: impl FnMut() -> S) {
    reads_and_writes(&fresh()).await;
    scans_in_order_and_in_pages(&fresh()).await;
    conditions_guard_whole_batches(&fresh()).await;
    large_values_come_back_whole(&fresh()).await;
    limits_are_kept(&fresh()).await;
    watchers_hear_what_concerns_them(&fresh()).await;
    slow_watchers_are_told_to_scan(&fresh()).await;
    increments_are_never_lost(Arc::new(fresh())).await;
}

async fn reads_and_writes(store: &impl Store) {
    assert_eq!(store.get(b"a").unwrap(), None);
    assert_eq!(store.commit(Batch::new().put("a", "1").put("", "empty")).await, Ok(1));
    assert_eq!(store.commit(Batch::new().put("a", "2").put("a", "3")).await, Ok(2));
    let entry = Entry { key: b"a".to_vec(), value: "3".into(), revision: 2 };
    assert_eq!(store.get(b"a").unwrap(), Some(entry));
    assert_eq!(store.get(b"").unwrap().unwrap().value, "empty");
    assert_eq!(store.commit(Batch::new().delete("a").delete("not there")).await, Ok(3));
    assert_eq!(store.get(b"a").unwrap(), None);
    assert_eq!(store.commit(Batch::new().put("b", "1").delete("b")).await, Ok(4));
    assert_eq!(store.get(b"b").unwrap(), None);
    assert_eq!(store.failed(), None);
}

async fn scans_in_order_and_in_pages(store: &impl Store) {
    let batch = (0..100_u8).rev().fold(Batch::new(), |batch, n| batch.put([b'k', n], vec![n]));
    store.commit(batch.put("j", "before").put("l", "behind").put([0xff, 0xff], "last")).await.unwrap();
    let keys = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>();
    let all: Vec<_> = (0..100_u8).map(|n| vec![b'k', n]).collect();
    assert_eq!(keys(store.scan(b"k", None, 1_000).unwrap()), all);
    assert_eq!(keys(store.scan(b"", None, usize::MAX).unwrap()).len(), 103);
    assert_eq!(keys(store.scan(&[0xff], None, 9).unwrap()), [[0xff, 0xff]]);
    assert_eq!(store.scan(b"k", None, 0).unwrap(), []);
    assert_eq!(store.scan(b"k", Some(b"l"), 9).unwrap(), []);
    assert_eq!(keys(store.scan(b"k", Some(b"a"), 1).unwrap()), [[b'k', 0]]);
    let mut paged = Vec::new();
    while let page = store.scan(b"k", paged.last().map(Vec::as_slice), 7).unwrap()
        && !page.is_empty()
    {
        paged.extend(keys(page));
    }
    assert_eq!(paged, all);
}

async fn conditions_guard_whole_batches(store: &impl Store) {
    let conflict = |key: &str| Err(StoreError::Conflict { key: key.into() });
    assert_eq!(store.commit(Batch::new().require_absent("a").put("a", "1")).await, Ok(1));
    assert_eq!(store.commit(Batch::new().require_absent("a").put("a", "2").put("b", "2")).await, conflict("a"));
    assert_eq!(store.get(b"b").unwrap(), None);
    assert_eq!(store.commit(Batch::new().require_revision("a", 1).put("a", "3")).await, Ok(2));
    assert_eq!(store.commit(Batch::new().require_revision("a", 1).delete("a")).await, conflict("a"));
    assert_eq!(store.commit(Batch::new().require_revision("c", 1).put("c", "1")).await, conflict("c"));
    assert_eq!(store.get(b"a").unwrap().unwrap().value, "3");
    // In one group or not: exactly one of many wins, and the others do not harm the rest.
    let racers =
        (0..50_u8).map(|n| store.commit(Batch::new().require_absent("race").put("race", vec![n]).put([n], vec![n])));
    let others = (100..150_u8).map(|n| store.commit(Batch::new().put([n], vec![n])));
    let (racers, others) = futures::join!(futures::future::join_all(racers), futures::future::join_all(others));
    assert_eq!(racers.iter().filter(|won| won.is_ok()).count(), 1);
    assert!(others.iter().all(Result::is_ok));
    let winner = store.get(b"race").unwrap().unwrap().value;
    assert_eq!((0..50_u8).filter(|n| store.get(&[*n]).unwrap().is_some()).collect::<Vec<_>>(), winner.to_vec());
    let mut revisions: Vec<_> = racers.into_iter().chain(others).filter_map(Result::ok).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, (3..=53).collect::<Vec<_>>());
}

async fn large_values_come_back_whole(store: &impl Store) {
    const PART: usize = limits::VALUE_PART_BYTES;
    for bytes in [PART, PART + 1, 3 * PART, limits::VALUE_BYTES_MAX, 1] {
        let value: Bytes = (0..bytes).map(|n| u8::try_from(n % 251).unwrap()).collect::<Vec<_>>().into();
        store.commit(Batch::new().put("large", value.clone()).put("other", value.slice(1..))).await.unwrap();
        assert_eq!(store.get(b"large").unwrap().unwrap().value, value);
        let entries = store.scan(b"", None, 9).unwrap();
        assert_eq!(entries.iter().map(|entry| entry.value.len()).collect::<Vec<_>>(), [bytes, bytes - 1]);
    }
    store.commit(Batch::new().delete("large").delete("other")).await.unwrap();
    assert_eq!(store.scan(b"", None, 9).unwrap(), []);
}

async fn limits_are_kept(store: &impl Store) {
    let key = vec![b'k'; limits::KEY_BYTES_MAX];
    let value = Bytes::from(vec![0; limits::VALUE_BYTES_MAX]);
    store.commit(Batch::new().put(key.clone(), value.clone())).await.unwrap();
    let many = (0..=limits::COMMIT_OPERATIONS_MAX).fold(Batch::new(), |batch, n| batch.put(n.to_be_bytes(), ""));
    let heavy = (0..5_u8).fold(Batch::new(), |batch, n| batch.put([n], value.clone()));
    let too_large = [
        Batch::new().put([key.clone(), vec![0]].concat(), ""),
        Batch::new().require_absent([key, vec![0]].concat()),
        Batch::new().put("v", [&value[..], &[0]].concat()),
        many,
        heavy,
    ];
    for batch in too_large {
        assert!(matches!(store.commit(batch).await, Err(StoreError::TooLarge { .. })));
    }
    assert_eq!(store.scan(b"", None, 9).unwrap().len(), 1);
}

async fn watchers_hear_what_concerns_them(store: &impl Store) {
    store.commit(Batch::new().put("a/0", "before")).await.unwrap();
    let mut watch = store.watch(b"a/");
    let _gone = store.watch(b"");
    store.commit(Batch::new().put("a/1", "").put("b/1", "").delete("a/none")).await.unwrap();
    store.commit(Batch::new().delete("a/0")).await.unwrap();
    assert_eq!(watch.next().await, Some(Change::Put { key: "a/1".into(), revision: 2 }));
    assert_eq!(watch.next().await, Some(Change::Deleted { key: "a/0".into(), revision: 3 }));
}

async fn slow_watchers_are_told_to_scan(store: &impl Store) {
    let mut watch = store.watch(b"");
    for round in 0..3_u8 {
        let batch =
            (0..limits::WATCH_LAG_MAX / 2).fold(Batch::new(), |batch, n| batch.put(n.to_be_bytes(), vec![round]));
        store.commit(batch).await.unwrap();
    }
    assert_eq!(watch.next().await, Some(Change::Rescan));
    assert!(matches!(watch.next().await, Some(Change::Put { .. })));
}

async fn increments_are_never_lost(store: Arc<impl Store>) {
    store.commit(Batch::new().put("n", 0_u64.to_be_bytes().to_vec())).await.unwrap();
    let increment = async |store: &dyn Store| loop {
        let Entry { value, revision, .. } = store.get(b"n").unwrap().unwrap();
        let next = u64::from_be_bytes(value.as_ref().try_into().unwrap()) + 1;
        let batch = Batch::new().require_revision("n", revision).put("n", next.to_be_bytes().to_vec());
        match store.commit(batch).await {
            Err(StoreError::Conflict { .. }) => {}
            other => return other.map(drop).unwrap(),
        }
    };
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let store = Arc::clone(&store);
            seam::spawn(async move {
                for _ in 0..4 {
                    increment(&*store).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.get(b"n").unwrap().unwrap().value.as_ref(), 128_u64.to_be_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_conforms() {
    conforms(MemoryStore::new).await;
}

/// A store with a seal before it, for checks that make their stores themselves.
fn sealed(inner: impl Store) -> SealedStore {
    let key = crate::secret::MasterKey::parse(&"5e".repeat(32));
    let keys = MasterKeys { current: key, previous: None };
    SealedStore::over(std::sync::Arc::new(inner), &keys)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_store_conforms() {
    conforms(|| sealed(MemoryStore::new())).await;
    let mut folders = Vec::new();
    conforms(|| {
        folders.push(tempfile::tempdir().unwrap());
        sealed(SledStore::open(folders.last().unwrap().path(), OpenOptions::default()).unwrap())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sled_conforms() {
    let mut folders = Vec::new();
    conforms(|| {
        folders.push(tempfile::tempdir().unwrap());
        SledStore::open(folders.last().unwrap().path(), OpenOptions::default()).unwrap()
    })
    .await;
    let folders = folders.iter().map(|folder| folder.path().join("records/blobs"));
    assert!(folders.into_iter().all(|blobs| std::fs::read_dir(blobs).map_or(0, Iterator::count) == 0));
}

/// One step of a random history.
type Step = Vec<(u8, Option<u16>, u8)>;

fn batch_of(step: &Step, revisions: &BTreeMap<u8, Revision>) -> Batch {
    step.iter().fold(Batch::new(), |batch, (key, write, condition)| {
        let batch = match condition {
            0 => batch.require_absent([*key]),
            1..=3 => batch.require_revision([*key], revisions.get(key).copied().unwrap_or(1)),
            _ => batch,
        };
        match write {
            // Some values are large enough to have parts.
            Some(size) => batch.put([*key], vec![*key; usize::from(*size) * 3]),
            None => batch.delete([*key]),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn both_backends_give_the_same_answers(
        history in prop::collection::vec(prop::collection::vec((0..12_u8, any::<Option<u16>>(), any::<u8>()), 1..6), 1..25)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let memory = MemoryStore::new();
        let mut sled = SledStore::open(folder.path(), OpenOptions::default()).unwrap();
        let mut revisions = BTreeMap::new();
        for (at, step) in history.iter().enumerate() {
            let batch = batch_of(step, &revisions);
            let expected = futures::executor::block_on(memory.commit(batch.clone()));
            prop_assert_eq!(&futures::executor::block_on(sled.commit(batch)), &expected);
            if let Ok(revision) = expected {
                revisions.extend(step.iter().map(|(key, ..)| (*key, revision)));
            }
            if at % 10 == 9 {
                drop(sled);
                sled = SledStore::open(folder.path(), OpenOptions::default()).unwrap();
            }
            prop_assert_eq!(sled.scan(b"", None, 99).unwrap(), memory.scan(b"", None, 99).unwrap());
        }
    }
}
