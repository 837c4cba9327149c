//! The small tables that nearly every question needs: the context of calls, units, currencies, warehouses.
//!
//! They are read once and kept for a minute in the connection's memory, so that a live price costs no four extra calls.

use apiconnect_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::rpc::{self, Search, call};
use crate::settings::Settings;
use crate::wire::Number;

/// Long enough to serve a burst of questions, short enough that a new unit or warehouse is soon known.
const KEPT_MS: u64 = 60_000;
const KEY: &str = "tables";
/// More units or warehouses than any company has; the server takes at most a thousand rows a call.
const ROWS_MAX: u32 = 1_000;

/// What every call is made in: the company and employee of the user's preferences.
///
/// The language stays out of it, so that texts come in the one the server was set up with and do not change with a
/// person's preference.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Context {
    // A company that is sent as null hides the user's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) company: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    employee: Option<i64>,
}

/// A unit of measure.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Unit {
    pub(crate) id: i64,
    pub(crate) symbol: String,
    pub(crate) name: String,
    /// Units of one category can be converted into each other.
    pub(crate) category: i64,
    /// How many of the category's base unit it has.
    pub(crate) factor: Decimal,
    pub(crate) digits: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Currency {
    pub(crate) id: i64,
    pub(crate) code: String,
    /// Digits after the point that its amounts have.
    digits: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Warehouse {
    pub(crate) id: i64,
    code: Option<String>,
    pub(crate) name: String,
}

impl Warehouse {
    /// Its code; the id where it has none.
    pub(crate) fn key(&self) -> String {
        self.code.clone().filter(|code| !code.is_empty()).unwrap_or_else(|| self.id.to_string())
    }
}

/// All of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Tables {
    pub(crate) context: Context,
    pub(crate) units: Vec<Unit>,
    currencies: Vec<Currency>,
    pub(crate) warehouses: Vec<Warehouse>,
}

#[derive(Deserialize)]
struct UnitRow {
    id: i64,
    symbol: String,
    name: String,
    category: i64,
    factor: Number,
    digits: u32,
}

/// The user's preferences, as far as calls need them.
#[derive(Deserialize)]
pub(crate) struct Preferences {
    pub(crate) company: Option<i64>,
    #[serde(rename = "company.rec_name")]
    pub(crate) company_name: Option<String>,
    employee: Option<i64>,
}

/// The preferences of the user that the host signed in with.
pub(crate) fn preferences() -> Result<Preferences, Error> {
    let preferences: Preferences =
        rpc::read(call("model.res.user.get_preferences", (true, Context::default())).send())?;
    if preferences.company.is_none() {
        return Err(Error::Unauthorized("the user has no company; give it one in Tryton".into()));
    }
    Ok(preferences)
}

impl From<&Preferences> for Context {
    fn from(preferences: &Preferences) -> Self {
        Self { company: preferences.company, employee: preferences.employee }
    }
}

impl Tables {
    /// From the connection's memory, or read.
    pub(crate) fn get() -> Result<Self, Error> {
        let kept = state::get(KEY).and_then(|kept| serde_json::from_slice(&kept).ok());
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let tables = Self::read()?;
        state::set(KEY, &apiconnect_sdk::json::write(&tables)?, KEPT_MS);
        Ok(tables)
    }

    fn read() -> Result<Self, Error> {
        let context = Context::from(&preferences()?);
        let all = |model, domain, fields| {
            Search { model, domain, limit: ROWS_MAX, newest_first: false, fields }.request(&context)
        };
        let units = all("product.uom", serde_json::json!([]), &["symbol", "name", "category", "factor", "digits"]);
        let currencies = all("currency.currency", serde_json::json!([]), &["code", "digits"]);
        let places = all("stock.location", serde_json::json!([["type", "=", "warehouse"]]), &["code", "name"]);
        let mut answers = http::send_all([units, currencies, places]).into_iter();
        let mut next = || answers.next().ok_or_else(|| Error::internal("the host gave too few answers"));
        let units: Vec<UnitRow> = rpc::read(next()?)?;
        let units = units.into_iter().map(|row| {
            let UnitRow { id, symbol, name, category, factor, digits } = row;
            Unit { id, symbol, name, category, factor: factor.0, digits }
        });
        let units = units.collect();
        Ok(Self { units, currencies: rpc::read(next()?)?, warehouses: rpc::read(next()?)?, context })
    }

    /// The company's id.
    pub(crate) fn company(&self) -> i64 {
        self.context.company.unwrap_or_default()
    }

    pub(crate) fn unit(&self, id: i64) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.id == id)
    }

    /// The unit that the store calls `name`, among those of `category`: a symbol may be used in several.
    pub(crate) fn unit_named(&self, settings: &Settings, name: &str, category: i64) -> Result<&Unit, Named> {
        let symbol = settings.unit_symbol(name);
        let mut named = self.units.iter().filter(|unit| unit.symbol == symbol).peekable();
        if named.peek().is_none() {
            return Err(Named::Unknown);
        }
        named.find(|unit| unit.category == category).ok_or(Named::Elsewhere)
    }

    pub(crate) fn currency_code(&self, id: i64) -> Option<&str> {
        self.currencies.iter().find(|currency| currency.id == id).map(|currency| currency.code.as_str())
    }

    /// An amount rounded to what the currency has.
    pub(crate) fn rounded(&self, amount: Decimal, currency: Option<i64>) -> Decimal {
        let known = self.currencies.iter().find(|known| Some(known.id) == currency);
        known.map_or(amount, |known| amount.round(known.digits))
    }

    pub(crate) fn currency_id(&self, code: &str) -> Result<i64, Error> {
        let found = self.currencies.iter().find(|currency| currency.code == code);
        found.map(|currency| currency.id).ok_or_else(|| unmapped("currency", code))
    }

    /// The warehouse with a code, or with an id where it has no code.
    pub(crate) fn warehouse(&self, key: &str) -> Result<&Warehouse, Error> {
        self.warehouses.iter().find(|place| place.key() == key).ok_or_else(|| unmapped("warehouse", key))
    }
}

/// Why a unit is none for a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// No unit has this symbol.
    Unknown,
    /// There is such a unit, but the product cannot be counted in it.
    Elsewhere,
}

pub(crate) fn unmapped(kind: &str, code: &str) -> Error {
    Error::NeedsMapping(vec![MissingMapping { kind: kind.into(), code: code.into() }])
}

#[cfg(test)]
pub(crate) fn for_test() -> Tables {
    serde_json::from_str(
        r#"{"context": {"company": 1}, "currencies": [{"id": 1, "code": "USD", "digits": 2}, {"id": 2, "code": "EUR", "digits": 2}],
            "units": [{"id": 1, "symbol": "u", "name": "Unit", "category": 1, "factor": 1.0, "digits": 0},
                {"id": 36, "symbol": "bx", "name": "Box of 100", "category": 1, "factor": 100.0, "digits": 0},
                {"id": 11, "symbol": "m", "name": "Meter", "category": 4, "factor": 1.0, "digits": 2}],
            "warehouses": [{"id": 5, "code": "WH", "name": "Warehouse"}, {"id": 12, "code": null, "name": "West"}]}"#,
    )
    .unwrap()
}

#[cfg(test)]
mod tests {
    use apiconnect_sdk::testing::FakeHost;

    use super::*;
    use crate::settings;

    #[test]
    fn tables_are_read_once() {
        let rows = |rows: &str| format!(r#"{{"id": 1, "result": {rows}}}"#);
        let preferences = r#"{"company": 1, "company.rec_name": "Harbor", "language": "en", "employees": []}"#;
        let unit = r#"[{"id": 1, "symbol": "u", "name": "Unit", "category": 1, "factor": 1.0, "digits": 0}]"#;
        let host = FakeHost::new()
            .on("POST", "rpc/", 200, &rows(preferences))
            .on("POST", "rpc/", 200, &rows(unit))
            .on("POST", "rpc/", 200, &rows(r#"[{"id": 1, "code": "USD", "digits": 2}]"#))
            .on("POST", "rpc/", 200, &rows(r#"[{"id": 5, "code": "WH", "name": "Warehouse"}]"#));
        let host = host.run(|| {
            let first = Tables::get().unwrap();
            let second = Tables::get().unwrap();
            assert_eq!((first.company(), second.warehouses[0].key().as_str()), (1, "WH"));
            assert_eq!(second.units[0].factor.to_string(), "1.0");
        });
        assert_eq!(host.requests().len(), 4);
        let first = String::from_utf8_lossy(&host.requests()[0].body).into_owned();
        assert!(first.ends_with(r#""params":[true,{}]}"#), "{first}");
        let units = String::from_utf8_lossy(&host.requests()[1].body).into_owned();
        assert!(units.ends_with(r#",{"company":1}]}"#), "{units}");
    }

    #[test]
    fn codes_are_looked_up() {
        let (tables, settings) = (for_test(), settings::for_test(r#"{"units": {"EA": "u"}}"#));
        let unit = |name: &str, category: i64| tables.unit_named(&settings, name, category).map(|unit| unit.id);
        assert_eq!((unit("EA", 1), unit("bx", 1)), (Ok(1), Ok(36)));
        assert_eq!((unit("m", 1), unit("PAL", 1)), (Err(Named::Elsewhere), Err(Named::Unknown)));
        assert_eq!(tables.currency_id("EUR"), Ok(2));
        assert_eq!(tables.currency_id("GBP"), Err(unmapped("currency", "GBP")));
        assert_eq!(tables.warehouse("WH").map(|place| place.id).ok(), Some(5));
        assert_eq!(tables.warehouse("12").map(|place| place.id).ok(), Some(12));
        assert!(tables.warehouse("5").is_err(), "a warehouse with a code is not known by its id");
    }
}
