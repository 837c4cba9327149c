//! A connector that is rebuilt without a compiler: a mark of fixed length in its data says which version it is, how
//! slow it is and what it asks for. The tests write another mark into the component, and have another version.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::{clock, secret};

/// What the tests replace, at this length: `VERSION;DESCRIBE_MS;ANSWER_MS;HOST;SECRET;` and spaces.
static MARK: [u8; 96] =
    *b"versioned-mark:0.1.0;0;0;;;                                                                     ";

/// The connector.
pub struct Versioned;

struct Mark {
    version: String,
    describe_ms: u64,
    answer_ms: u64,
    host: String,
    secret: String,
}

/// Reads the mark where the compiler cannot know what it says.
fn mark() -> Mark {
    let bytes = std::hint::black_box(&MARK);
    let text = String::from_utf8_lossy(bytes.get(15..).unwrap_or_default()).into_owned();
    let mut parts = text.split(';').map(|part| part.trim().to_owned());
    let mut next = || parts.next().unwrap_or_default();
    let (version, describe, answer) = (next(), next(), next());
    let (describe_ms, answer_ms) = (describe.parse().unwrap_or(0), answer.parse().unwrap_or(0));
    Mark { version, describe_ms, answer_ms, host: next(), secret: next() }
}

impl Connector for Versioned {
    fn describe() -> Description {
        let mark = mark();
        idle(mark.describe_ms);
        let mut about = Description::new("versioned", "A system with many versions", "apiconnect", &mark.version)
            .operation(Operation::new("pricing.query").batch(50));
        if !mark.host.is_empty() {
            about.hosts.push(mark.host);
        }
        if !mark.secret.is_empty() {
            about.secrets.push(SecretSlot { name: mark.secret, purpose: "for a test".into(), required: false });
        }
        about
    }

    fn check(_: &Context) -> Result<Health, Error> {
        Ok(Health { system: "versions".into(), version: None, tenant: None, remarks: Vec::new() })
    }
}

impl Pricing for Versioned {
    fn query(_: &Context, lines: Vec<PriceRequest>) -> Result<Vec<LineResult<Price>>, Error> {
        let mark = mark();
        idle(mark.answer_ms);
        if lines.first().is_some_and(|line| line.product == "fail") {
            return Err(Error::Unavailable("it fails on request".into()));
        }
        // The version that computed the price is in the price: nobody has to believe the host about it.
        let price = |line: &PriceRequest| -> LineResult<Price> {
            let contract = match line.product.split_once(':') {
                Some((what, about)) => asked(what, about, &mark.version)?,
                None if line.product == "trap" => deep_trouble(&mark.version),
                None => mark.version.clone(),
            };
            Ok(Price { contract: Some(contract), ..Price::new(&line.product, &line.quantity.unit, "1.50", "USD") })
        };
        Ok(lines.iter().map(price).collect())
    }
}

/// What a product's name asks for: something of the system, of the state or of the clock. The answer becomes the
/// price's contract.
fn asked(what: &str, about: &str, version: &str) -> Result<String, Error> {
    let text = |answer: http::Response| answer.text().into_owned();
    match what {
        "get" => Ok(text(http::get(about).send()?)),
        "all" => {
            let answers = http::send_all(about.split(',').map(http::get));
            let parts: Vec<String> = answers.into_iter().map(|answer| answer.map(text)).collect::<Result<_, _>>()?;
            Ok(format!("{} bytes: {}", parts.concat().len(), parts.join("|").chars().take(200).collect::<String>()))
        }
        // Another version asks another question, or the same one with another header or body.
        "own" => Ok(text(http::get(format!("{about}/{version}")).send()?)),
        "mark" => Ok(text(http::get(about).header("x-version", version).send()?)),
        "put" => Ok(text(http::post(about).body("text/plain", version).send()?)),
        "count" => {
            let before = state::get(about).and_then(|kept| String::from_utf8(kept).ok()?.parse().ok()).unwrap_or(0_u32);
            state::set(about, (before + 1).to_string().as_bytes(), 60_000);
            Ok(format!("{} at {}", before + 1, clock::now_ms()))
        }
        "secret" => {
            let token = secret::placeholder("token")?;
            let signature = secret::sign("token", secret::Algorithm::HmacSha256, about.as_bytes())?;
            let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
            let request = http::post(about).header("x-secret", token.as_str()).header("x-signature", signature);
            Ok(text(request.body("text/plain", token).with_secrets_in_body().send()?))
        }
        _ => Err(Error::NotFound(what.into())),
    }
}

/// Passes the time without any system.
fn idle(ms: u64) {
    if ms > 0 {
        let until = clock::now_ms() + ms;
        while clock::now_ms() < until {}
    }
}

#[inline(never)]
#[expect(clippy::panic, reason = "a crash whose place is to be found")]
fn deep_trouble(version: &str) -> String {
    panic!("version {version} crashed on request");
}

apiconnect_sdk::export!(Versioned: pricing);
