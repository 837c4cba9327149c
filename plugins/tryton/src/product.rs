//! Products (Tryton calls what is sold a variant) and the units they are sold in.

use std::collections::BTreeMap;

use apiconnect_sdk::http::{Failure, Request, Response};
use apiconnect_sdk::prelude::*;
use serde::Deserialize;

use crate::rpc::{self, Search};
use crate::settings::Settings;
use crate::tables::{Named, Tables, Unit, unmapped};
use crate::wire::Flag;

/// Products of one question; the lines of the largest order are fewer.
const ROWS_MAX: u32 = 1_000;

/// A product that is sold.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: i64,
    code: Option<String>,
    salable: Flag,
    pub(crate) default_uom: i64,
    sale_uom: Option<i64>,
}

/// The products of a question by what the store knows them by.
#[derive(Debug)]
pub(crate) struct Products(BTreeMap<String, Vec<Product>>);

/// The call that finds the products known as `keys`.
pub(crate) fn request(tables: &Tables, settings: &Settings, keys: &[&str]) -> Request {
    let search = Search {
        model: "product.product",
        domain: serde_json::json!([settings.product_key.any_of(keys)]),
        limit: ROWS_MAX,
        newest_first: false,
        fields: &["code", "salable", "default_uom", "sale_uom"],
    };
    search.request(&tables.context)
}

/// Every product once, for a question about many lines.
pub(crate) fn keys<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut keys: Vec<&str> = all.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

impl Products {
    pub(crate) fn read(settings: &Settings, answer: Result<Response, Failure>) -> Result<Self, Error> {
        let mut found: BTreeMap<String, Vec<Product>> = BTreeMap::new();
        for product in rpc::read::<Vec<Product>>(answer)? {
            let key = settings.product_key.of(product.id, product.code.as_deref());
            found.entry(key).or_default().push(product);
        }
        Ok(Self(found))
    }

    /// The one product known as `key`. Tryton lets several variants have the same code.
    pub(crate) fn get(&self, key: &str) -> Result<&Product, Error> {
        match self.0.get(key).map(Vec::as_slice) {
            Some([one]) => Ok(one),
            Some([_, _, ..]) => Err(Error::invalid("product", format!("several products have the code `{key}`"))),
            _ => Err(Error::NotFound(format!("there is no product `{key}`"))),
        }
    }

    /// The same, when it may be sold.
    pub(crate) fn sold(&self, key: &str) -> Result<&Product, Error> {
        let product = self.get(key)?;
        if product.salable.0 {
            Ok(product)
        } else {
            Err(Error::invalid("product", format!("the product `{key}` is not for sale")))
        }
    }
}

impl Product {
    /// The unit that the store calls `name`; the product's own sales unit where it names none.
    pub(crate) fn unit<'a>(&self, tables: &'a Tables, settings: &Settings, name: &str) -> Result<&'a Unit, Error> {
        let own = self.sale_uom.unwrap_or(self.default_uom);
        let own = tables.unit(own).ok_or_else(|| Error::internal("the product's unit is not in the list of units"))?;
        if name.is_empty() {
            return Ok(own);
        }
        tables.unit_named(settings, name, own.category).map_err(|why| match why {
            Named::Unknown => unmapped("unit", name),
            Named::Elsewhere => Error::invalid(
                "quantity.unit",
                format!("`{name}` cannot be converted into `{}`, the unit this product is sold in", own.symbol),
            ),
        })
    }

    /// The unit in which price lists and stock count it.
    pub(crate) fn stock_unit<'a>(&self, tables: &'a Tables) -> Option<&'a Unit> {
        tables.unit(self.default_uom)
    }

    /// The unit it is sold in by default.
    pub(crate) fn sales_unit<'a>(&self, tables: &'a Tables) -> Option<&'a Unit> {
        tables.unit(self.sale_uom.unwrap_or(self.default_uom))
    }
}

/// How many of `to` are `quantity` of `from`; units of one category.
pub(crate) fn convert(quantity: Decimal, from: &Unit, to: &Unit) -> Option<Decimal> {
    if from.id == to.id { Some(quantity) } else { (quantity * from.factor).divided_by(to.factor) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{settings, tables};

    fn product(json: &str) -> Product {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn units_are_those_of_the_products_category() {
        let (tables, settings) = (tables::for_test(), settings::for_test("{}"));
        let screw = product(r#"{"id": 4, "code": "S", "salable": 1, "default_uom": 1, "sale_uom": 36}"#);
        let unit = |name: &str| screw.unit(&tables, &settings, name).map(|unit| unit.id);
        assert_eq!((unit(""), unit("u"), unit("bx")), (Ok(36), Ok(1), Ok(36)));
        assert_eq!(unit("PAL"), Err(unmapped("unit", "PAL")));
        assert!(matches!(unit("m"), Err(Error::Invalid(_))));
    }

    #[test]
    fn a_quantity_is_converted_without_a_float() {
        let tables = tables::for_test();
        let (one, many) = (tables.unit(1).unwrap(), tables.unit(36).unwrap());
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(convert(number("250"), one, many).map(|n| n.normalized().to_string()).as_deref(), Some("2.5"));
        assert_eq!(convert(number("3"), many, one).map(|n| n.normalized().to_string()).as_deref(), Some("300"));
    }

    #[test]
    fn products_are_told_apart() {
        let rows = r#"[{"id": 1, "code": "A", "salable": true, "default_uom": 1, "sale_uom": 1},
            {"id": 2, "code": "A", "salable": true, "default_uom": 1, "sale_uom": 1},
            {"id": 3, "code": "B", "salable": 0, "default_uom": 1, "sale_uom": null}]"#;
        let mut found: BTreeMap<String, Vec<Product>> = BTreeMap::new();
        for row in serde_json::from_str::<Vec<Product>>(rows).unwrap() {
            found.entry(row.code.clone().unwrap()).or_default().push(row);
        }
        let products = Products(found);
        assert!(matches!(products.get("A"), Err(Error::Invalid(_))));
        assert!(matches!(products.sold("B"), Err(Error::Invalid(_))));
        assert!(matches!(products.get("C"), Err(Error::NotFound(_))));
        assert_eq!(products.get("B").map(|product| product.id).ok(), Some(3));
    }
}
