//! A check of the whole way to a system, told in plain words.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use super::Connection;
use crate::commerce::lane::Lane;
use crate::plugin::contract::connector::Health;
use crate::plugin::{Call, CallError, Loaded};
use crate::seam::{self, Stopwatch};

/// A clock that is further off than this makes signatures and tokens fail.
const SKEW_MS_MAX: u64 = 30_000;

/// What a check found.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Checked {
    /// Whether every step worked.
    pub ok: bool,
    /// The steps in order; those after a failed one are not tried.
    pub steps: Vec<CheckStep>,
    /// The system's clock minus the host's, in milliseconds, when the system tells its time; precise to a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew_ms: Option<i64>,
    /// The system's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The company or database that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Things worth knowing.
    pub remarks: Vec<String>,
}

/// One step of a check.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckStep {
    /// `dns`, `tcp`, `tls`, `http`, `sign-in` or `connector`.
    pub name: String,
    /// Whether it worked.
    pub ok: bool,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What was found, or what went wrong and what to do.
    pub detail: String,
}

impl Connection {
    /// Goes the whole way: name, socket, TLS, an answer, sign-in, and the connector's own cheap request.
    pub async fn check(&self, loaded: &Loaded, time: Duration) -> Checked {
        let watch = seam::stopwatch();
        let probe = self.outlet.probe(time).await;
        let mut checked = Checked { clock_skew_ms: probe.clock_skew_ms, ..Checked::default() };
        for step in &probe.steps {
            checked.step(step.name, step.ok, step.took_ms, step.detail.clone());
        }
        if let Some(skew) = probe.clock_skew_ms.filter(|skew| skew.unsigned_abs() > SKEW_MS_MAX) {
            let side = if skew > 0 { "ahead of" } else { "behind" };
            let seconds = skew.unsigned_abs() / 1_000;
            checked.remarks.push(format!("the system's clock is {seconds} s {side} this machine's; set both by NTP"));
        }
        if probe.ok() && self.sign_in(&mut checked).await {
            let left = time.saturating_sub(watch.elapsed());
            self.ask(loaded, left, &mut checked).await;
        }
        checked.ok = checked.steps.iter().all(|step| step.ok);
        checked
    }

    async fn sign_in(&self, checked: &mut Checked) -> bool {
        let watch = seam::stopwatch();
        let result = self.outlet.sign_in().await;
        let ok = result.is_ok();
        let detail = match result {
            Ok(()) => "the credentials are accepted".to_owned(),
            Err(error) => format!("failed to {error}"),
        };
        checked.step("sign-in", ok, took(&watch), detail);
        ok
    }

    async fn ask(&self, loaded: &Loaded, time: Duration, checked: &mut Checked) {
        let watch = seam::stopwatch();
        let link = Arc::clone(&self.link);
        let call = Call { link, id: Arc::from("check"), lane: Lane::Live, time, want_native: false };
        let (ok, detail) = match loaded.check(call).await.result {
            Ok(health) => (true, checked.learn(health)),
            Err(CallError::Refused(refusal)) => (false, refusal.to_string()),
            Err(error) => (false, format!("failed to {error}")),
        };
        checked.step("connector", ok, took(&watch), detail);
    }
}

impl Checked {
    fn step(&mut self, name: &str, ok: bool, took_ms: u64, detail: String) {
        self.steps.push(CheckStep { name: name.to_owned(), ok, took_ms, detail });
    }

    fn learn(&mut self, health: Health) -> String {
        let version = health.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let tenant = health.tenant.as_ref().map(|tenant| format!(", {tenant}")).unwrap_or_default();
        let detail = format!("{}{version}{tenant}", health.system);
        self.system = Some(health.system);
        self.version = health.version;
        self.tenant = health.tenant;
        self.remarks.extend(health.remarks);
        detail
    }
}

fn took(watch: &Stopwatch) -> u64 {
    u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX)
}
