//! The company the simulator holds: customers, items, price lists, special prices, stock.

use rust_decimal::Decimal;

/// A company database and the one user who may sign in.
#[derive(Clone, Debug)]
pub struct Seed {
    /// `CompanyDB` of the sign-in.
    pub company_db: String,
    /// `UserName` of the sign-in.
    pub user: String,
    /// `Password` of the sign-in.
    pub password: String,
    /// The company's name.
    pub company_name: String,
    /// Version of the Service Layer.
    pub version: String,
    /// A session ends after so many minutes without a request; the real default is 30.
    pub session_timeout_minutes: u64,
    /// The company's own currency.
    pub local_currency: String,
    /// Units of other currencies, in the local currency.
    pub rates: Vec<(String, Decimal)>,
    /// Warehouse codes.
    pub warehouses: Vec<String>,
    /// Units of measurement: entry, code, base units in it. Entry 1 is the base unit of every item.
    pub units: Vec<(i64, String, Decimal)>,
    /// Price lists.
    pub price_lists: Vec<PriceList>,
    /// Customers and suppliers.
    pub partners: Vec<Partner>,
    /// Items.
    pub items: Vec<Item>,
    /// Special prices of customers, and volume prices of price lists.
    pub special_prices: Vec<SpecialPrice>,
    /// User fields of documents.
    pub document_fields: Vec<String>,
    /// User fields of document lines.
    pub line_fields: Vec<String>,
}

/// A price list.
#[derive(Clone, Debug)]
pub struct PriceList {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// The currency of its prices.
    pub currency: String,
}

/// A business partner.
#[derive(Clone, Debug)]
pub struct Partner {
    /// `CardCode`.
    pub code: String,
    /// `CardName`.
    pub name: String,
    /// A customer, else a supplier.
    pub customer: bool,
    /// No documents may be made for it.
    pub frozen: bool,
    /// `Currency`; `##` stands for all currencies.
    pub currency: String,
    /// `PriceListNum`.
    pub price_list: i64,
    /// `CreditLimit`.
    pub credit_limit: Decimal,
    /// `CurrentAccountBalance`.
    pub balance: Decimal,
    /// Tax on its documents, in percent.
    pub vat_percent: Decimal,
    /// `BPAddresses` of type `bo_ShipTo`: name, street, city, zip code, state, country.
    pub ship_tos: Vec<[String; 6]>,
}

/// An item.
#[derive(Clone, Debug)]
pub struct Item {
    /// `ItemCode`.
    pub code: String,
    /// `ItemName`.
    pub name: String,
    /// No documents may be made with it.
    pub frozen: bool,
    /// Price per price list number.
    pub prices: Vec<(i64, Decimal)>,
    /// Warehouse, in stock, committed, ordered.
    pub stock: Vec<(String, Decimal, Decimal, Decimal)>,
}

/// A price that differs from the price list.
#[derive(Clone, Debug)]
pub struct SpecialPrice {
    /// The customer; `*1` makes it a price of price list 1.
    pub card: String,
    /// The item.
    pub item: String,
    /// First and last day, where it is limited.
    pub valid: (Option<String>, Option<String>),
    /// The price, discount included.
    pub price: Decimal,
    /// The discount in it, in percent.
    pub discount: Decimal,
    /// From this quantity on, this price.
    pub breaks: Vec<(Decimal, Decimal)>,
}

fn amount(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

impl Seed {
    /// Five customers and one supplier, 20 items, three warehouses, three price lists, special prices with breaks.
    ///
    /// Item `A10nn` costs `10 + nn` in list 1 (USD), 80 % of that in list 2 (USD), 90 % in list 3 (EUR), but for
    /// `A1007` (0.0125 in list 1) and `A1018` (no price at all). `A1019` is frozen. Warehouse `01` has `100 + 10 nn` of
    /// each, 10 of them committed and 50 on order; `02` has `20 + nn`; `05` has 5 of the even ones.
    #[must_use]
    pub fn demo() -> Self {
        Self::sized(0, 20)
    }

    /// The demo company with more customers (`C70000` …, on list 1) and another number of items.
    #[must_use]
    pub fn sized(more_customers: u32, items: u32) -> Self {
        let mut partners = partners();
        partners.extend((0..more_customers).map(|n| {
            let code = format!("C{}", 70_000 + n);
            Partner { name: format!("Customer {code}"), code, ..plain() }
        }));
        Self {
            company_db: "SBODEMOUS".into(),
            user: "connector".into(),
            password: "s3cret-b1".into(),
            company_name: "Harbor Wholesale Inc.".into(),
            version: "1000190".into(),
            session_timeout_minutes: 30,
            local_currency: "USD".into(),
            rates: vec![("EUR".into(), amount(125))],
            warehouses: ["01", "02", "05"].map(String::from).to_vec(),
            units: vec![(1, "EA".into(), Decimal::ONE), (2, "BOX".into(), Decimal::from(12))],
            price_lists: [(1, "Retail", "USD"), (2, "Wholesale", "USD"), (3, "Export", "EUR")]
                .map(|(number, name, currency)| PriceList { number, name: name.into(), currency: currency.into() })
                .to_vec(),
            partners,
            items: (0..items).map(item).collect(),
            special_prices: special_prices(),
            document_fields: ["U_WebOrderId", "U_Channel"].map(String::from).to_vec(),
            line_fields: vec!["U_WebLine".into()],
        }
    }
}

fn plain() -> Partner {
    Partner {
        code: String::new(),
        name: String::new(),
        customer: true,
        frozen: false,
        currency: "USD".into(),
        price_list: 1,
        credit_limit: amount(1_000_000),
        balance: Decimal::ZERO,
        vat_percent: Decimal::ZERO,
        ship_tos: vec![["Main", "1 Quay Road", "Portland", "97201", "OR", "US"].map(String::from)],
    }
}

fn partners() -> Vec<Partner> {
    let named = |code: &str, name: &str| Partner { code: code.into(), name: name.into(), ..plain() };
    let dock = ["Dock 7", "7 Pier Street", "Seattle", "98101", "WA", "US"].map(String::from);
    let hub = ["Lager", "Hafenstr. 3", "Hamburg", "20457", "", "DE"].map(String::from);
    let main = plain().ship_tos;
    vec![
        Partner {
            ship_tos: main.iter().cloned().chain([dock]).collect(),
            balance: amount(123_456),
            vat_percent: Decimal::from(8),
            ..named("C20000", "Northgate Supply")
        },
        Partner { price_list: 2, ..named("C30000", "O'Hara Marine") },
        Partner { price_list: 3, currency: "EUR".into(), ship_tos: vec![hub], ..named("C40000", "Elbe Handel") },
        Partner { currency: "##".into(), ship_tos: Vec::new(), ..named("C50000", "Counter Sales") },
        Partner { frozen: true, ..named("C99000", "Closed Trading") },
        Partner { customer: false, ..named("V10000", "Mill Supplies") },
    ]
}

fn item(n: u32) -> Item {
    let retail = if n == 7 { Decimal::new(125, 4) } else { Decimal::from(10 + n) };
    let prices = if n == 18 {
        Vec::new()
    } else {
        vec![(1, retail), (2, retail * Decimal::new(8, 1)), (3, retail * Decimal::new(9, 1))]
    };
    let whole = |n: u32| Decimal::from(n);
    let mut stock = vec![
        ("01".into(), whole(100 + 10 * n), whole(10), whole(50)),
        ("02".into(), whole(20 + n), Decimal::ZERO, Decimal::ZERO),
    ];
    if n.is_multiple_of(2) {
        stock.push(("05".into(), whole(5), Decimal::ZERO, Decimal::ZERO));
    }
    Item { code: format!("A{}", 1_000 + n), name: format!("Item number {n}"), frozen: n == 19, prices, stock }
}

fn special_prices() -> Vec<SpecialPrice> {
    let special = |card: &str, item: &str, cents| SpecialPrice {
        card: card.into(),
        item: item.into(),
        valid: (None, None),
        price: amount(cents),
        discount: Decimal::ZERO,
        breaks: Vec::new(),
    };
    let breaks = |steps: &[(i64, i64)]| steps.iter().map(|(from, cents)| ((*from).into(), amount(*cents))).collect();
    vec![
        SpecialPrice {
            valid: (Some("2020-01-01".into()), None),
            breaks: breaks(&[(10, 800), (100, 725)]),
            ..special("C30000", "A1001", 850)
        },
        SpecialPrice {
            valid: (Some("2020-01-01".into()), Some("2020-12-31".into())),
            ..special("C30000", "A1002", 999)
        },
        SpecialPrice { discount: Decimal::TEN, ..special("C20000", "A1003", 1_170) },
        SpecialPrice { breaks: breaks(&[(50, 1_300)]), ..special("*1", "A1004", 1_400) },
    ]
}
