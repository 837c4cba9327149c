//! `CompanyService_GetItemPrice`: which price a customer pays.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::number::{day, decimal, number, today};
use super::schema::{PRICE_PARAMETERS, UserFields, check};
use super::seed::{Item, Partner, Seed, SpecialPrice};

/// The seed with ways to find things in it.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) seed: Seed,
    partners: HashMap<String, usize>,
    items: HashMap<String, usize>,
    specials: HashMap<(String, String), usize>,
}

/// What is asked about a price.
pub(super) struct Question<'a> {
    pub(super) partner: Option<&'a Partner>,
    pub(super) item: &'a Item,
    pub(super) unit: Option<i64>,
    /// In the unit asked for.
    pub(super) quantity: Decimal,
    pub(super) day: &'a str,
    pub(super) list: Option<i64>,
    pub(super) currency: Option<&'a str>,
}

/// The price of one of the unit asked for, the discount already taken off.
pub(super) struct Found {
    pub(super) price: Decimal,
    pub(super) currency: String,
    pub(super) discount: Decimal,
}

impl Catalog {
    pub(super) fn new(seed: Seed) -> Self {
        let at = |codes: Vec<String>| codes.into_iter().enumerate().map(|(at, code)| (code, at)).collect();
        let specials = seed.special_prices.iter().enumerate();
        Self {
            partners: at(seed.partners.iter().map(|p| p.code.clone()).collect()),
            items: at(seed.items.iter().map(|i| i.code.clone()).collect()),
            specials: specials.map(|(at, s)| ((s.card.clone(), s.item.clone()), at)).collect(),
            seed,
        }
    }

    pub(super) fn partner(&self, code: &str) -> Option<&Partner> {
        self.seed.partners.get(*self.partners.get(code)?)
    }

    pub(super) fn item(&self, code: &str) -> Option<&Item> {
        self.seed.items.get(*self.items.get(code)?)
    }

    pub(super) fn special(&self, card: &str, item: &str) -> Option<&SpecialPrice> {
        self.seed.special_prices.get(*self.specials.get(&(card.to_owned(), item.to_owned()))?)
    }

    /// Base units in a unit; entry 1 and -1 (no unit group) are the base unit itself.
    pub(super) fn unit_factor(&self, entry: Option<i64>) -> Option<Decimal> {
        match entry {
            None | Some(-1) => Some(Decimal::ONE),
            Some(entry) => self.seed.units.iter().find(|(e, _, _)| *e == entry).map(|(_, _, factor)| *factor),
        }
    }

    /// In local currency, how much one unit of the currency is.
    fn rate(&self, currency: &str) -> Option<Decimal> {
        if currency == self.seed.local_currency {
            return Some(Decimal::ONE);
        }
        self.seed.rates.iter().find(|(code, _)| code == currency).map(|(_, rate)| *rate)
    }

    /// First the customer's special price, then the volume price of the price list, then the price list.
    pub(super) fn find_price(&self, asked: &Question<'_>) -> Result<Found, Refusal> {
        let no_unit = || Refusal::bad(-10, "Specify a valid UoM");
        let factor = self.unit_factor(asked.unit).ok_or_else(no_unit)?;
        let list = asked.list.or(asked.partner.map(|p| p.price_list)).unwrap_or(1);
        let Some(list) = self.seed.price_lists.iter().find(|l| l.number == list) else {
            return Err(Refusal::no_match("[OPLN.ListNum]"));
        };
        let code = &asked.item.code;
        let own = asked.partner.and_then(|p| self.special(&p.code, code));
        let volume = self.special(&format!("*{}", list.number), code);
        let special = [own, volume].into_iter().flatten().find(|s| is_valid(s, asked.day));
        let (price, discount) = match special {
            Some(special) => (step(special, asked.quantity * factor), special.discount),
            None => match asked.item.prices.iter().find(|(number, _)| *number == list.number) {
                Some((_, price)) => (*price, Decimal::ZERO),
                None => {
                    return Ok(Found { price: Decimal::ZERO, currency: String::new(), discount: Decimal::ZERO });
                }
            },
        };
        let mut found = Found { price: price * factor, currency: list.currency.clone(), discount };
        if let Some(wanted) = asked.currency.filter(|wanted| *wanted != list.currency) {
            let (from, to) = self.rate(&list.currency).zip(self.rate(wanted)).ok_or_else(no_rate)?;
            found.price = (found.price * from / to).round_dp(6);
            found.currency = wanted.to_owned();
        }
        Ok(found)
    }

    /// `POST /CompanyService_GetItemPrice`.
    pub(super) fn get_item_price(&self, body: &[u8]) -> Outcome {
        let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::bad(-1000, "Invalid JSON format"))?;
        let Some(Value::Object(asked)) = body.get("ItemPriceParams") else {
            return Err(Refusal::bad(-1000, "Parameter 'ItemPriceParams' is missing"));
        };
        check(&PRICE_PARAMETERS, UserFields::default(), asked)?;
        let text = |name: &str| asked.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let integer = |name: &str| asked.get(name).and_then(decimal).and_then(|n| n.to_string().parse::<i64>().ok());
        let partner = match text("CardCode") {
            Some(code) => Some(self.partner(code).ok_or_else(|| Refusal::no_match("[OCRD.CardCode]"))?),
            None => None,
        };
        let no_item = || Refusal::no_match("[OITM.ItemCode]");
        let item = text("ItemCode").and_then(|code| self.item(code)).ok_or_else(no_item)?;
        let (unit, quantity) = self.quantity(asked, integer("UoMEntry"))?;
        let now = today();
        let day = text("Date").map_or(now.as_str(), day);
        let question =
            Question { partner, item, unit, quantity, day, list: integer("PriceList"), currency: text("Currency") };
        let found = self.find_price(&question)?;
        Ok(Answer::ok(&json!({
            "odata.metadata": "$metadata#ItemPriceReturnParams",
            "Price": number(found.price), "Currency": found.currency, "Discount": number(found.discount),
        })))
    }

    /// The unit and the quantity in it; `InventoryQuantity` counts base units.
    fn quantity(&self, asked: &Map<String, Value>, unit: Option<i64>) -> Result<(Option<i64>, Decimal), Refusal> {
        let given = |name: &str| asked.get(name).and_then(decimal).filter(|n| !n.is_zero());
        let factor = self.unit_factor(unit).ok_or_else(|| Refusal::bad(-10, "Specify a valid UoM"))?;
        let quantity = match (given("UoMQuantity"), given("InventoryQuantity")) {
            (Some(quantity), _) => quantity,
            (None, Some(base)) => base / factor,
            (None, None) => Decimal::ONE,
        };
        Ok((unit, quantity))
    }
}

fn no_rate() -> Refusal {
    Refusal::bad(-10, "Update the exchange rate")
}

fn is_valid(special: &SpecialPrice, day: &str) -> bool {
    let (from, until) = &special.valid;
    from.as_deref().is_none_or(|from| from <= day) && until.as_deref().is_none_or(|until| day <= until)
}

/// The price of the highest step that the quantity, in base units, reaches.
fn step(special: &SpecialPrice, quantity: Decimal) -> Decimal {
    let reached = special.breaks.iter().filter(|(from, _)| *from <= quantity).max_by_key(|(from, _)| *from);
    reached.map_or(special.price, |(_, price)| *price)
}
