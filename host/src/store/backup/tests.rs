//! A backup restores exactly, and anything less than a whole one is refused by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::seam::{self, Clock};
use crate::store::{Batch, Entry, OpenOptions, SledStore, Store};

async fn filled(folder: &Path) -> SledStore {
    let store = SledStore::open(folder, OpenOptions::default()).unwrap();
    for n in 0..300_u32 {
        let batch = Batch::new().put(format!("document/{n:04}"), format!("{n} ").repeat(100));
        store.commit(batch.put("latest", n.to_string()).delete(format!("document/{:04}", n * 7 % 300))).await.unwrap();
    }
    store.commit(Batch::new().put("document/large", vec![7; 300_000]).put("", "the empty key")).await.unwrap();
    store
}

fn back_up(store: &SledStore, path: &Path) -> BackupHeader {
    let mut backup = Backup::new(store.snapshot().unwrap(), &Clock::manual(1_000));
    let header = backup.header().clone();
    save_backup(path, || backup.next_chunk()).unwrap();
    header
}

fn everything(store: &SledStore) -> Vec<Entry> {
    store.scan(b"", None, usize::MAX).unwrap()
}

fn restore_to(from: &Path, to: &Path) -> Result<BackupHeader, StoreError> {
    restore(from, to, OpenOptions::default(), &mut |_, _| {})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_store_is_equal_and_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let (folder, file, to) = (root.path().join("a"), root.path().join("backup"), root.path().join("b"));
    let store = filled(&folder).await;
    let header = back_up(&store, &file);
    assert_eq!((header.format, header.sequence), (1, 301));
    assert_eq!(verify_backup(&file, &mut |_| {}).unwrap(), header);
    assert_eq!(restore_to(&file, &to).unwrap(), header);
    let restored = SledStore::open(&to, OpenOptions::default()).unwrap();
    assert_eq!(restored.verified().sequence, store.sequence());
    assert!(everything(&restored) == everything(&store), "values and revisions are equal");
    assert_eq!(restored.commit(Batch::new().put("document/large", "small")).await, Ok(302));
    let error = restore_to(&file, &to).unwrap_err().to_string();
    assert!(error.contains("move that folder aside") && error.contains(&to.display().to_string()), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_one_moment() {
    let root = tempfile::tempdir().unwrap();
    let store = Arc::new(filled(&root.path().join("a")).await);
    let writer = {
        let store = Arc::clone(&store);
        // Both records are always written together, so every moment has them equal.
        seam::spawn(async move {
            for n in 0..400_u32 {
                let value = format!("{n:06} ").repeat(if n % 5 == 0 { 20_000 } else { 10 });
                let batch = Batch::new().put("a/first", value.clone()).put("z/last", value);
                store
                    .commit(batch.put(format!("m/{n}"), "new").delete(format!("document/{:04}", n % 300)))
                    .await
                    .unwrap();
            }
        })
    };
    for round in 0..6 {
        let file = root.path().join(format!("backup-{round}"));
        let header = tokio::task::block_in_place(|| back_up(&store, &file));
        let to = root.path().join(format!("to-{round}"));
        restore_to(&file, &to).unwrap();
        let restored = SledStore::open(&to, OpenOptions::default()).unwrap();
        assert_eq!(restored.verified().sequence, header.sequence);
        let value = |key: &[u8]| restored.get(key).unwrap().map(|entry| entry.value);
        assert!(value(b"a/first") == value(b"z/last"), "round {round} shows half of a commit");
    }
    writer.await.unwrap();
}

fn damaged(file: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = fs::read(file).unwrap();
    change(&mut bytes);
    let path = file.with_file_name(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_not_whole_is_refused_by_name() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("backup");
    back_up(&filled(&root.path().join("a")).await, &file);
    let length = fs::metadata(&file).unwrap().len() as usize;
    for seed in 0..200_usize {
        let at = seed * 7_919 % length;
        let cut = damaged(&file, "cut", |bytes| bytes.truncate(at));
        let flipped = damaged(&file, "flipped", |bytes| bytes[at] ^= 1 << (seed % 8));
        for path in [cut, flipped] {
            let error = verify_backup(&path, &mut |_| {}).unwrap_err();
            assert!(matches!(error, StoreError::Backup { .. }), "{error}");
            assert!(error.to_string().starts_with(&format!("use the backup {}: it ", path.display())), "{error}");
        }
    }
    let longer = damaged(&file, "longer", |bytes| bytes.push(0));
    assert!(verify_backup(&longer, &mut |_| {}).unwrap_err().to_string().contains("altered: its end"));
    let to = root.path().join("to");
    let cut = damaged(&file, "cut", |bytes| bytes.truncate(length - 1));
    assert!(restore_to(&cut, &to).is_err());
    assert!(!to.join("records").exists(), "nothing is left of a restore that failed");
    let error = verify_backup(Path::new("no/such/file"), &mut |_| {}).unwrap_err().to_string();
    assert!(error.starts_with("use the backup no/such/file: No such file"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_newer_format_says_so() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("backup");
    let mut bytes = MAGIC.to_vec();
    frame::put(&mut bytes, frame::Kind::Header, &[br#"{"format":2,"product":"9.0.0","more":true}"#]);
    fs::write(&file, bytes).unwrap();
    let error = verify_backup(&file, &mut |_| {}).unwrap_err().to_string();
    assert!(error.ends_with("it was made by a newer apiconnect (9.0.0, format 2); restore it with that version"));
}

#[test]
fn a_backup_that_fails_leaves_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("backup");
    fs::write(&file, "the one before").unwrap();
    let mut left = 2;
    let failed = save_backup(&file, || {
        left -= 1;
        if left > 0 { Ok(Some(vec![0; 9].into())) } else { Err(StoreError::Closed) }
    });
    assert_eq!(failed, Err(StoreError::Closed));
    assert_eq!(fs::read(&file).unwrap(), b"the one before");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}
