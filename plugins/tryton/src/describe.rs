//! Who the connector is, how the host signs in for it, and whether the server answers.

use apiconnect_sdk::prelude::*;
use serde::Deserialize;

use crate::rpc::{self, Search};
use crate::settings::SCHEMA;
use crate::tables::{self, Context as Company};
use crate::wire::filled;

/// Lines of a price or stock question in one call. Lines about the same customer, unit and quantity share a request.
const LINES_MAX: u32 = 100;
/// Rows of a page; documents come with all their lines.
pub(crate) const PAGE_MAX: u32 = 100;
/// Sessions end after 30 days by default, and at once when the server says 401. The host signs in anew once a day.
const SESSION_SECONDS: u32 = 86_400;
/// What the connector needs, and what is missing without it.
const MODULES: [(&str, &str); 3] = [
    ("sale", "no prices and no orders"),
    ("sale_price_list", "prices are list prices"),
    ("account_invoice", "no invoices"),
];

pub(crate) fn description() -> Description {
    let mut description = Description::new("tryton", "Tryton", "apiconnect", env!("CARGO_PKG_VERSION"))
        .settings(SCHEMA)
        .secret("user", "login of a Tryton user")
        .secret("password", "password of that user");
    description.session = Some(session());
    description.operations = operations();
    description.documentation = Some("https://docs.tryton.org/".into());
    description
}

/// `POST session/login`. The cookie is marked as secure, which a browser would hold against plain HTTP; the server
/// itself does not.
fn session() -> SessionScheme {
    SessionScheme {
        method: "POST".into(),
        path: "session/login".into(),
        headers: vec![Template { name: "content-type".into(), value: "application/json".into() }],
        body: r#"{"id":0,"method":"common.db.login","params":["{{secret:user}}",{"password":"{{secret:password}}"}]}"#
            .into(),
        kept: vec![Kept { name: "session".into(), from: KeptFrom::Cookie("tryton_session".into()) }],
        apply: vec![SessionHeader {
            name: "cookie".into(),
            value: "tryton_session={{kept:session}}".into(),
            encoding: HeaderEncoding::None,
        }],
        expired: vec![ExpiredAnswer { status: 401, body_contains: None }],
        lifetime_seconds: Some(SESSION_SECONDS),
    }
}

fn operations() -> Vec<Operation> {
    let paged = |name: &str| Operation { page_cap: Some(PAGE_MAX), ..Operation::new(name) };
    // A repeat looks for the sale first and takes it through the steps that are left: that is why the host may send a
    // document again instead of only looking whether it is there.
    let write = |name: &str| Operation::new(name).idempotent(Idempotency::Key);
    vec![
        Operation::new("pricing.query").batch(LINES_MAX),
        Operation::new("inventory.query").batch(LINES_MAX),
        Operation::new("customers.get"),
        paged("customers.list"),
        paged("customers.ship-tos"),
        paged("customers.contacts"),
        Operation::new("customers.account-summary"),
        Operation::new("orders.get"),
        paged("orders.list"),
        Operation::new("orders.shipments"),
        Operation::new("orders.simulate"),
        Operation::new("orders.find-by-reference"),
        write("orders.submit"),
        write("orders.cancel"),
        Operation::new("quotes.get"),
        paged("quotes.list"),
        write("quotes.convert"),
        Operation::new("quotes.find-by-reference"),
        Operation::new("invoices.get"),
        paged("invoices.list"),
        paged("reference.warehouses"),
        paged("reference.terms"),
        paged("reference.units"),
    ]
}

#[derive(Deserialize)]
struct Module {
    name: String,
    version: Option<String>,
}

/// Signs in, and asks which modules the database has.
pub(crate) fn check() -> Result<Health, Error> {
    let preferences = tables::preferences()?;
    let domain = serde_json::json!([["state", "=", "activated"]]);
    let search = Search { model: "ir.module", domain, limit: 1_000, newest_first: false, fields: &["name", "version"] };
    let modules: Vec<Module> = rpc::search(&Company::from(&preferences), &search)?;
    let has = |name: &str| modules.iter().any(|module| module.name == name);
    let missing = MODULES.iter().filter(|(name, _)| !has(name));
    let remarks = missing.map(|(name, without)| format!("the module `{name}` is not activated: {without}")).collect();
    let version = modules.iter().find(|module| module.name == "party").and_then(|module| module.version.clone());
    Ok(Health { system: "Tryton".into(), version: filled(version), tenant: preferences.company_name, remarks })
}

#[cfg(test)]
mod tests {
    use apiconnect_sdk::testing::FakeHost;

    use super::*;
    use crate::Tryton;

    #[test]
    fn the_description_says_how_to_sign_in() {
        let description = Tryton::describe();
        let session = description.session.unwrap();
        assert!(session.body.contains("{{secret:password}}") && !session.path.starts_with('/'));
        assert_eq!(session.apply[0].value, format!("tryton_session={{{{kept:{}}}}}", session.kept[0].name));
        assert_eq!(session.expired[0].status, 401);
        let submit = description.operations.iter().find(|operation| operation.name == "orders.submit").unwrap();
        assert!(matches!(submit.idempotency, Idempotency::Key));
    }

    #[test]
    fn check_names_company_version_and_what_is_missing() {
        let preferences = r#"{"id": 1, "result": {"company": 1, "company.rec_name": "Harbor"}}"#;
        let modules =
            r#"{"id": 1, "result": [{"name": "party", "version": "8.2.0"}, {"name": "sale", "version": "8.2.0"}]}"#;
        let host = FakeHost::new().on("POST", "rpc/", 200, preferences).on("POST", "rpc/", 200, modules);
        let _ = host.run(|| {
            let health = Tryton::check(&Context::for_test("{}")).unwrap();
            assert_eq!((health.version.as_deref(), health.tenant.as_deref()), (Some("8.2.0"), Some("Harbor")));
            assert_eq!(health.remarks.len(), 2, "{:?}", health.remarks);
        });
    }

    #[test]
    fn check_tells_an_unusable_address_and_an_unusable_user() {
        let host = FakeHost::new().on("POST", "rpc/", 404, "<html>nothing here</html>").on(
            "POST",
            "rpc/",
            200,
            r#"{"id": 1, "result": {"company": null}}"#,
        );
        let _ = host.run(|| {
            let Err(Error::Unavailable(text)) = Tryton::check(&Context::for_test("{}")) else { panic!() };
            assert!(text.contains("base_url"), "{text}");
            let Err(Error::Unauthorized(text)) = Tryton::check(&Context::for_test("{}")) else { panic!() };
            assert!(text.contains("company"), "{text}");
        });
    }
}
