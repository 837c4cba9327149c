//! apalis over SQLite as the thing beside: a program of its own, since what it is built from is none of the host's
//! business. It is built once, from its own lock file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::Progress;
use super::accept::order;
use super::queue_jobs::Report;

/// Jobs with which each setting is tried.
const TRIAL: u64 = 1_500;
/// `BATCH CONNECTIONS PUSHERS POLL_MS LOCK`: small and large batches, one connection for all and one for each, a short
/// and a long pause between looks, and without the write of each job's start, which the host does not leave out.
const SETTINGS: [[&str; 5]; 5] = [
    ["100", "4", "2", "5", "true"],
    ["500", "4", "2", "5", "false"],
    ["500", "1", "1", "50", "false"],
    ["1000", "4", "4", "50", "false"],
    ["2000", "4", "2", "1", "false"],
];

/// The program, and the setting with which it was the fastest.
#[derive(Clone)]
pub(super) struct Apalis {
    program: PathBuf,
    setting: [&'static str; 5],
}

impl Apalis {
    /// Builds the program and tries every setting.
    pub(super) fn prepare(progress: &Progress) -> anyhow::Result<Self> {
        progress.say("building apalis into target/peers/apalis (a minute or two the first time)".to_owned());
        let program = build()?;
        let mut best: Option<(f64, Self)> = None;
        for setting in SETTINGS {
            progress.say(format!("trying apalis with {}", setting.join(" ")));
            let this = Self { program: program.clone(), setting };
            let rate = this.run(TRIAL)?.per_second();
            if best.as_ref().is_none_or(|(most, _)| rate > *most) {
                best = Some((rate, this));
            }
        }
        best.map(|(_, best)| best).context("no setting of apalis")
    }

    /// So many jobs on an empty database.
    pub(super) fn run(&self, jobs: u64) -> anyhow::Result<Report> {
        let folder = tempfile::Builder::new().prefix("apalis-").tempdir()?;
        let mut command = Command::new(&self.program);
        command.arg(folder.path()).arg(jobs.to_string()).args(self.setting);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("start apalis-peer")?;
        child.stdin.take().context("its input")?.write_all(order(0).to_string().as_bytes())?;
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "apalis-peer failed");
        serde_json::from_slice(&output.stdout).context("read what apalis-peer prints")
    }
}

fn build() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests have a parent folder")?;
    let target = root.join("target/peers/apalis");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root.join("tests/peers/apalis")).args(["build", "--quiet", "--release", "--locked"]);
    let built = command.env("CARGO_TARGET_DIR", &target).status().context("start cargo")?;
    ensure!(built.success(), "apalis does not build; `cargo build` in tests/peers/apalis says why");
    Ok(target.join("release/apalis-peer"))
}
