//! What Tryton itself enters in a new sale when a customer is chosen: price list, currency, addresses, payment term.

use apiconnect_sdk::http::{Failure, Request, Response};
use apiconnect_sdk::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::rpc::{self, call};
use crate::tables::Tables;

#[derive(Serialize)]
struct NewSale {
    company: i64,
    currency: Option<i64>,
    warehouse: Option<i64>,
    party: Option<i64>,
    // Known to be empty, which lets the customer's own currency count.
    lines: [(); 0],
}

/// The terms of a customer. The names are the fields of a sale, which takes them as they came.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Terms {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) price_list: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) invoice_address: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shipment_address: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_term: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipment_method: Option<String>,
}

/// The call that asks for the terms of a party; without one, for those of an unknown buyer.
pub(crate) fn request(tables: &Tables, party: Option<i64>, warehouse: Option<i64>) -> Request {
    let sale = NewSale { company: tables.company(), currency: None, warehouse, party, lines: [] };
    call("model.sale.sale.on_change", (sale, ["party"], &tables.context))
}

pub(crate) fn read(answer: Result<Response, Failure>) -> Result<Terms, Error> {
    rpc::checked(answer)
}

/// A line as Tryton would enter it: its price and taxes.
#[derive(Debug, Deserialize)]
pub(crate) struct Entered {
    pub(crate) unit: Option<i64>,
    pub(crate) unit_price: Option<crate::wire::Number>,
    pub(crate) amount: Option<crate::wire::Number>,
    taxes: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Added {
    #[serde(default)]
    add: Vec<(i64, Tax)>,
}

#[derive(Deserialize)]
struct Tax {
    id: i64,
}

impl Entered {
    /// Ids of the taxes. They come as changes to an empty list.
    pub(crate) fn taxes(&self) -> Result<Vec<i64>, Error> {
        let Some(raw) = &self.taxes else { return Ok(Vec::new()) };
        if raw.get().starts_with('[') {
            return apiconnect_sdk::json::read(raw.get().as_bytes());
        }
        let changes: Added = apiconnect_sdk::json::read(raw.get().as_bytes())?;
        Ok(changes.add.into_iter().map(|(_, tax)| tax.id).collect())
    }
}

/// A line to be priced: the fields of a sale's line, and of the sale it stands in.
#[derive(Serialize)]
struct NewLine {
    r#type: &'static str,
    company: i64,
    product: Option<i64>,
    quantity: Decimal,
    unit: Option<i64>,
    #[serde(rename = "_parent_sale.company")]
    sale_company: i64,
    #[serde(rename = "_parent_sale.party")]
    party: Option<i64>,
    #[serde(rename = "_parent_sale.currency")]
    currency: Option<i64>,
    #[serde(rename = "_parent_sale.price_list", skip_serializing_if = "Option::is_none")]
    price_list: Option<i64>,
    #[serde(rename = "_parent_sale.sale_date")]
    date: Option<crate::wire::Day>,
    #[serde(rename = "_parent_sale.shipment_address")]
    shipment_address: Option<i64>,
    #[serde(rename = "_parent_sale.warehouse")]
    warehouse: Option<i64>,
    #[serde(rename = "_parent_sale.invoice_party")]
    invoice_party: Option<i64>,
    #[serde(rename = "_parent_sale.shipment_party")]
    shipment_party: Option<i64>,
}

/// The sale that a line is entered in.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub(crate) party: i64,
    pub(crate) terms: Terms,
    pub(crate) warehouse: Option<i64>,
    pub(crate) date: Option<crate::wire::Day>,
}

/// The call that enters a product in a line of a sale that is not kept. Price lists, quantity breaks, tax rules and
/// currencies are Tryton's own work this way, none of it is done a second time here.
pub(crate) fn line(
    tables: &Tables,
    sale: &Sale,
    product: Option<i64>,
    quantity: Decimal,
    unit: Option<i64>,
) -> Request {
    let new = NewLine {
        r#type: "line",
        company: tables.company(),
        product,
        quantity,
        unit,
        sale_company: tables.company(),
        party: Some(sale.party),
        currency: sale.terms.currency,
        price_list: sale.terms.price_list,
        date: sale.date,
        shipment_address: sale.terms.shipment_address,
        warehouse: sale.warehouse,
        invoice_party: None,
        shipment_party: None,
    };
    call("model.sale.line.on_change", (new, ["product"], &tables.context))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taxes_come_as_changes() {
        let taxes = |json: &str| serde_json::from_str::<Entered>(json).unwrap().taxes();
        assert_eq!(taxes(r#"{"taxes": {"add": [[0, {"id": 1}], [1, {"id": 4}]]}}"#), Ok(vec![1, 4]));
        assert_eq!(taxes(r#"{"taxes": [2]}"#), Ok(vec![2]));
        assert_eq!(taxes(r#"{"taxes": null}"#), Ok(Vec::new()));
    }
}
