//! Opening folders that are damaged, foreign or in use: all acknowledged records, or a typed refusal.

use std::fs;
use std::path::{Path, PathBuf};

use super::group::FORMAT_KEY;
use super::record::{self, Kind};
use super::*;

/// Damaged images for each file of the folder and each kind of damage.
const SEEDS: u64 = 60;

fn open(path: &Path) -> Result<SledStore, StoreError> {
    SledStore::open(path, OpenOptions::default())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_file());
    found.sort();
    found
}

/// A small generator, so that a failing seed can be run again.
fn random(seed: u64, below: u64) -> u64 {
    let mut mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)) % below.max(1)
}

/// Flips one bit or cuts the file, inside what was written: sled extends its file with zeroes nobody reads.
fn damage(file: &Path, cut: bool, seed: u64) {
    let mut bytes = fs::read(file).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(bytes.len(), |last| last + 1);
    let at = usize::try_from(random(seed, used as u64)).unwrap();
    if cut {
        bytes.truncate(at);
    } else if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random(seed ^ 0xabcd, 8);
    }
    fs::write(file, bytes).unwrap();
}

async fn fill(store: &SledStore, from: u32, to: u32) {
    for n in from..to {
        let batch =
            Batch::new().put(format!("job/{n:05}"), format!("document {n} ").repeat(20)).put("latest", n.to_string());
        store.commit(batch.delete(format!("job/{:05}", n.wrapping_sub(50) | 1))).await.unwrap();
    }
}

/// Images of a store that was never reopened after its records were written, and of one that was, and went on.
async fn images(root: &Path) -> Vec<(PathBuf, Vec<Entry>)> {
    let mut images = Vec::new();
    let live = root.join("live");
    let store = open(&live).unwrap();
    fill(&store, 0, 650).await;
    // Copied while it is open, as a kill would leave it.
    copy(&live, &root.join("first"));
    images.push((root.join("first"), store.scan(b"", None, usize::MAX).unwrap()));
    drop(store);
    let store = open(&live).unwrap();
    fill(&store, 650, 750).await;
    copy(&live, &root.join("reopened"));
    images.push((root.join("reopened"), store.scan(b"", None, usize::MAX).unwrap()));
    images
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_folder_is_whole_or_refused() {
    let root = tempfile::tempdir().unwrap();
    let mut lost = Vec::new();
    for (image, expected) in images(root.path()).await {
        assert!(expected.len() >= 300);
        for file in files(&image.join("records")) {
            let name = file.file_name().unwrap();
            for cut in [false, true] {
                let (mut intact, mut refused) = (0, 0);
                for seed in 0..SEEDS {
                    let broken = root.path().join("broken");
                    copy(&image, &broken);
                    damage(&broken.join("records").join(name), cut, seed);
                    match open(&broken) {
                        Ok(store) if store.scan(b"", None, usize::MAX).as_ref() == Ok(&expected) => intact += 1,
                        Ok(_) => lost.push((image.clone(), name.to_owned(), cut, seed)),
                        Err(StoreError::Damaged { .. }) => refused += 1,
                        Err(other) => panic!("seed {seed}: {other}"),
                    }
                    fs::remove_dir_all(&broken).unwrap();
                }
                let image = image.file_name().unwrap();
                tracing::info!(?image, ?name, cut, intact, refused, "damaged images");
                // The figures are the point of this test.
                eprintln!("{image:?} {name:?} cut {cut}: {intact} intact, {refused} refused");
            }
        }
    }
    assert!(lost.is_empty(), "acknowledged records were lost without a word: {lost:?}");
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=5_u64 {
        let store = open(folder.path()).unwrap();
        assert_eq!(store.verified(), Verified { records: 2 * (round - 1), sequence: 2 * (round - 1) });
        store.commit(Batch::new().put(round.to_be_bytes(), "x")).await.unwrap();
        store.commit(Batch::new().put([round.to_be_bytes(), [0; 8]].concat(), "y")).await.unwrap();
        assert_eq!(store.scan(b"", None, 99).unwrap().len() as u64, 2 * round);
    }
}

#[test]
fn a_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = open(folder.path()).unwrap();
    let error = open(folder.path()).err().unwrap().to_string();
    assert!(error.starts_with("use the store: the data folder is in use by another apiconnect"), "{error}");
}

#[test]
fn a_missing_file_is_refused_and_not_made_anew() {
    for name in ["db", "acknowledged"] {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path()).unwrap());
        let file = folder.path().join("records").join(name);
        fs::remove_file(&file).unwrap();
        let error = open(folder.path()).err().unwrap();
        assert!(matches!(&error, StoreError::Damaged { place, .. } if *place == folder.path().display().to_string()));
        assert!(!file.exists());
    }
}

#[test]
fn a_creation_cut_short_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("records.unfinished/blobs")).unwrap();
    fs::write(folder.path().join("records.unfinished/db"), "half").unwrap();
    assert_eq!(open(folder.path()).unwrap().verified(), Verified { records: 0, sequence: 0 });
}

/// sled itself calls such a folder corrupt: it takes the unfinished snapshot for the newest one.
#[tokio::test]
async fn an_opening_cut_short_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    fill(&store, 0, 60).await;
    let expected = store.scan(b"", None, usize::MAX).unwrap();
    drop(store);
    for left in [b"".as_slice(), b"half of a snapshot"] {
        let unfinished = folder.path().join("records/snap.7FFFFFFFFFFFFFFF.generating");
        fs::write(&unfinished, left).unwrap();
        let store = open(folder.path()).unwrap();
        assert!(store.scan(b"", None, usize::MAX).unwrap() == expected);
        assert!(!unfinished.exists());
    }
}

#[test]
fn a_newer_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let db = sled::Config::new().path(folder.path().join("records")).segment_size(8 << 20).open().unwrap();
    db.insert(FORMAT_KEY, record::encode(FORMAT_KEY, Kind::Whole, 0, &[2])).unwrap();
    db.flush().unwrap();
    drop(db);
    let error = open(folder.path()).err().unwrap().to_string();
    assert!(error.contains("written by a newer apiconnect (format 2"), "{error}");
}

#[test]
fn a_lock_that_the_engine_still_holds_for_a_moment_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let records = folder.path().join("records");
    let lingering = sled::Config::new().path(&records).segment_size(8 << 20).open().unwrap();
    let lets_go = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        drop(lingering);
    });
    assert!(open(folder.path()).is_ok());
    lets_go.join().unwrap();
}
