//! The properties of the entities that are simulated. The real types have many more; these are the ones that the
//! reference facts name. A property outside the table is refused, the way the real service refuses unknown ones.

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::number::{decimal, is_day};

/// What values a property takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text(usize),
    Integer,
    Number,
    Day,
    YesNo,
    Enum(&'static [&'static str]),
    One(&'static Entity),
    Many(&'static Entity),
}

/// A type of the service's metadata.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) name: &'static str,
    pub(super) fields: &'static [(&'static str, Kind)],
}

use Kind::{Day, Enum, Integer, Many, Number, One, Text, YesNo};

pub(super) static ITEM: Entity = Entity {
    name: "Item",
    fields: &[
        ("ItemCode", Text(50)),
        ("ItemName", Text(100)),
        ("BarCode", Text(254)),
        ("SalesUnit", Text(20)),
        ("InventoryUOM", Text(20)),
        ("UoMGroupEntry", Integer),
        ("DefaultSalesUoMEntry", Integer),
        ("Valid", YesNo),
        ("Frozen", YesNo),
        ("SalesItem", YesNo),
        ("ItemsGroupCode", Integer),
        ("QuantityOnStock", Number),
        ("ItemPrices", Many(&ITEM_PRICE)),
        ("ItemWarehouseInfoCollection", Many(&ITEM_WAREHOUSE)),
    ],
};

static ITEM_PRICE: Entity =
    Entity { name: "ItemPrice", fields: &[("PriceList", Integer), ("Price", Number), ("Currency", Text(3))] };

static ITEM_WAREHOUSE: Entity = Entity {
    name: "ItemWarehouseInfo",
    fields: &[("WarehouseCode", Text(8)), ("InStock", Number), ("Committed", Number), ("Ordered", Number)],
};

pub(super) static PARTNER: Entity = Entity {
    name: "BusinessPartner",
    fields: &[
        ("CardCode", Text(15)),
        ("CardName", Text(100)),
        ("CardType", Enum(&["cCustomer", "cSupplier", "cLid"])),
        ("GroupCode", Integer),
        ("EmailAddress", Text(100)),
        ("Phone1", Text(20)),
        ("Currency", Text(3)),
        ("PriceListNum", Integer),
        ("PayTermsGrpCode", Integer),
        ("CreditLimit", Number),
        ("CurrentAccountBalance", Number),
        ("OpenOrdersBalance", Number),
        ("Frozen", YesNo),
        ("Valid", YesNo),
        ("ShipToDefault", Text(50)),
        ("BilltoDefault", Text(50)),
        ("VatLiable", Enum(&["vLiable", "vExempted", "vEC"])),
        ("SalesPersonCode", Integer),
        ("UpdateDate", Day),
        ("BPAddresses", Many(&ADDRESS)),
        ("ContactEmployees", Many(&CONTACT)),
    ],
};

static ADDRESS: Entity = Entity {
    name: "BPAddress",
    fields: &[
        ("AddressName", Text(50)),
        ("AddressType", Enum(&["bo_ShipTo", "bo_BillTo"])),
        ("Street", Text(100)),
        ("StreetNo", Text(100)),
        ("Block", Text(100)),
        ("BuildingFloorRoom", Text(100)),
        ("City", Text(100)),
        ("County", Text(100)),
        ("ZipCode", Text(20)),
        ("State", Text(3)),
        ("Country", Text(3)),
        ("TaxCode", Text(8)),
        ("BPCode", Text(15)),
        ("RowNum", Integer),
    ],
};

static CONTACT: Entity = Entity {
    name: "ContactEmployee",
    fields: &[("Name", Text(50)), ("E_Mail", Text(100)), ("Phone1", Text(20)), ("InternalCode", Integer)],
};

pub(super) static DOCUMENT: Entity = Entity {
    name: "Document",
    fields: &[
        ("DocEntry", Integer),
        ("DocNum", Integer),
        ("DocType", Enum(&["dDocument_Items", "dDocument_Service"])),
        ("DocDate", Day),
        ("DocDueDate", Day),
        ("TaxDate", Day),
        ("CardCode", Text(15)),
        ("CardName", Text(100)),
        ("NumAtCard", Text(100)),
        ("DocCurrency", Text(3)),
        ("DocRate", Number),
        ("DocTotal", Number),
        ("VatSum", Number),
        ("DiscountPercent", Number),
        ("TotalDiscount", Number),
        ("PaidToDate", Number),
        ("Comments", Text(254)),
        ("SalesPersonCode", Integer),
        ("TransportationCode", Integer),
        ("Confirmed", YesNo),
        ("ShipToCode", Text(50)),
        ("PayToCode", Text(50)),
        ("DocumentStatus", Enum(&["bost_Open", "bost_Close"])),
        ("Cancelled", YesNo),
        ("CancelStatus", Enum(&["csYes", "csNo", "csCancellation"])),
        ("AuthorizationStatus", Enum(&["dasWithout", "dasPending", "dasApproved", "dasRejected"])),
        ("CreationDate", Day),
        ("UpdateDate", Day),
        ("DocumentLines", Many(&LINE)),
        ("DocumentAdditionalExpenses", Many(&EXPENSE)),
        ("AddressExtension", One(&EXTENSION)),
    ],
};

pub(super) static LINE: Entity = Entity {
    name: "DocumentLine",
    fields: &[
        ("LineNum", Integer),
        ("ItemCode", Text(50)),
        ("ItemDescription", Text(200)),
        ("Quantity", Number),
        ("ShipDate", Day),
        ("Price", Number),
        ("Currency", Text(3)),
        ("UnitPrice", Number),
        ("DiscountPercent", Number),
        ("WarehouseCode", Text(8)),
        ("TaxCode", Text(8)),
        ("VatGroup", Text(8)),
        ("LineTotal", Number),
        ("TaxTotal", Number),
        ("UoMEntry", Integer),
        ("UoMCode", Text(20)),
        ("MeasureUnit", Text(100)),
        ("FreeText", Text(100)),
        ("LineStatus", Enum(&["bost_Open", "bost_Close"])),
        ("RemainingOpenQuantity", Number),
        ("BaseType", Integer),
        ("BaseEntry", Integer),
        ("BaseLine", Integer),
    ],
};

static EXPENSE: Entity = Entity {
    name: "DocumentAdditionalExpense",
    fields: &[("ExpenseCode", Integer), ("LineTotal", Number), ("Remarks", Text(254))],
};

static EXTENSION: Entity = Entity {
    name: "AddressExtension",
    fields: &[
        ("ShipToStreet", Text(100)),
        ("ShipToStreetNo", Text(100)),
        ("ShipToBlock", Text(100)),
        ("ShipToBuilding", Text(254)),
        ("ShipToCity", Text(100)),
        ("ShipToZipCode", Text(20)),
        ("ShipToCounty", Text(100)),
        ("ShipToState", Text(3)),
        ("ShipToCountry", Text(3)),
        ("BillToStreet", Text(100)),
        ("BillToStreetNo", Text(100)),
        ("BillToBlock", Text(100)),
        ("BillToBuilding", Text(254)),
        ("BillToCity", Text(100)),
        ("BillToZipCode", Text(20)),
        ("BillToCounty", Text(100)),
        ("BillToState", Text(3)),
        ("BillToCountry", Text(3)),
    ],
};

pub(super) static PRICE_PARAMETERS: Entity = Entity {
    name: "ItemPriceParams",
    fields: &[
        ("CardCode", Text(15)),
        ("ItemCode", Text(50)),
        ("UoMQuantity", Number),
        ("UoMEntry", Integer),
        ("InventoryQuantity", Number),
        ("Currency", Text(3)),
        ("Date", Day),
        ("PriceList", Integer),
        ("BlanketAgreementNumber", Integer),
        ("BlanketAgreementLine", Integer),
    ],
};

impl Entity {
    pub(super) fn kind(&self, field: &str) -> Option<Kind> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, kind)| *kind)
    }
}

/// User fields that an entity has besides its own.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UserFields<'a> {
    pub(super) document: &'a [String],
    pub(super) line: &'a [String],
}

impl UserFields<'_> {
    pub(super) fn has(&self, entity: &Entity, field: &str) -> bool {
        let of = match entity.name {
            "Document" => self.document,
            "DocumentLine" => self.line,
            _ => return false,
        };
        of.iter().any(|known| known == field)
    }
}

/// Checks the names and the values of a body.
pub(super) fn check(entity: &Entity, user: UserFields<'_>, body: &Map<String, Value>) -> Result<(), Refusal> {
    for (field, value) in body {
        match entity.kind(field) {
            Some(kind) => check_value(entity, user, field, kind, value)?,
            None if user.has(entity, field) => {}
            None => return Err(Refusal::property(field, entity.name)),
        }
    }
    Ok(())
}

fn check_value(entity: &Entity, user: UserFields<'_>, field: &str, kind: Kind, value: &Value) -> Result<(), Refusal> {
    if value.is_null() {
        return Ok(());
    }
    let wrong = || Refusal::bad(-1000, format!("Invalid value of property '{field}' of '{}'", entity.name));
    match (kind, value) {
        (Text(max), Value::String(text)) if text.chars().count() > max => {
            Err(Refusal::bad(-1000, format!("Value too long in property '{field}' of '{}'", entity.name)))
        }
        (Text(_), Value::String(_)) => Ok(()),
        (Day, Value::String(text)) if is_day(text) => Ok(()),
        (Number, _) if decimal(value).is_some() => Ok(()),
        (Integer, _) if decimal(value).is_some_and(|n| n.is_integer()) => Ok(()),
        (YesNo, Value::String(text)) if ["tYES", "tNO"].contains(&text.as_str()) => Ok(()),
        (Enum(names), Value::String(text)) if names.contains(&text.as_str()) => Ok(()),
        (One(inner), Value::Object(body)) => check(inner, user, body),
        (Many(inner), Value::Array(rows)) => rows.iter().try_for_each(|row| match row {
            Value::Object(body) => check(inner, user, body),
            _ => Err(wrong()),
        }),
        _ => Err(wrong()),
    }
}
