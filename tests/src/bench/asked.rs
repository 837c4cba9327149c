//! A connector that is asked the same question over and over, by the host's own way and with every limit armed. The
//! system answers from memory.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use apiconnect::commerce::lane::Lane;
use apiconnect::commerce::products::{Price, PriceRequest};
use apiconnect::commerce::types::{Context, Error};
use apiconnect::egress::{Request, SendError};
use apiconnect::plugin::bindings::apiconnect::connector::http::{Header, Response};
use apiconnect::plugin::{Call, Ended, Exchange, Link, Loaded, Report, Sandbox};
use apiconnect::seam::Clock;
use apiconnect::secret::Vault;
use bytes::Bytes;
use futures::future::BoxFuture;

use super::live;

const SETTINGS: &str = r#"{"company_db":"SBODEMOUS","currency":"USD","default_warehouse":"01","units":{"BOX":2}}"#;
/// 24 November 2026; the clock is no part of what is measured.
pub(super) const NOW: u64 = 1_795_500_000_000;
pub(super) const HEADERS: [(&str, &str); 4] = [
    ("content-type", "application/json;odata=minimalmetadata;charset=utf-8"),
    ("dataserviceversion", "3.0"),
    ("content-length", "98"),
    ("date", "Tue, 24 Nov 2026 12:00:00 GMT"),
];
pub(super) const BODY: &str =
    r#"{"Currency":"USD","Discount":0.0,"Price":8.5,"odata.metadata":"$metadata#ItemPriceReturnParams"}"#;

/// A connector and what it is asked.
pub(super) struct Asked {
    pub(super) loaded: Loaded,
    pub(super) lines: Vec<PriceRequest>,
    link: Arc<Link>,
    id: Arc<str>,
}

impl Asked {
    /// Loads a component, to be asked the ten lines of the section `live`.
    pub(super) async fn load(sandbox: &Sandbox, path: &Path) -> anyhow::Result<Self> {
        let loaded = sandbox.load(path).await?;
        let link = Link::new("erp", SETTINGS.to_owned(), Arc::new(Memory), Vault::default(), Clock::manual(NOW));
        let lines = serde_json::from_value(live::question()["lines"].clone())?;
        Ok(Self { loaded, lines, link: Arc::new(link), id: Arc::from("call_1") })
    }

    /// What the host calls it with.
    pub(super) fn context(&self) -> Context {
        Context {
            connection: self.link.connection.clone(),
            settings: self.link.settings.clone(),
            deadline_ms: 10_000,
            call_id: self.id.to_string(),
            want_native: false,
        }
    }

    fn call(&self) -> Call {
        let (link, id) = (Arc::clone(&self.link), Arc::clone(&self.id));
        Call { link, id, lane: Lane::Live, time: Duration::from_secs(10), want_native: false }
    }

    async fn query(&self) -> Ended<Vec<Result<Price, Error>>> {
        self.loaded.query_prices(self.call(), &self.lines).await
    }

    /// The answers.
    pub(super) async fn ask(&self) -> anyhow::Result<Vec<Result<Price, Error>>> {
        Ok(self.query().await.result?)
    }

    /// What the host saw of one call.
    pub(super) async fn report(&self) -> anyhow::Result<Report> {
        let ended = self.query().await;
        ended.result?;
        Ok(ended.report)
    }

    /// What a call takes, in microseconds.
    pub(super) async fn calls(&self, calls: u32) -> anyhow::Result<f64> {
        let started = Instant::now();
        for _ in 0..calls {
            drop(self.query().await.result?);
        }
        Ok(micros(started, calls))
    }

    /// What its sandbox alone takes, in microseconds.
    pub(super) async fn sandboxes(&self, calls: u32) -> anyhow::Result<f64> {
        let started = Instant::now();
        for _ in 0..calls {
            self.loaded.open_sandbox(self.call()).await.result?;
        }
        Ok(micros(started, calls))
    }
}

pub(super) fn micros(started: Instant, calls: u32) -> f64 {
    started.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

/// The prices of an answer in which every line has one.
pub(super) fn prices(answers: &[Result<Price, Error>]) -> anyhow::Result<Vec<&Price>> {
    answers.iter().map(|answer| answer.as_ref().ok().context("a line has no price")).collect()
}

/// The answer as the contract has it.
pub(super) fn answer() -> Response {
    let headers = HEADERS.iter().map(|(name, value)| Header { name: (*name).into(), value: (*value).into() });
    Response { status: 200, headers: headers.collect(), body: BODY.as_bytes().to_vec() }
}

/// The same answer as egress has it.
struct Memory;

impl Exchange for Memory {
    fn send_all(
        &self,
        requests: Vec<Request>,
        _: Duration,
        _: usize,
        _: Lane,
    ) -> BoxFuture<'_, Vec<Result<apiconnect::egress::Response, SendError>>> {
        let answer = |_: &Request| {
            let headers = HEADERS.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            let body = Bytes::from_static(BODY.as_bytes());
            Ok(apiconnect::egress::Response { status: 200, headers: headers.collect(), body })
        };
        Box::pin(std::future::ready(requests.iter().map(answer).collect()))
    }
}
