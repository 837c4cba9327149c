//! Who the connector is, how the host signs in for it, and whether the system answers.

use apiconnect_sdk::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::service;
use crate::settings::SCHEMA;
use crate::wire::plain;

/// Lines of a price or stock question in one call. A price costs one request each, which the host runs side by side.
const LINES_MAX: u32 = 50;
/// Rows of a page; more make answers slow, since every document comes with all its fields.
pub(crate) const PAGE_MAX: u32 = 100;

pub(crate) fn description() -> Description {
    let version = env!("CARGO_PKG_VERSION");
    let mut description = Description::new("sap-business-one", "SAP Business One", "apiconnect", version)
        .settings(SCHEMA)
        .secret("user", "user code of a Business One user")
        .secret("password", "password of that user");
    description.session = Some(session());
    description.operations = operations();
    description
}

/// `POST Login`; both cookies go with every request, since the load balancer needs `ROUTEID` to find the node that
/// holds the session. A session ends after 30 minutes without a request by default: the host signs in a little sooner.
fn session() -> SessionScheme {
    let cookie = |name: &str| Kept { name: name.into(), from: KeptFrom::Cookie(name.into()) };
    SessionScheme {
        method: "POST".into(),
        path: "Login".into(),
        headers: vec![Template { name: "content-type".into(), value: "application/json".into() }],
        body: r#"{"CompanyDB":"{{setting:company_db}}","UserName":"{{secret:user}}","Password":"{{secret:password}}"}"#
            .into(),
        kept: vec![cookie("B1SESSION"), cookie("ROUTEID")],
        apply: vec![SessionHeader {
            name: "cookie".into(),
            value: "B1SESSION={{kept:B1SESSION}}; ROUTEID={{kept:ROUTEID}}".into(),
            encoding: HeaderEncoding::None,
        }],
        expired: vec![
            ExpiredAnswer { status: 401, body_contains: None },
            ExpiredAnswer { status: 400, body_contains: Some("Invalid session or session already timeout".into()) },
        ],
        lifetime_seconds: Some(1_500),
    }
}

fn operations() -> Vec<Operation> {
    let paged = |name: &str| Operation { page_cap: Some(PAGE_MAX), ..Operation::new(name) };
    let write = |name: &str| Operation::new(name).idempotent(Idempotency::Reference);
    vec![
        Operation::new("pricing.query").batch(LINES_MAX).parallel(8),
        Operation::new("inventory.query").batch(LINES_MAX).parallel(8),
        Operation::new("customers.get"),
        paged("customers.list"),
        paged("customers.ship-tos"),
        paged("customers.contacts"),
        Operation::new("customers.account-summary"),
        Operation::new("orders.get"),
        paged("orders.list"),
        Operation::new("orders.simulate"),
        Operation::new("orders.find-by-reference"),
        write("orders.submit"),
        // A second cancel finds the order cancelled and changes nothing.
        Operation::new("orders.cancel").idempotent(Idempotency::Key),
        Operation::new("quotes.get"),
        paged("quotes.list"),
        write("quotes.convert"),
        Operation::new("quotes.find-by-reference"),
    ]
}

#[derive(Deserialize)]
struct CompanyInfo {
    #[serde(rename = "CompanyName")]
    company_name: Option<String>,
    #[serde(rename = "Version")]
    version: Option<Box<RawValue>>,
}

pub(crate) fn check() -> Result<Health, Error> {
    let info: CompanyInfo =
        service::read(http::post("CompanyService_GetCompanyInfo").body("application/json", "{}").send())?;
    Ok(Health {
        system: "SAP Business One".into(),
        version: info.version.as_deref().and_then(plain),
        tenant: info.company_name,
        remarks: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use apiconnect_sdk::testing::FakeHost;

    use super::*;
    use crate::BusinessOne;

    #[test]
    fn the_description_says_how_to_sign_in() {
        let description = BusinessOne::describe();
        let session = description.session.unwrap();
        let kept: Vec<&str> = session.kept.iter().map(|kept| kept.name.as_str()).collect();
        assert_eq!(kept, ["B1SESSION", "ROUTEID"]);
        assert!(kept.iter().all(|name| session.apply[0].value.contains(&format!("{name}={{{{kept:{name}}}}}"))));
        let submit = description.operations.iter().find(|operation| operation.name == "orders.submit").unwrap();
        assert!(matches!(submit.idempotency, Idempotency::Reference));
    }

    #[test]
    fn check_names_company_and_version() {
        let body = r#"{"CompanyName": "Harbor", "Version": 1000190}"#;
        let _ = FakeHost::new().on("POST", "CompanyService_GetCompanyInfo", 200, body).run(|| {
            let health = BusinessOne::check(&Context::for_test("{}")).unwrap();
            assert_eq!((health.version.as_deref(), health.tenant.as_deref()), (Some("1000190"), Some("Harbor")));
        });
    }

    #[test]
    fn check_tells_an_unusable_address() {
        let _ = FakeHost::new().on("POST", "Company", 404, "<html>nothing here</html>").run(|| {
            let Err(Error::Internal(text)) = BusinessOne::check(&Context::for_test("{}")) else { panic!() };
            assert!(text.contains("base_url"), "{text}");
        });
    }
}
