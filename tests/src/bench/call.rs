//! One call of a connector: the host's own way, with every limit armed, beside bare wasmtime with none. The system's
//! answers come from memory on both sides.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use apiconnect::commerce::lane::Lane;
use apiconnect::commerce::products::{Price, PriceRequest};
use apiconnect::commerce::types::{Context, Error};
use apiconnect::egress::{Request, SendError};
use apiconnect::plugin::bindings::apiconnect::connector::http::{Header, Response};
use apiconnect::plugin::{self, Call, Exchange, Link, Loaded, Sandbox};
use apiconnect::seam::Clock;
use apiconnect::secret::Vault;
use bytes::Bytes;
use futures::future::BoxFuture;

use super::bare::Bare;
use super::figure::{Figure, Goal};
use super::rounds::{Pairs, in_turn};
use super::{Figures, Progress, live};
use crate::world::component;

const ROUNDS: usize = 21;
const CALLS: u32 = 2_000;
const SETTINGS: &str = r#"{"company_db":"SBODEMOUS","currency":"USD","default_warehouse":"01","units":{"BOX":2}}"#;
/// 24 November 2026; the clock is no part of what is measured.
const NOW: u64 = 1_795_500_000_000;
const HEADERS: [(&str, &str); 4] = [
    ("content-type", "application/json;odata=minimalmetadata;charset=utf-8"),
    ("dataserviceversion", "3.0"),
    ("content-length", "98"),
    ("date", "Tue, 24 Nov 2026 12:00:00 GMT"),
];
const BODY: &[u8] =
    br#"{"Currency":"USD","Discount":0.0,"Price":8.5,"odata.metadata":"$metadata#ItemPriceReturnParams"}"#;

/// Both sides, ready to be called.
struct Bench {
    loaded: Loaded,
    link: Arc<Link>,
    id: Arc<str>,
    bare: Bare,
    context: Context,
    lines: Vec<PriceRequest>,
}

/// Measures the section.
pub(super) async fn run(progress: Progress) -> Figures {
    let bench = Bench::load().await?;
    bench.check().await?;
    progress.rounds(ROUNDS);
    let mut pairs = Pairs::default();
    for round in 0..=ROUNDS {
        let (host, bare) = in_turn(round, bench.host(), bench.bare()).await?;
        // The first round warms the pools.
        if round > 0 {
            pairs.add(host, bare);
            progress.round(format!("{host:.1} µs beside {bare:.1} µs"));
        }
    }
    let figure = Figure::ratio(&pairs, ("host, all limits", "bare wasmtime"), "µs/call", Goal::AtMost(1.5));
    let about = format!("{} lines, {CALLS} calls a run, one after the other", bench.lines.len());
    Ok(vec![("call.ratio", figure.note(about))])
}

impl Bench {
    async fn load() -> anyhow::Result<Self> {
        let path = component("sap-business-one")?;
        let sandbox = Sandbox::new(plugin::engine(None)?)?;
        let loaded = sandbox.load(&path).await?;
        let link = Link::new("erp", SETTINGS.to_owned(), Arc::new(Memory), Vault::default(), Clock::manual(NOW));
        let id: Arc<str> = Arc::from("call_1");
        let context = Context {
            connection: link.connection.clone(),
            settings: link.settings.clone(),
            deadline_ms: 10_000,
            call_id: id.to_string(),
            want_native: false,
        };
        let bare = Bare::load(&path, NOW, answer).map_err(|error| anyhow!("{error:#}"))?;
        let lines = serde_json::from_value(live::question()["lines"].clone())?;
        Ok(Self { loaded, link: Arc::new(link), id, bare, context, lines })
    }

    /// Both answer the same prices, or the measurement means nothing.
    async fn check(&self) -> anyhow::Result<()> {
        let host = self.loaded.query_prices(self.call(), &self.lines).await.result?;
        let bare = self.bare.query_prices(&self.context, &self.lines).await.map_err(|error| anyhow!("{error:#}"))?;
        let bare = bare.map_err(|error| anyhow!("the connector refused: {error}"))?;
        ensure!(prices(&host)? == prices(&bare)?, "the two sides answered different prices");
        Ok(())
    }

    fn call(&self) -> Call {
        let (link, id) = (Arc::clone(&self.link), Arc::clone(&self.id));
        Call { link, id, lane: Lane::Live, time: Duration::from_secs(10), want_native: false }
    }

    async fn host(&self) -> anyhow::Result<f64> {
        let started = Instant::now();
        for _ in 0..CALLS {
            drop(self.loaded.query_prices(self.call(), &self.lines).await.result?);
        }
        Ok(micros_a_call(started))
    }

    async fn bare(&self) -> anyhow::Result<f64> {
        let started = Instant::now();
        for _ in 0..CALLS {
            let answer = self.bare.query_prices(&self.context, &self.lines).await;
            drop(answer.map_err(|error| anyhow!("{error:#}"))?);
        }
        Ok(micros_a_call(started))
    }
}

fn micros_a_call(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
}

fn prices(answers: &[Result<Price, Error>]) -> anyhow::Result<Vec<&Price>> {
    answers.iter().map(|answer| answer.as_ref().ok().context("a line has no price")).collect()
}

/// The answer as the contract has it.
fn answer() -> Response {
    let headers = HEADERS.iter().map(|(name, value)| Header { name: (*name).into(), value: (*value).into() });
    Response { status: 200, headers: headers.collect(), body: BODY.to_vec() }
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
            Ok(apiconnect::egress::Response { status: 200, headers: headers.collect(), body: Bytes::from_static(BODY) })
        };
        Box::pin(std::future::ready(requests.iter().map(answer).collect()))
    }
}
