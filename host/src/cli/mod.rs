//! The command line: set a host up, run it, look at it.

mod bulk;
mod call;
mod check;
mod client;
mod connection;
mod init;
mod jobs;
mod key;
mod plugin;
mod recordings;
mod schedule;
mod screen;
mod serve;
mod shadow;
mod store;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand};

use screen::Screen;

/// Connects an online store to the systems behind it.
///
/// Set a host up with `apiconnect init`, put a connector (.wasm) into `plugins/` and a connection (.toml) into
/// `connections/`, see whether it works with `apiconnect check`, and run it with `apiconnect serve`.
#[derive(Debug, Parser)]
#[command(name = "apiconnect", version, max_term_width = 100)]
struct Cli {
    /// The configuration file.
    #[arg(
        long,
        short,
        global = true,
        env = "APICONNECT_CONFIG",
        default_value = "apiconnect.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    remote: client::Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a configuration, an example connection and the first admin key.
    Init(init::Init),
    /// Run the host until it is stopped with Ctrl-C or SIGTERM.
    Serve(serve::Serve),
    /// Check the way to each system: name, socket, TLS, sign-in, clock, version. The host need not run.
    Check(check::Check),
    /// Ask a running host for one operation, such as `call erp pricing.query '{"lines": […]}'`.
    Call(call::CallCommand),
    /// Submit many documents from a file, one JSON object a line.
    Bulk(bulk::Bulk),
    /// Look at connections, and hold or release their documents.
    #[command(subcommand)]
    Connection(connection::ConnectionCommand),
    /// Look at documents on their way, and decide about those that are stuck.
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Make, list and remove schedules: work by the clock.
    #[command(subcommand)]
    Schedule(schedule::ScheduleCommand),
    /// Make, list and revoke API keys.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Verify, back up, restore and look at the records: accepted documents, jobs, keys.
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Look at recorded calls, and pass them on.
    #[command(subcommand)]
    Recordings(recordings::RecordingsCommand),
    /// Run a recorded call again, without a network, and say whether it is bit for bit the same.
    ///
    /// The exit code is 0 when it asked and ended exactly as recorded, and 1 when it did not; the first difference is
    /// told with its place. No host need run, and nothing is reached.
    Replay(recordings::Replay),
    /// Make connectors, build and sign them; install them and choose their versions.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
}

/// Runs the command line of this process. The exit code is 0 when all is well, 1 when something failed, 2 when the
/// command line was wrong.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    crate::store::log_engine_panics();
    let mut screen = Screen::new(cli.json);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ran = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run(cli, &mut screen)));
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            screen.failed(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli, screen: &mut Screen) -> anyhow::Result<bool> {
    let Cli { config, remote, command, .. } = cli;
    match command {
        Command::Init(init) => init.run(screen).await,
        Command::Serve(serve) => serve.run(&config, screen).await,
        Command::Check(check) => check.run(&config, screen).await,
        Command::Call(call) => call.run(&remote.client(&config)?, screen).await,
        Command::Bulk(bulk) => bulk.run(&remote.client(&config)?, screen).await,
        Command::Connection(command) => command.run(&remote.client(&config)?, screen).await,
        Command::Schedule(command) => command.run(&remote.client(&config)?, screen).await,
        Command::Jobs(jobs) => jobs.run(&remote.client(&config)?, screen).await,
        Command::Key(key) => key.run(&config, &remote, screen).await,
        Command::Store(store) => store.run(&config, &remote, screen).await,
        Command::Recordings(command) => command.run(&config, &remote, screen).await,
        Command::Replay(replay) => replay.run(&config, screen).await,
        Command::Plugin(plugin) => plugin.run(&config, &remote, screen).await,
    }
}

/// A JSON file; `-` is standard input.
fn read_json(file: &Path) -> anyhow::Result<serde_json::Value> {
    let text = if file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin()).context("read standard input")?
    } else {
        std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?
    };
    serde_json::from_str(&text).with_context(|| format!("read {}", file.display()))
}

/// The help of every command, one after the other; a copy is checked in.
#[must_use]
pub fn help() -> String {
    let mut root = Cli::command().term_width(100);
    root.build();
    let mut text = String::new();
    append(&mut root, &mut text);
    text
}

/// Whether these words are a command line of this program, without running it: what documentation shows is checked so.
///
/// # Errors
/// What is wrong with it.
pub fn accepts(words: &[String]) -> Result<(), String> {
    match Cli::try_parse_from(words) {
        Err(error) if error.kind() != clap::error::ErrorKind::DisplayHelp => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn append(command: &mut clap::Command, text: &mut String) {
    text.push_str(&format!("{}\n\n", command.render_long_help()));
    for inner in command.get_subcommands_mut().filter(|inner| inner.get_name() != "help") {
        append(inner, text);
    }
}
