//! A native program that answers price questions as host and connector do: the same requests to the same system, as
//! many side by side, the same answer. It has no sandbox, no key to check, no limits and no log.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use anyhow::{Context, anyhow, ensure};
use apiconnect::commerce::products::{Price, PriceRequest};
use apiconnect::limits;
use axum::extract::{Json, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use futures::StreamExt;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::net::TcpListener;

use super::tell_address;

type Client = legacy::Client<HttpConnector, Full<Bytes>>;

/// The system: where it is, and the session with it.
struct Erp {
    client: Client,
    base: String,
    cookie: HeaderValue,
}

#[derive(Deserialize)]
struct Question {
    lines: Vec<PriceRequest>,
}

#[derive(Serialize)]
struct Answer<'a> {
    lines: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    product: String,
    price: Price,
    provenance: &'a Provenance,
}

#[derive(Serialize)]
struct Provenance {
    source: &'static str,
    as_of: String,
    stale: bool,
    connector: &'static str,
    version: &'static str,
    latency_ms: u64,
}

#[derive(Serialize)]
struct Asked<'a> {
    #[serde(rename = "ItemPriceParams")]
    parameters: Parameters<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    card_code: Option<&'a str>,
    item_code: &'a str,
    inventory_quantity: &'a RawValue,
    date: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found<'a> {
    #[serde(borrow)]
    price: &'a RawValue,
    currency: String,
}

/// Serves until the process is killed; `erp` is where the system listens.
pub(super) async fn serve(erp: String) -> anyhow::Result<()> {
    let erp = Erp::sign_in(format!("{erp}/b1s/v1/")).await?;
    let routes = axum::Router::new().route("/v1/connections/{connection}/prices:query", post(query));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    tell_address(&listener)?;
    let listener = axum::serve::ListenerExt::tap_io(listener, |socket| drop(socket.set_nodelay(true)));
    axum::serve(listener, routes.with_state(Arc::new(erp))).await?;
    Ok(())
}

async fn query(State(erp): State<Arc<Erp>>, Json(question): Json<Question>) -> Response {
    let (started, now) = (Instant::now(), humantime::format_rfc3339_millis(SystemTime::now()).to_string());
    match erp.prices(&question.lines, &now).await {
        Ok(prices) => {
            let provenance = Provenance {
                source: "live",
                as_of: now,
                stale: false,
                connector: "sap-business-one",
                version: env!("CARGO_PKG_VERSION"),
                latency_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            };
            let lines = question.lines.into_iter().zip(prices).map(|(line, price)| Line {
                product: line.product,
                price,
                provenance: &provenance,
            });
            Json(Answer { lines: lines.collect() }).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

impl Erp {
    async fn sign_in(base: String) -> anyhow::Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = legacy::Client::builder(TokioExecutor::new()).build(connector);
        let mut erp = Self { client, base, cookie: HeaderValue::from_static("") };
        let login = r#"{"CompanyDB":"SBODEMOUS","UserName":"connector","Password":"s3cret-b1"}"#;
        let answer = erp.client.request(erp.request("Login", login.into())?).await?;
        let cookies = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let kept: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
        erp.cookie = HeaderValue::from_str(&kept.join("; "))?;
        Ok(erp)
    }

    /// One request for each line, as many side by side as the host allows.
    async fn prices(&self, lines: &[PriceRequest], now: &str) -> anyhow::Result<Vec<Price>> {
        let day = now.get(..10).context("a time starts with its day")?;
        let asked: Vec<_> = lines.iter().map(|line| self.price(line, day)).collect();
        let answers = futures::stream::iter(asked).buffered(limits::REQUESTS_PARALLEL);
        answers.collect::<Vec<_>>().await.into_iter().collect()
    }

    async fn price(&self, line: &PriceRequest, day: &str) -> anyhow::Result<Price> {
        let quantity = RawValue::from_string(line.quantity.value.clone())?;
        let parameters = Parameters {
            card_code: line.customer.as_deref(),
            item_code: &line.product,
            inventory_quantity: &quantity,
            date: day,
        };
        let body = serde_json::to_vec(&Asked { parameters })?;
        let answer = self.client.request(self.request("CompanyService_GetItemPrice", body.into())?).await?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        ensure!(head.status == StatusCode::OK, "the system answered {}", head.status);
        let found: Found<'_> = serde_json::from_slice(&body)?;
        let unit_price =
            Decimal::from_str(found.price.get()).map_err(|error| anyhow!("a price: {error}"))?.normalize().to_string();
        Ok(price(line, unit_price, found.currency))
    }

    fn request(&self, path: &str, body: Bytes) -> anyhow::Result<Request<Full<Bytes>>> {
        let request = Request::post(format!("{}{path}", self.base))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, self.cookie.clone());
        Ok(request.body(Full::new(body))?)
    }
}

fn price(line: &PriceRequest, unit_price: String, currency: String) -> Price {
    Price {
        product: line.product.clone(),
        unit: line.quantity.unit.clone(),
        price_unit: None,
        price_per: None,
        unit_price,
        list_price: None,
        currency,
        breaks: Vec::new(),
        list_breaks: Vec::new(),
        extended: None,
        discount_percent: None,
        contract: None,
        valid_until: None,
        min_quantity: None,
        order_multiple: None,
        availability: Vec::new(),
        custom: Vec::new(),
        native: None,
    }
}
