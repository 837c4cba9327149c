//! What the service checks and fills in when a document is made.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::documents::{Documents, Set};
use super::number::{day, decimal, number, today};
use super::price::{Catalog, Question};
use super::schema::{DOCUMENT, LINE, UserFields, check};
use super::seed::Partner;

/// Object type of a quotation, as `BaseType` of a line.
const QUOTATION: i64 = 23;

/// A document being made.
pub(super) struct Maker<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) quotations: &'a Documents,
    pub(super) set: Set,
}

impl Maker<'_> {
    /// Checks a posted body and gives the whole document, yet without its numbers.
    pub(super) fn make(&self, body: &Value) -> Result<Value, Refusal> {
        let Value::Object(asked) = body else { return Err(Refusal::bad(-1000, "Invalid JSON format")) };
        check(&DOCUMENT, self.user_fields(), asked)?;
        let partner = self.partner(asked)?;
        let text = |name: &str| asked.get(name).and_then(Value::as_str);
        let due = text("DocDueDate")
            .ok_or_else(|| Refusal::bad(-10, format!("Enter valid date {}", self.at("DocDueDate"))))?;
        let posted = text("DocDate").map_or_else(today, |date| day(date).to_owned());
        if day(due) < posted.as_str() {
            return Err(Refusal::bad(-10, format!("Due date is before the posting date {}", self.at("DocDueDate"))));
        }
        self.check_address(asked, partner)?;
        let currency = text("DocCurrency").unwrap_or(self.currency_of(partner));
        let lines = match asked.get("DocumentLines") {
            Some(Value::Array(lines)) if !lines.is_empty() => lines,
            _ => return Err(Refusal::bad(-5002, "You cannot add or update a document without lines")),
        };
        let mut rows = Vec::with_capacity(lines.len());
        for (at, line) in lines.iter().enumerate() {
            let maker = LineMaker { maker: self, partner, currency, posted: &posted, due: day(due), number: at };
            rows.push(maker.make(line)?);
        }
        Ok(self.whole(asked, partner, currency, &posted, day(due), rows))
    }

    fn user_fields(&self) -> UserFields<'_> {
        UserFields { document: &self.catalog.seed.document_fields, line: &self.catalog.seed.line_fields }
    }

    /// How error texts name a field of the header.
    fn at(&self, field: &str) -> String {
        format!("[{}.{field}]", self.set.tables().0)
    }

    fn partner(&self, asked: &Map<String, Value>) -> Result<&Partner, Refusal> {
        let code = asked.get("CardCode").and_then(Value::as_str).unwrap_or_default();
        let partner = self.catalog.partner(code).filter(|partner| partner.customer);
        let partner = partner.ok_or_else(|| Refusal::no_match(&self.at("CardCode")))?;
        if partner.frozen {
            return Err(Refusal::bad(-10, format!("10001071 - Customer {code} is inactive")));
        }
        Ok(partner)
    }

    fn check_address(&self, asked: &Map<String, Value>, partner: &Partner) -> Result<(), Refusal> {
        for field in ["ShipToCode", "PayToCode"] {
            let code = asked.get(field).and_then(Value::as_str);
            if let Some(code) = code
                && !partner.ship_tos.iter().any(|[name, ..]| name == code)
            {
                return Err(Refusal::no_match(&self.at(field)));
            }
        }
        Ok(())
    }

    /// The document's currency: the customer's, or the company's own for a customer with all currencies.
    fn currency_of<'b>(&'b self, partner: &'b Partner) -> &'b str {
        if partner.currency == "##" { &self.catalog.seed.local_currency } else { &partner.currency }
    }

    fn whole(
        &self,
        asked: &Map<String, Value>,
        partner: &Partner,
        currency: &str,
        posted: &str,
        due: &str,
        rows: Vec<Value>,
    ) -> Value {
        let sum = |rows: Option<&Value>, field: &str| -> Decimal {
            let rows = rows.and_then(Value::as_array).into_iter().flatten();
            rows.filter_map(|row| row.get(field).and_then(decimal)).sum()
        };
        let rows = Value::Array(rows);
        let net = sum(Some(&rows), "LineTotal") + sum(asked.get("DocumentAdditionalExpenses"), "LineTotal");
        let tax = sum(Some(&rows), "TaxTotal");
        let mut document: Map<String, Value> =
            DOCUMENT.fields.iter().map(|(name, _)| ((*name).to_owned(), Value::Null)).collect();
        let user = self.catalog.seed.document_fields.iter();
        document.extend(user.map(|field| (field.clone(), Value::Null)));
        document.extend(
            [
                ("DocType", json!("dDocument_Items")),
                ("Confirmed", json!("tYES")),
                ("SalesPersonCode", json!(-1)),
                ("ShipToCode", json!(partner.ship_tos.first().map(|[name, ..]| name))),
                ("PayToCode", json!(partner.ship_tos.first().map(|[name, ..]| name))),
                ("DocumentAdditionalExpenses", json!([])),
            ]
            .map(named),
        );
        document.extend(asked.clone());
        document.extend(
            [
                ("DocDate", json!(posted)),
                ("DocDueDate", json!(due)),
                ("CardName", json!(partner.name)),
                ("DocCurrency", json!(currency)),
                ("DocRate", json!(1.0)),
                ("DocTotal", number(net + tax)),
                ("VatSum", number(tax)),
                ("PaidToDate", json!(0.0)),
                ("DocumentStatus", json!("bost_Open")),
                ("Cancelled", json!("tNO")),
                ("CancelStatus", json!("csNo")),
                ("AuthorizationStatus", json!("dasWithout")),
                ("CreationDate", json!(today())),
                ("UpdateDate", json!(today())),
                ("DocumentLines", rows),
            ]
            .map(named),
        );
        Value::Object(document)
    }
}

/// A line being made.
struct LineMaker<'a> {
    maker: &'a Maker<'a>,
    partner: &'a Partner,
    currency: &'a str,
    posted: &'a str,
    due: &'a str,
    /// Counted from 0, as `LineNum` is; error texts count from 1.
    number: usize,
}

impl LineMaker<'_> {
    fn make(&self, line: &Value) -> Result<Value, Refusal> {
        let Value::Object(asked) = line else { return Err(Refusal::bad(-1000, "Invalid JSON format")) };
        let mut asked = asked.clone();
        self.take_from_quotation(&mut asked)?;
        let text = |name: &str| asked.get(name).and_then(Value::as_str);
        let amount = |name: &str| asked.get(name).and_then(decimal);
        let code = text("ItemCode").unwrap_or_default();
        let item = self.maker.catalog.item(code).ok_or_else(|| Refusal::no_match(&self.at("ItemCode")))?;
        if item.frozen {
            return Err(self.bad(&format!("10001069 - Item {code} is inactive"), "ItemCode"));
        }
        let warehouse = text("WarehouseCode").unwrap_or("01");
        if !item.stock.iter().any(|(known, ..)| known == warehouse) {
            return Err(Refusal::no_match(&self.at("WhsCode")));
        }
        let quantity = amount("Quantity").unwrap_or(Decimal::ONE);
        if quantity <= Decimal::ZERO {
            return Err(self.bad("Enter a quantity greater than 0", "Quantity"));
        }
        let unit = amount("UoMEntry").and_then(|n| n.to_string().parse().ok());
        let unit_price = match amount("UnitPrice") {
            Some(price) => price,
            None => self.price(item, unit, quantity)?,
        };
        let discount = amount("DiscountPercent").unwrap_or_default();
        let price = (unit_price * (Decimal::ONE_HUNDRED - discount) / Decimal::ONE_HUNDRED).round_dp(6);
        let total = (price * quantity).round_dp(2);
        let tax = (total * self.partner.vat_percent / Decimal::ONE_HUNDRED).round_dp(2);
        let mut row: Map<String, Value> =
            LINE.fields.iter().map(|(name, _)| ((*name).to_owned(), Value::Null)).collect();
        row.extend([("ShipDate", json!(self.due)), ("UoMEntry", json!(1)), ("BaseType", json!(-1))].map(named));
        row.extend(asked.clone());
        row.extend(
            [
                ("LineNum", json!(self.number)),
                ("ItemDescription", json!(text("ItemDescription").unwrap_or(&item.name))),
                ("Quantity", number(quantity)),
                ("RemainingOpenQuantity", number(quantity)),
                ("UnitPrice", number(unit_price)),
                ("Price", number(price)),
                ("DiscountPercent", number(discount)),
                ("Currency", json!(self.currency)),
                ("WarehouseCode", json!(warehouse)),
                ("LineTotal", number(total)),
                ("TaxTotal", number(tax)),
                ("LineStatus", json!("bost_Open")),
                ("MeasureUnit", json!("EA")),
            ]
            .map(named),
        );
        Ok(Value::Object(row))
    }

    fn at(&self, column: &str) -> String {
        format!("[{}.{column}][line: {}]", self.maker.set.tables().1, self.number + 1)
    }

    fn bad(&self, text: &str, column: &str) -> Refusal {
        Refusal::bad(-10, format!("{text} {}", self.at(column)))
    }

    fn price(&self, item: &super::seed::Item, unit: Option<i64>, quantity: Decimal) -> Result<Decimal, Refusal> {
        let question = Question {
            partner: Some(self.partner),
            item,
            unit,
            quantity,
            day: self.posted,
            list: None,
            currency: Some(self.currency),
        };
        self.maker.catalog.find_price(&question).map(|found| found.price)
    }

    /// A line drawn from a quotation takes what it does not say itself from there.
    fn take_from_quotation(&self, asked: &mut Map<String, Value>) -> Result<(), Refusal> {
        let number = |asked: &Map<String, Value>, name: &str| asked.get(name).and_then(Value::as_i64);
        let Some(base) = number(asked, "BaseType").filter(|base| *base >= 0) else { return Ok(()) };
        let gone = || Refusal::no_match(&self.at("BaseEntry"));
        let entry = number(asked, "BaseEntry").and_then(|entry| u64::try_from(entry).ok());
        let (QUOTATION, Some(entry)) = (base, entry) else { return Err(gone()) };
        let quotation = self.maker.quotations.get(entry).map_err(|_| gone())?;
        if quotation.get("DocumentStatus").and_then(Value::as_str) != Some("bost_Open") {
            return Err(Refusal::bad(-5002, "One of the base documents has already been closed"));
        }
        let wanted = number(asked, "BaseLine");
        let lines = quotation.get("DocumentLines").and_then(Value::as_array);
        let line = lines.into_iter().flatten().find(|line| line.get("LineNum").and_then(Value::as_i64) == wanted);
        let line = line.ok_or_else(gone)?;
        for field in ["ItemCode", "Quantity", "UnitPrice", "DiscountPercent", "WarehouseCode", "UoMEntry", "FreeText"] {
            if let Some(value) = line.get(field).filter(|value| !value.is_null()) {
                asked.entry(field).or_insert_with(|| value.clone());
            }
        }
        Ok(())
    }
}

fn named((name, value): (&str, Value)) -> (String, Value) {
    (name.to_owned(), value)
}
