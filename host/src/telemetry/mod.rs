//! What the host tells about itself: log lines and metrics.

pub mod metric;

use std::io::IsTerminal;

use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::TryInitError;

use crate::config::{LogConfig, LogFormat};

/// Why logging could not be set up.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The level is no filter.
    #[error(
        "read log.level `{text}`: {problem}; write error, warn, info, debug or a filter such as `info,connector=debug`"
    )]
    Level {
        /// What was written.
        text: String,
        /// Why it is no filter.
        problem: String,
    },
    /// It was set up before.
    #[error("start logging: {0}")]
    Start(#[from] TryInitError),
}

/// Writes log lines to standard error from now on.
///
/// # Errors
/// [`TelemetryError`] says what to write instead.
pub fn init(log: &LogConfig) -> Result<(), TelemetryError> {
    use tracing_subscriber::fmt;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|e| TelemetryError::Level { text: log.level.clone(), problem: e.to_string() })?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => lines.with_target(false).with_ansi(std::io::stderr().is_terminal()).finish().try_init()?,
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}
