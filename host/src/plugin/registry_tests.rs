//! A step that fails leaves the version before serving, wherever it is.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;

use super::*;
use crate::seam::Clock;
use crate::store::{Batch, Entry, MemoryStore, Revision, Store, StoreError, Watch};

/// A store that can be told to fail.
#[derive(Default)]
struct Fragile {
    inner: MemoryStore,
    fails: AtomicBool,
}

impl Store for Fragile {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        self.inner.get(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.scan(prefix, after, limit)
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Revision, StoreError>> {
        if self.fails.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(StoreError::Failed("the disk is full".to_owned()))));
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

struct Bench {
    folder: tempfile::TempDir,
    store: Arc<Fragile>,
    registry: Registry,
}

/// The connector that is checked in, as another version.
fn component(version: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/frozen/connectors/0.1.0/versioned.wasm");
    let mut bytes = std::fs::read(path).unwrap();
    let mark = b"versioned-mark:";
    let at = bytes.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len();
    bytes[at..at + version.len()].copy_from_slice(version.as_bytes());
    bytes
}

impl Bench {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("plugins")).unwrap();
        let store = Arc::new(Fragile::default());
        let registry = registry(folder.path(), &store);
        Self { folder, store, registry }
    }

    fn serves(&self) -> String {
        self.registry.get("versioned").unwrap().description.version.clone()
    }
}

fn registry(folder: &Path, store: &Arc<Fragile>) -> Registry {
    let place = Place {
        folder: folder.join("plugins"),
        kept: folder.join("kept"),
        trust: Trust::default(),
        store: Some(Arc::clone(store) as _),
        clock: Clock::manual(1_000),
    };
    Registry::open(Sandbox::new(engine(None).unwrap()).unwrap(), place).unwrap()
}

#[tokio::test]
async fn a_decision_that_cannot_be_written_down_changes_nothing() {
    let bench = Bench::open();
    bench.registry.install(component("1.0.0"), None).await.unwrap();
    bench.registry.install(component("2.0.0"), None).await.unwrap();
    bench.store.fails.store(true, Ordering::Relaxed);
    assert!(matches!(bench.registry.install(component("3.0.0"), None).await, Err(ChangeError::Store(_))));
    assert!(matches!(bench.registry.roll_back("versioned").await, Err(ChangeError::Store(_))));
    let first = bench.registry.list()[0].record.versions[0].digest.clone();
    assert!(matches!(bench.registry.activate("versioned", Some(&first), false).await, Err(ChangeError::Store(_))));
    assert_eq!(bench.serves(), "2.0.0");
    assert_eq!(
        bench.registry.list()[0].record.version(&bench.registry.list()[0].record.active).unwrap().version,
        "2.0.0"
    );

    // The file of the failed installation is in the folder: it is taken in once the store works again.
    bench.store.fails.store(false, Ordering::Relaxed);
    bench.registry.scan().await.unwrap();
    assert_eq!(bench.serves(), "3.0.0");
    let anew = registry(bench.folder.path(), &bench.store);
    anew.scan().await.unwrap();
    assert_eq!(anew.get("versioned").unwrap().description.version, "3.0.0");
}

#[tokio::test]
async fn a_version_that_cannot_be_kept_does_not_serve() {
    let bench = Bench::open();
    bench.registry.install(component("1.0.0"), None).await.unwrap();
    let kept = bench.folder.path().join("kept");
    std::fs::rename(&kept, bench.folder.path().join("gone")).unwrap();
    std::fs::write(&kept, "a file where the folder was").unwrap();
    let error = bench.registry.install(component("2.0.0"), None).await.err().unwrap();
    assert!(error.to_string().contains("write"), "{error}");
    assert_eq!(bench.serves(), "1.0.0");
}

#[tokio::test]
async fn a_connector_may_move_to_another_file_but_not_be_in_two() {
    let bench = Bench::open();
    let plugins = bench.folder.path().join("plugins");
    std::fs::write(plugins.join("versioned-1.wasm"), component("1.0.0")).unwrap();
    bench.registry.scan().await.unwrap();
    std::fs::write(plugins.join("versioned-2.wasm"), component("2.0.0")).unwrap();
    bench.registry.scan().await.unwrap();
    assert_eq!(bench.serves(), "1.0.0");
    assert!(bench.registry.refused()[0].1.contains("remove one of the two files"), "{:?}", bench.registry.refused());
    std::fs::rename(plugins.join("versioned-2.wasm"), plugins.join("versioned-3.wasm")).unwrap();
    std::fs::remove_file(plugins.join("versioned-1.wasm")).unwrap();
    bench.registry.scan().await.unwrap();
    assert_eq!((bench.serves().as_str(), bench.registry.refused().len()), ("2.0.0", 0));
}
