//! A connector that is rebuilt without a compiler: a mark of fixed length in its data says which version it is, how
//! slow it is and what it asks for. The tests write another mark into the component, and have another version.

use apiconnect_sdk::clock;
use apiconnect_sdk::prelude::*;

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
        // The version that computed the price is in the price: nobody has to believe the host about it.
        let price = |line: &PriceRequest| match line.product.as_str() {
            "trap" => deep_trouble(&mark.version),
            _ => Price {
                contract: Some(mark.version.clone()),
                ..Price::new(&line.product, &line.quantity.unit, "1.50", "USD")
            },
        };
        Ok(lines.iter().map(|line| Ok(price(line))).collect())
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
fn deep_trouble(version: &str) -> Price {
    panic!("version {version} crashed on request");
}

apiconnect_sdk::export!(Versioned: pricing);
