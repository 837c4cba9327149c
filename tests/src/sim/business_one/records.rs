//! Master data of the seed as the service shows it.

use serde_json::{Value, json};

use super::number::number;
use super::seed::{Item, Partner, Seed, SpecialPrice};

fn yes(flag: bool) -> &'static str {
    if flag { "tYES" } else { "tNO" }
}

pub(super) fn item(item: &Item, seed: &Seed) -> Value {
    let on_stock = item.stock.iter().map(|(_, stock, _, _)| *stock).sum();
    let currency = |list: i64| seed.price_lists.iter().find(|l| l.number == list).map(|l| l.currency.as_str());
    let prices = item.prices.iter().map(|(list, price)| {
        json!({"PriceList": list, "Price": number(*price), "Currency": currency(*list), "UoMPrices": []})
    });
    let stock = item.stock.iter().map(|(warehouse, stock, committed, ordered)| {
        json!({
            "WarehouseCode": warehouse, "InStock": number(*stock), "Committed": number(*committed),
            "Ordered": number(*ordered), "ItemCode": item.code,
        })
    });
    json!({
        "ItemCode": item.code, "ItemName": item.name, "BarCode": null, "SalesUnit": "EA", "InventoryUOM": "EA",
        "UoMGroupEntry": 1, "DefaultSalesUoMEntry": 1, "Valid": yes(!item.frozen), "Frozen": yes(item.frozen),
        "SalesItem": "tYES", "ItemsGroupCode": 100, "QuantityOnStock": number(on_stock),
        "ItemPrices": prices.collect::<Vec<_>>(), "ItemWarehouseInfoCollection": stock.collect::<Vec<_>>(),
    })
}

pub(super) fn partner(partner: &Partner) -> Value {
    let address = |(row, kind, parts): (usize, &str, &[String; 6])| {
        let [name, street, city, zip, state, country] = parts;
        json!({
            "AddressName": name, "AddressType": kind, "Street": street, "StreetNo": null, "Block": null,
            "BuildingFloorRoom": null, "City": city, "County": null, "ZipCode": zip, "State": state,
            "Country": country, "TaxCode": null, "BPCode": partner.code, "RowNum": row,
        })
    };
    let ship_tos = partner.ship_tos.iter().map(|parts| ("bo_ShipTo", parts));
    let bill_to = partner.ship_tos.first().map(|parts| ("bo_BillTo", parts));
    let all = ship_tos.chain(bill_to).enumerate().map(|(row, (kind, parts))| address((row, kind, parts)));
    let first = partner.ship_tos.first().map(|[name, ..]| name);
    json!({
        "CardCode": partner.code, "CardName": partner.name,
        "CardType": if partner.customer { "cCustomer" } else { "cSupplier" }, "GroupCode": 100,
        "EmailAddress": format!("{}@example.com", partner.code.to_lowercase()), "Phone1": null,
        "Currency": partner.currency, "PriceListNum": partner.price_list, "PayTermsGrpCode": 2,
        "CreditLimit": number(partner.credit_limit), "CurrentAccountBalance": number(partner.balance),
        "OpenOrdersBalance": 0.0, "Frozen": yes(partner.frozen), "Valid": yes(!partner.frozen),
        "ShipToDefault": first, "BilltoDefault": first, "VatLiable": "vLiable", "SalesPersonCode": -1,
        "UpdateDate": "2026-01-15", "BPAddresses": all.collect::<Vec<_>>(),
        "ContactEmployees": [{
            "Name": "Purchasing", "E_Mail": format!("purchasing-{}@example.com", partner.code.to_lowercase()),
            "Phone1": null, "InternalCode": 1,
        }],
    })
}

pub(super) fn special(special: &SpecialPrice, currency: &str) -> Value {
    let (from, until) = &special.valid;
    let areas = special.breaks.iter().enumerate().map(|(row, (quantity, price))| {
        json!({
            "BPCode": special.card, "ItemNo": special.item, "RowNumber": 0, "SPDARowNumber": row,
            "Quantity": number(*quantity), "SpecialPrice": number(*price), "PriceCurrency": currency, "Discountin": 0.0,
            "UoMEntry": -1,
        })
    });
    let area = json!({
        "BPCode": special.card, "ItemNo": special.item, "RowNumber": 0, "DateFrom": from, "Dateto": until,
        "SpecialPrice": number(special.price), "Discount": number(special.discount), "PriceCurrency": currency,
        "SpecialPriceQuantityAreas": areas.collect::<Vec<_>>(),
    });
    json!({
        "CardCode": special.card, "ItemCode": special.item, "Price": number(special.price), "Currency": currency,
        "DiscountPercent": number(special.discount), "PriceListNum": 1, "Valid": "tYES", "ValidFrom": from,
        "ValidTo": until, "SpecialPriceDataAreas": [area],
    })
}
