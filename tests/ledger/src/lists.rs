//! One small record for each list.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::{
    AgreementPage, AvailabilityPage, Carrier, CarrierPage, CategoryPage, ContactPage, CustomerProductPage, GroupPage,
    KitPage, PastItemPage, RelationPage, RestrictionPage, Term, TermPage, Unit, UnitPage, Warehouse, WarehousePage,
};
use apiconnect_sdk::types::{AccountStanding, PaymentToken, Shipment};

fn end() -> PageEnd {
    PageEnd::at(None)
}

pub(crate) fn shipment(order: &str) -> Shipment {
    Shipment {
        ids: Ids::new("S1", None),
        order: Some(order.into()),
        warehouse: None,
        ship_date: Some("2026-02-03".into()),
        carrier: Some("UPS".into()),
        service: None,
        tracking: vec![Tracking { number: "1Z999".into(), url: None }],
        packages: Some(2),
        lines: vec![ShippedLine { line: "1".into(), quantity: Quantity::new("1", "EA") }],
    }
}

pub(crate) fn token(customer: &str) -> PaymentToken {
    PaymentToken {
        gateway: "vault".into(),
        token: format!("tok_{customer}"),
        customer_profile: None,
        brand: Some("visa".into()),
        last4: Some("1111".into()),
        expires: Some("2027-04".into()),
        authorization_code: None,
        authorized: None,
        authorization_reference: None,
        captured: false,
    }
}

pub(crate) fn contacts(customer: &str) -> ContactPage {
    let contact = Contact {
        ids: Ids::new("P1", None),
        customer: customer.into(),
        ship_to: None,
        name: "Accounts payable".into(),
        email: None,
        phone: None,
        role: None,
        may_order: true,
        spend_limit: None,
        custom: Vec::new(),
    };
    ContactPage { items: vec![contact], end: end() }
}

pub(crate) fn groups() -> GroupPage {
    let group = CustomerGroup {
        ids: Ids::new("G1", None),
        kind: GroupKind::Corporate,
        code: "G1".into(),
        name: "Harbor group".into(),
        parent: None,
        members: vec!["C1".into()],
        custom: Vec::new(),
    };
    GroupPage { items: vec![group], end: end() }
}

pub(crate) fn account(customer: &str) -> AccountStanding {
    AccountStanding {
        customer: customer.into(),
        currency: "USD".into(),
        balance: "120.50".into(),
        open_orders: None,
        credit_limit: Some("1000".into()),
        available_credit: Some("879.50".into()),
        aging: Vec::new(),
        last_payment: None,
        last_payment_date: None,
        past_due_count: Some(0),
    }
}

pub(crate) fn past_items(customer: &str) -> PastItemPage {
    let item = PastItem {
        product: "A1".into(),
        customer_sku: Some(format!("{customer}-A1")),
        last_ordered: "2026-01-31".into(),
        quantity: Quantity::new("4", "EA"),
        orders: Some(2),
    };
    PastItemPage { items: vec![item], end: end() }
}

pub(crate) fn agreements() -> AgreementPage {
    let rule = PriceAgreement {
        ids: Ids::new("R1", None),
        scope: AgreementScope::Customer("C1".into()),
        target: AgreementTarget::Product("A1".into()),
        unit: Some("EA".into()),
        warehouse: None,
        currency: "USD".into(),
        basis: AgreementBasis::Fixed,
        breaks: vec![PriceBreak {
            min_quantity: Quantity::new("10", "EA"),
            unit_price: Some("9.90".into()),
            discount_percent: None,
            discount_amount: None,
        }],
        priority: 1,
        valid_from: None,
        valid_until: None,
    };
    AgreementPage { items: vec![rule], end: end() }
}

pub(crate) fn availability(warehouse: &str) -> AvailabilityPage {
    let row = Availability {
        product: "A1".into(),
        warehouse: warehouse.into(),
        unit: Some("EA".into()),
        available: "7".into(),
        on_hand: None,
        committed: None,
        on_order: None,
        next_receipt: None,
        lead_time_days: None,
    };
    AvailabilityPage { items: vec![row], end: end() }
}

pub(crate) fn categories() -> CategoryPage {
    let ids = Ids::new("CAT1", None);
    CategoryPage {
        items: vec![Category { ids, code: "CAT1".into(), name: "Valves".into(), parent: None, order: None }],
        end: end(),
    }
}

pub(crate) fn relations() -> RelationPage {
    let relation = Relation {
        kind: RelationKind::SupersededBy,
        from: "A0".into(),
        to: "A1".into(),
        rank: None,
        quantity: None,
        both_ways: false,
        sell_first: true,
        customer: None,
        valid_from: None,
        valid_until: None,
    };
    RelationPage { items: vec![relation], end: end() }
}

pub(crate) fn kits() -> KitPage {
    let part = KitComponent {
        kit: "K1".into(),
        component: "A1".into(),
        quantity: Quantity::new("2", "EA"),
        optional: false,
        rollup: PriceRollup::Kit,
    };
    KitPage { items: vec![part], end: end() }
}

pub(crate) fn customer_products(customer: &str) -> CustomerProductPage {
    let number = CustomerProduct {
        customer: customer.into(),
        ship_to: None,
        customer_sku: "00042".into(),
        product: "A1".into(),
        unit: None,
        description: None,
    };
    CustomerProductPage { items: vec![number], end: end() }
}

/// Two pages, to show that the cursor travels; a cursor it does not know stops early.
pub(crate) fn restrictions(page: &PageRequest) -> RestrictionPage {
    let rule = |product: &str| Restriction {
        scope: RestrictionScope::Group("G1".into()),
        target: RestrictionTarget::Product(product.into()),
        effect: RestrictionEffect::Deny,
        reason: None,
        valid_from: None,
        valid_until: None,
    };
    match page.cursor.as_deref() {
        None => RestrictionPage { items: vec![rule("A1")], end: PageEnd::at(Some("second".into())) },
        Some("second") => RestrictionPage { items: vec![rule("A2")], end: end() },
        Some(_) => RestrictionPage { items: Vec::new(), end: PageEnd { next: None, complete: false } },
    }
}

pub(crate) fn warehouses() -> WarehousePage {
    let warehouse = Warehouse { code: "01".into(), name: "Main".into(), address: None, pickup: true, region: None };
    WarehousePage { items: vec![warehouse], end: end() }
}

pub(crate) fn carriers() -> CarrierPage {
    let carrier = Carrier { code: "UPS".into(), name: "Parcel".into(), services: vec!["ground".into()] };
    CarrierPage { items: vec![carrier], end: end() }
}

pub(crate) fn terms() -> TermPage {
    TermPage { items: vec![Term { code: "N30".into(), text: "Net 30".into(), days: Some(30) }], end: end() }
}

pub(crate) fn units() -> UnitPage {
    UnitPage { items: vec![Unit { code: "EA".into(), name: "Each".into() }], end: end() }
}
