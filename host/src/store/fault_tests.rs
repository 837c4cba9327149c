//! What callers see when the disk fails, and while it is slow.

use std::sync::mpsc;
use std::time::Duration;

use super::disk::{Disk, SledDisk};
use super::*;

/// A step of a commit.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Step {
    Apply,
    Flush,
    Sync,
    Panic,
}

/// Works until the group number `good`, then fails at `step`, and counts what it was asked after that.
struct Failing {
    disk: SledDisk,
    good: u32,
    step: Step,
    asked: mpsc::Sender<()>,
}

impl Failing {
    fn fails(&mut self, step: Step) -> Result<(), String> {
        if self.good > 0 || step != self.step {
            return Ok(());
        }
        self.asked.send(()).unwrap();
        Err("input/output error".to_owned())
    }
}

impl Disk for Failing {
    fn apply(&mut self, writes: sled::Batch) -> Result<(), String> {
        assert!(self.good > 0 || self.step != Step::Panic, "the engine panics");
        self.fails(Step::Apply)?;
        self.disk.apply(writes)
    }

    fn flush(&mut self) -> Result<(), String> {
        self.fails(Step::Flush)?;
        self.disk.flush()
    }

    fn sync(&mut self) -> Result<(), String> {
        self.fails(Step::Sync)?;
        self.good = self.good.saturating_sub(1);
        self.disk.sync()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_after_a_failed_step() {
    for step in [Step::Apply, Step::Flush, Step::Sync, Step::Panic] {
        let folder = tempfile::tempdir().unwrap();
        let (asked, times) = mpsc::channel();
        let store = SledStore::open_with(folder.path(), |disk| Failing { disk, good: 2, step, asked }).unwrap();
        let mut watch = store.watch(b"");
        assert_eq!(store.commit(Batch::new().put("a", "1").put("b", "1")).await, Ok(1));
        assert_eq!(store.commit(Batch::new().put("a", "2")).await, Ok(2));
        let batch = || Batch::new().put("a", "3").delete("b").put("c", "3");
        let after = futures::future::join_all((0..40).map(|_| store.commit(batch()))).await;
        assert!(after.iter().all(|answer| matches!(answer, Err(StoreError::Failed(_)))), "{step:?}: {after:?}");
        assert!(matches!(store.commit(batch()).await, Err(StoreError::Failed(_))));
        assert!(store.failed().is_some());
        assert_eq!(times.try_iter().count(), usize::from(step != Step::Panic), "{step:?} was tried again");
        // Readers keep to what is known to be durable.
        let values = store.scan(b"", None, 9).unwrap().into_iter().map(|entry| entry.value);
        assert_eq!(values.collect::<Vec<_>>(), ["2", "1"]);
        assert_eq!(store.get(b"c").unwrap(), None);
        for _ in 0..3 {
            assert!(matches!(watch.next().await, Some(Change::Put { .. })));
        }
        assert_eq!(watch.next().await, None);
        drop(store);
        let store = SledStore::open(folder.path(), OpenOptions::default()).unwrap();
        assert!(store.verified().sequence >= 2);
    }
}

/// Holds each sync until it is let go.
struct Slow {
    disk: SledDisk,
    reached: mpsc::Sender<()>,
    go: mpsc::Receiver<()>,
}

impl Disk for Slow {
    fn apply(&mut self, writes: sled::Batch) -> Result<(), String> {
        self.disk.apply(writes)
    }

    fn flush(&mut self) -> Result<(), String> {
        self.disk.flush()
    }

    fn sync(&mut self) -> Result<(), String> {
        self.reached.send(()).unwrap();
        self.go.recv_timeout(Duration::from_secs(10)).unwrap();
        self.disk.sync()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_never_see_what_is_not_yet_durable() {
    let folder = tempfile::tempdir().unwrap();
    let (reached, at_sync) = mpsc::channel();
    let (let_go, go) = mpsc::channel();
    let store = SledStore::open_with(folder.path(), |disk| Slow { disk, reached, go }).unwrap();
    let state = || {
        let value = |entry: Entry| (entry.key, entry.value.len(), entry.revision);
        let scanned: Vec<_> = store.scan(b"", None, 9).unwrap().into_iter().map(value).collect();
        let paged = store.scan(b"", None, 1).unwrap().into_iter().map(value);
        assert_eq!(paged.collect::<Vec<_>>(), scanned[..scanned.len().min(1)]);
        for (key, bytes, revision) in &scanned {
            let entry = store.get(key).unwrap().unwrap();
            assert_eq!((entry.value.len(), entry.revision), (*bytes, *revision));
        }
        scanned
    };
    let steps = [
        Batch::new().put("b", vec![1; 200_000]).put("c", "1"),
        Batch::new().put("a", "2").put("b", "2").delete("c"),
        Batch::new().delete("a").put("b", vec![3; 300_000]).put("d", "3"),
    ];
    for batch in steps {
        let before = state();
        let (result, ()) = futures::join!(store.commit(batch), async {
            tokio::task::block_in_place(|| at_sync.recv().unwrap());
            assert_eq!(state(), before);
            let_go.send(()).unwrap();
        });
        result.unwrap();
        assert_ne!(state(), before);
    }
    assert_eq!(state(), [(b"b".to_vec(), 300_000, 3), (b"d".to_vec(), 1, 3)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_acknowledges_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let store = std::sync::Arc::new(SledStore::open(folder.path(), OpenOptions::default()).unwrap());
    let commits: Vec<_> = (0..500_u32)
        .map(|n| {
            let store = store.clone();
            crate::seam::spawn(async move { (n, store.commit(Batch::new().put(n.to_be_bytes(), "x")).await) })
        })
        .collect();
    tokio::task::block_in_place(|| store.close());
    let mut kept = Vec::new();
    for commit in commits {
        match commit.await.unwrap() {
            (n, Ok(_)) => kept.push(n.to_be_bytes()),
            (_, Err(error)) => assert_eq!(error, StoreError::Closed),
        }
    }
    assert_eq!(store.commit(Batch::new().put("late", "x")).await, Err(StoreError::Closed));
    drop(store);
    let store = SledStore::open(folder.path(), OpenOptions::default()).unwrap();
    assert_eq!(store.scan(b"", None, 999).unwrap().len(), kept.len());
    assert!(kept.iter().all(|key| store.get(key).unwrap().is_some()));
}
