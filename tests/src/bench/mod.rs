//! What the host costs beside a program that does nothing else.
//!
//! A figure is a ratio wherever it can be: what a machine does in a second says little, how two programs stand beside
//! each other on it says much. Both are measured in turn, round by round, so that whatever else the machine does meets
//! both alike.
//!
//! | module | what it holds |
//! |---|---|
//! | `figure`, `summary` | a measured figure with its goal; the file and the table of all figures |
//! | `rounds` | measuring two things in turn; medians |
//! | `load`, `wire`, `usage` | requests from many clients at once; HTTP by hand; what a process uses |
//! | `call`, `asked`, `bare` | one call of a connector, by the host and by wasmtime alone |
//! | `sandbox`, `sandbox_extism` | the same beside extism; what a call and a load cost in each language |
//! | `live`, `erp`, `native_prices` | price questions over HTTP, the system behind them, a native program beside |
//! | `accept`, `native_orders` | durable orders over HTTP, a native program beside |
//! | `queue` | the queue beside others, and with a backlog; `queue_jobs`, `queue_sled`, `queue_apalis` carry jobs, `queue_backlog` and `queue_pace` ask a host that has many |
//! | `memory` | what an idle host holds |
//!
//! A section measures one thing: a new one is a module here and a line in [`SECTIONS`].

mod accept;
mod asked;
mod bare;
mod call;
mod erp;
mod figure;
mod live;
mod load;
mod memory;
mod native_orders;
mod native_prices;
mod queue;
mod queue_apalis;
mod queue_backlog;
mod queue_jobs;
mod queue_pace;
mod queue_sled;
mod rounds;
mod sandbox;
mod sandbox_extism;
mod summary;
mod usage;
mod wire;

use anyhow::{Context, bail};
use futures::future::BoxFuture;
use indicatif::{ProgressBar, ProgressStyle};

use figure::Figure;
use summary::Summary;

/// What a section gives: each figure under its name in the summary.
type Figures = anyhow::Result<Vec<(&'static str, Figure)>>;

/// One measured thing.
struct Section {
    name: &'static str,
    about: &'static str,
    run: fn(Progress) -> BoxFuture<'static, Figures>,
}

/// Every section, in the order in which they run.
const SECTIONS: [Section; 6] = [
    Section {
        name: "call",
        about: "one call of a connector beside bare wasmtime",
        run: |progress| Box::pin(call::run(progress)),
    },
    Section {
        name: "sandbox",
        about: "a fresh sandbox beside extism and bare wasmtime; calls and loads in Rust, JavaScript and Python",
        run: |progress| Box::pin(sandbox::run(progress)),
    },
    Section {
        name: "live",
        about: "price questions over HTTP beside a native proxy",
        run: |progress| Box::pin(live::run(progress)),
    },
    Section {
        name: "accept",
        about: "durable orders over HTTP beside bare sled with fdatasync",
        run: |progress| Box::pin(accept::run(progress)),
    },
    Section {
        name: "queue",
        about: "jobs end to end beside apalis and bare sled; a host with a million documents that wait",
        run: |progress| Box::pin(queue::run(progress)),
    },
    Section {
        name: "memory",
        about: "what an idle host holds with 1 and with 200 connections",
        run: |progress| Box::pin(memory::run(progress)),
    },
];

/// Shows how far a section has come.
struct Progress(ProgressBar);

impl Progress {
    fn new(section: &Section) -> Self {
        let bar = ProgressBar::new_spinner().with_message(section.about);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:8} {bar:30} {pos}/{len}  {msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(section.name);
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self(bar)
    }

    /// So many rounds will be measured.
    fn rounds(&self, count: usize) {
        self.0.set_length(count as u64);
    }

    /// What is done just now.
    fn say(&self, said: String) {
        self.0.set_message(said);
    }

    /// One of them is.
    fn round(&self, said: String) {
        self.0.inc(1);
        self.0.set_message(said);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Carries out a command line: `bench [NAME…]` measures all or some sections, `bench --list` names them.
///
/// # Errors
/// When a section is unknown or cannot be measured.
pub async fn run(arguments: Vec<String>) -> anyhow::Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--list"] => {
            SECTIONS.iter().for_each(|section| summary::print(&format!("{:10} {}", section.name, section.about)));
            Ok(())
        }
        // The bench starts itself as these, so that each has a process of its own.
        ["serve", "erp", behind] => erp::serve((*behind).to_owned()).await,
        ["serve", "prices", erp] => native_prices::serve((*erp).to_owned()).await,
        ["serve", "orders", folder] => native_orders::serve(folder.into()).await,
        ["jobs", kind, folder, jobs] => queue_jobs::run(kind, folder.as_ref(), jobs).await,
        names => measure(names).await,
    }
}

async fn measure(names: &[&str]) -> anyhow::Result<()> {
    if let Some(unknown) = names.iter().find(|name| !SECTIONS.iter().any(|section| section.name == **name)) {
        let known: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
        bail!(
            "there is no section `{unknown}`; there are {} (`bench --list` says what they measure)",
            known.join(", ")
        );
    }
    let mut summary = Summary::read()?;
    for section in SECTIONS.iter().filter(|section| names.is_empty() || names.contains(&section.name)) {
        let figures =
            (section.run)(Progress::new(section)).await.with_context(|| format!("measure {}", section.name))?;
        summary.merge(figures);
        summary.write()?;
    }
    summary.show();
    Ok(())
}

/// A server of this program as a process of its own.
fn server(arguments: &[&str]) -> anyhow::Result<crate::world::Process> {
    let mut command = std::process::Command::new(std::env::current_exe()?);
    crate::world::Process::start(command.arg("serve").args(arguments))
}

/// Says where a server listens, the way [`crate::world::Process::start`] reads it.
fn tell_address(listener: &tokio::net::TcpListener) -> anyhow::Result<()> {
    let address = format!("http://{}", listener.local_addr()?);
    summary::print(&serde_json::json!({ "address": address }).to_string());
    Ok(())
}
