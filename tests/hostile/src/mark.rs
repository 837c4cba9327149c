//! Harm in `describe`: the tests write its name into the component.

use apiconnect_sdk::prelude::*;

use super::{Deed, Hostile};

/// What the tests replace, at this length.
static MARK: [u8; 48] = *b"hostile-mark:                                   ";

const SETTINGS: &str = r#"{"type":"object","properties":{"greeting":{"type":"string"}},"additionalProperties":false}"#;

fn mark() -> String {
    let bytes = std::hint::black_box(&MARK);
    String::from_utf8_lossy(bytes.get(13..).unwrap_or_default()).trim().to_owned()
}

impl Connector for Hostile {
    fn describe() -> Description {
        let mark = mark();
        let about = Description::new("hostile", "A system that does harm", "apiconnect", "0.1.0")
            .settings(SETTINGS)
            .operation(Operation::new("pricing.query").batch(500))
            .operation(Operation::new("orders.submit").idempotent(Idempotency::Reference))
            .operation(Operation::new("customers.get"));
        match mark.as_str() {
            "title" => Description { title: "t".repeat(8 << 20), ..about },
            "version" => Description { version: "1".repeat(8 << 10), ..about },
            "schema-long" => {
                Description { settings_schema: format!("{{\"title\":\"{}\"}}", "s".repeat(8 << 20)), ..about }
            }
            "schema-loop" => about.settings(r##"{"$ref":"#"}"##),
            "schema-loops" => about.settings(
                r##"{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/a"}]}},"$ref":"#/$defs/a"}"##,
            ),
            "schema-deep" => Description { settings_schema: "{\"not\":".repeat(100_000), ..about },
            "schema-doubles" => about.settings(&doubling()),
            "schema-back" => about.settings(r#"{"propertyNames":{"pattern":"^(?=(a+)+$)(a|aa)+\\1b$"}}"#),
            "schema-pattern" => about.settings(r#"{"propertyNames":{"pattern":"^(([a-z]+)+)+$"}}"#),
            "schema-abroad" => about.settings(r#"{"$ref":"http://169.254.169.254/schema.json"}"#),
            "operations" => (0..60_000).fold(about, |about, n| about.operation(Operation::new(&format!("o.{n}")))),
            "session" => Description { session: Some(session()), ..about },
            "" => about,
            deed => {
                // Without a connection everything that needs one is refused; what is left must end by itself.
                let ctx = Context::for_test("{}");
                let _ = Deed::of(deed).carry_out(&ctx);
                about
            }
        }
    }

    fn check(ctx: &Context) -> Result<Health, Error> {
        #[derive(serde::Deserialize, Default)]
        struct Settings {
            #[serde(default)]
            greeting: String,
        }
        let greeting = ctx.settings::<Settings>().unwrap_or_default().greeting;
        let told = Deed::of(&greeting).carry_out(ctx)?;
        if greeting == "remarks" {
            let remarks = vec!["r".into(); 99_999];
            return Ok(Health { system: "s".repeat(6 << 20), version: None, tenant: None, remarks });
        }
        Ok(Health { system: "harm".into(), version: told, tenant: None, remarks: Vec::new() })
    }
}

/// Forty definitions, each of which asks for the next one twice.
fn doubling() -> String {
    let level =
        |n| format!("\"d{n}\":{{\"anyOf\":[{{\"$ref\":\"#/$defs/d{0}\"}},{{\"$ref\":\"#/$defs/d{0}\"}}]}},", n + 1);
    let levels: String = (0..40).map(level).collect();
    format!("{{\"$ref\":\"#/$defs/d0\",\"$defs\":{{{levels}\"d40\":true}}}}")
}

/// A login that the connector describes and the host carries out.
fn session() -> SessionScheme {
    SessionScheme {
        method: "POST".into(),
        path: "login".into(),
        headers: vec![Template { name: "content-type".into(), value: "application/json".into() }],
        body: r#"{"user":"joe","password":"{{secret:pw}}"}"#.into(),
        kept: vec![Kept { name: "token".into(), from: KeptFrom::JsonPointer("/token".into()) }],
        apply: vec![SessionHeader {
            name: "x-session".into(),
            value: "{{kept:token}}".into(),
            encoding: HeaderEncoding::None,
        }],
        expired: vec![ExpiredAnswer { status: 401, body_contains: None }],
        lifetime_seconds: None,
    }
}
