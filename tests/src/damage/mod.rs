//! Damages stores: one bit flipped or one file cut, anywhere in any file. Each must then open whole, with everything
//! that was acknowledged, or be refused by name. Nothing may be lost without a word, no panic seen, nothing hang.
#![allow(clippy::indexing_slicing, reason = "a suite that meets something unexpected has to stop")]

mod image;

pub use image::copy;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;

use crate::scribe::{Dice, Outcome, ask};
use image::{Harm, Image};

/// Images that are opened at a time.
const AT_ONCE: u64 = 2;

/// How often each outcome came, by kind of image, file and harm.
#[derive(Debug, Default)]
pub struct Report {
    rows: BTreeMap<(String, String, Harm), Row>,
    /// What must not happen, each with its seed.
    pub failures: Vec<String>,
    /// Acknowledged writes in the images, by kind of image.
    pub acknowledged: BTreeMap<&'static str, usize>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    images: u64,
    whole: u64,
    refused: u64,
    lost: u64,
    crashed: u64,
    hung: u64,
}

/// Damages `count` images, beginning with `seed`; each number gives the same image again.
///
/// # Errors
/// When an image cannot be made, which is no finding.
pub fn run(count: u64, seed: u64, documents: u64) -> anyhow::Result<Report> {
    let root = tempfile::Builder::new().prefix("damage-").tempdir()?;
    let images = image::make(root.path(), documents, seed)?;
    for image in &images {
        let config = image.config();
        ensure!(ask(&config, &image.ledger())? == Outcome::Whole, "the image {} is not whole", image.name);
    }
    let acknowledged = images.iter().map(|image| (image.name, image.acknowledged)).collect();
    let report = Mutex::new(Report { acknowledged, ..Report::default() });
    let next = Mutex::new(seed..seed + count);
    let bar = bar(count);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|at| {
                let place = root.path().join(format!("broken-{at}"));
                let (images, next, report, bar) = (&images, &next, &report, &bar);
                scope.spawn(move || -> anyhow::Result<()> {
                    while let Some(seed) = { next.lock().next() } {
                        let (row, outcome) = one(images, &place, seed)?;
                        report.lock().count(row, &outcome, seed);
                        bar.inc(1);
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => Err(anyhow::anyhow!("a worker panicked")),
        })
    })?;
    bar.finish_and_clear();
    Ok(report.into_inner())
}

/// One damaged image, opened.
fn one(images: &[Image], place: &Path, seed: u64) -> anyhow::Result<((String, String, Harm), Outcome)> {
    let mut dice = Dice::new(seed);
    let image = &images[dice.index(images.len())];
    if place.exists() {
        std::fs::remove_dir_all(place)?;
    }
    copy(&image.folder, place)?;
    let files = image::files(&place.join("data/store"))?;
    // The large file is where almost everything is; the small ones are where little does much.
    let largest = files.iter().max_by_key(|file| std::fs::metadata(file).map_or(0, |about| about.len()));
    let file: PathBuf = match largest {
        Some(largest) if dice.below(2) == 0 => largest.clone(),
        _ => files[dice.index(files.len())].clone(),
    };
    let harm = if dice.below(2) == 0 { Harm::Flip } else { Harm::Cut };
    harm.to(&file, &mut dice)?;
    let outcome = ask(&place.join("apiconnect.toml"), &image.ledger())?;
    let name = file.strip_prefix(place.join("data/store"))?.display().to_string();
    // Snapshots of the engine have their position in their name.
    let name = if name.contains("snap") { "records/snap".to_owned() } else { name };
    Ok(((image.name.to_owned(), name, harm), outcome))
}

impl Report {
    fn count(&mut self, row: (String, String, Harm), outcome: &Outcome, seed: u64) {
        let label = format!("seed {seed}: {} {} {}", row.0, row.1, row.2.name());
        let row = self.rows.entry(row).or_default();
        row.images += 1;
        match outcome {
            Outcome::Whole => row.whole += 1,
            // A person has to know what to move aside.
            Outcome::Refused(text) if text.contains("data/store") => row.refused += 1,
            Outcome::Lost(_) => row.lost += 1,
            Outcome::Refused(_) | Outcome::Crashed(_) => row.crashed += 1,
            Outcome::Hung => row.hung += 1,
        }
        if row.lost + row.crashed + row.hung > 0 && !matches!(outcome, Outcome::Whole) {
            let named = matches!(outcome, Outcome::Refused(text) if text.contains("data/store"));
            if !named {
                self.failures.push(format!("{label}: {outcome:?}"));
            }
        }
    }

    /// Whether nothing happened that must not.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.failures.is_empty() && !self.rows.is_empty()
    }

    /// A table with a line for each kind of image, file and harm.
    #[must_use]
    pub fn table(&self) -> String {
        let head = ["IMAGE", "FILE", "HARM", "IMAGES", "WHOLE", "REFUSED", "LOST", "CRASHED", "HUNG"];
        let mut text = line(head.map(str::to_owned));
        let mut sum = Row::default();
        for ((image, file, harm), row) in &self.rows {
            text += &row.line(image, file, harm.name());
            sum = sum.plus(*row);
        }
        text + &sum.line("all", "", "")
    }
}

impl Row {
    const fn plus(self, other: Self) -> Self {
        Self {
            images: self.images + other.images,
            whole: self.whole + other.whole,
            refused: self.refused + other.refused,
            lost: self.lost + other.lost,
            crashed: self.crashed + other.crashed,
            hung: self.hung + other.hung,
        }
    }

    fn line(self, image: &str, file: &str, harm: &str) -> String {
        let [a, b, c] = [image, file, harm].map(str::to_owned);
        let [d, e, f, g, h, i] =
            [self.images, self.whole, self.refused, self.lost, self.crashed, self.hung].map(|n| n.to_string());
        line([a, b, c, d, e, f, g, h, i])
    }
}

fn line(cells: [String; 9]) -> String {
    let [image, file, harm, images, whole, refused, lost, crashed, hung] = cells;
    format!("{image:<18} {file:<22} {harm:<5} {images:>7} {whole:>6} {refused:>8} {lost:>5} {crashed:>8} {hung:>5}\n")
}

fn bar(count: u64) -> ProgressBar {
    let bar = ProgressBar::new(count);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} images  {eta}") {
        bar.set_style(style);
    }
    bar
}
