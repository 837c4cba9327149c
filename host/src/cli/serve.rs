//! `serve`: the host itself.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::screen::Screen;
use crate::config::HostConfig;
use crate::host::Host;
use crate::seam::Clock;
use crate::telemetry;

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Listen here instead of where the configuration says; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(super) async fn run(&self, config: &Path, screen: &mut Screen) -> anyhow::Result<bool> {
        let mut config = HostConfig::read(config)
            .with_context(|| "start the host (`apiconnect init` writes a configuration)".to_owned())?;
        config.listen = self.listen.unwrap_or(config.listen);
        telemetry::init(&config.log)?;
        let mut terminate = signal(SignalKind::terminate()).context("listen to signals")?;
        let host = Host::start(&config, Clock::system()).await?;
        let address = format!("http://{}", host.address());
        screen.value(&serde_json::json!({ "address": address }));
        screen.line(&format!("apiconnect listens on {address}"));
        host.run(async move {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!("stopping: no new work is taken, what runs comes to its end");
        })
        .await?;
        Ok(true)
    }
}
