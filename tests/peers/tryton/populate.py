"""Fills a fresh database through Tryton's own client. Called by setup.py inside the environment.

    populate.py FOLDER    reads accounts.json there, writes fixture.json
"""

import datetime
import json
import sys
from decimal import Decimal
from pathlib import Path

from proteus import Model
from proteus import config as client

from trytond.modules.account.tests.tools import (
    create_chart, create_fiscalyear, create_tax, get_accounts)
from trytond.modules.account_invoice.tests.tools import (
    create_payment_term, set_fiscalyear_invoice_sequences)
from trytond.modules.company.tests.tools import create_company, get_company
from trytond.modules.currency.tests.tools import get_currency
from trytond.tests.tools import set_user

import cache

GROUPS = [
    "Sales", "Stock", "Accounting", "Product Administration", "Party Administration",
]

# code, name, unit, list price, sales unit, type, may be sold
PRODUCTS = [
    ("BOLT-M8", "Hex bolt M8 × 40", "u", "0.1234", "u", "goods", True),
    ("DRILL-18V", "Cordless drill 18 V", "u", "129.00", "u", "goods", True),
    ("CABLE-3G", "Cable 3G1.5", "m", "2.4500", "m", "goods", True),
    ("SCREW-5X60", "Wood screw 5 × 60", "u", "0.0800", "bx", "goods", True),
    ("ÖL-1L", "Schneidöl 1 l", "l", "11.90", "l", "goods", True),
    ("NOSTOCK-1", "Hoist, made to order", "u", "1999.95", "u", "goods", True),
    ("SHIPPING", "Shipping", "u", "9.90", "u", "service", True),
    ("PART-77", "Spare part, not for sale", "u", "5.00", "u", "goods", False),
]

# warehouse code → product → quantity in the product's own unit
STOCK = {
    "WH": {"BOLT-M8": 5000, "DRILL-18V": 24, "CABLE-3G": 312.5, "SCREW-5X60": 20000, "ÖL-1L": 48},
    "WEST": {"BOLT-M8": 750, "DRILL-18V": 3},
}

# code, name, price list, addresses: name, street, postal code, city, invoice, delivery
PARTIES = [
    ("NORTHFIELD", "Northfield Tools Ltd", "Wholesale", [
        ("Head office", "1 Station Road", "10001", "Northfield", True, False),
        ("Depot", "24 Canal Street", "10002", "Northfield", False, True),
        ("Site South", "7 Mill Lane", "10450", "Southport", False, True),
    ]),
    ("HARBOR", "Harbor Workshop", "Harbor", [
        ("Office", "3 Pier Road", "20095", "Harborside", True, False),
        ("Workshop", "9 Dock Street", "20097", "Harborside", False, True),
    ]),
    ("WEB", "Web shop customers", None, [
        ("Web shop", "5 Market Square", "30159", "Midtown", True, True),
    ]),
    ("MÜLLER", "Müller & Söhne Werkzeuge", None, [
        ("Büro", "Hauptstraße 12", "80331", "Talstadt", True, False),
        ("Lager", "Am Gleis 4", "80335", "Talstadt", False, True),
    ]),
]

# price list → lines in order: product, from quantity, formula
PRICE_LISTS = {
    "Wholesale": [
        ("BOLT-M8", 1000, "unit_price * 0.7"),
        ("BOLT-M8", None, "unit_price * 0.9"),
        ("DRILL-18V", 10, "109.00"),
        ("DRILL-18V", None, "119.00"),
        (None, None, "unit_price * 0.95"),
    ],
    "Harbor": [
        ("DRILL-18V", None, "124.50"),
        (None, None, "unit_price"),
    ],
}

# quantities, in the sales unit, whose prices the fixture holds
ASKED = {
    "BOLT-M8": [1, 999, 1000], "DRILL-18V": [1, 9, 10], "CABLE-3G": [1, 2.5],
    "SCREW-5X60": [1], "ÖL-1L": [1], "NOSTOCK-1": [1], "SHIPPING": [1],
}


def only(records):
    record, = records
    return record


def company_and_accounts():
    Party = Model.get("party.party")
    party = Party(name="Example Supply Company", code="COMPANY")
    party.save()
    create_company(party=party, currency=get_currency("USD"))
    set_user()
    create_chart()
    year = datetime.date.today().year
    fiscal_year = set_fiscalyear_invoice_sequences(create_fiscalyear(
        today=(datetime.date(year, 1, 1), datetime.date(year + 1, 12, 31))))
    fiscal_year.click("create_period")
    term = create_payment_term()
    term.name = "On receipt"
    term.save()
    return get_company(), term


def country():
    Country = Model.get("country.country")
    record = Country(name="United States", code="US", code3="USA")
    record.save()
    return record


def categories(accounts):
    """Two accounting categories: goods with a sales tax, services without."""
    Category = Model.get("product.category")
    tax = create_tax(Decimal("0.10"))
    tax.save()
    taxed = Category(
        name="Goods", accounting=True,
        account_expense=accounts["expense"], account_revenue=accounts["revenue"])
    taxed.customer_taxes.append(tax)
    taxed.save()
    plain = Category(
        name="Services", accounting=True,
        account_expense=accounts["expense"], account_revenue=accounts["revenue"])
    plain.save()
    return taxed, plain, tax


def units():
    Uom = Model.get("product.uom")
    Category = Model.get("product.uom.category")
    piece = only(Uom.find([("symbol", "=", "u")]))
    box = Uom(
        name="Box of 100", symbol="bx", category=Category(piece.category.id),
        factor=100.0, rate=0.01, rounding=1.0, digits=0)
    box.save()
    return {record.symbol: record for record in Uom.find([("symbol", "in", ["u", "bx", "m", "l"])])}


def products(unit, taxed, plain):
    Template = Model.get("product.template")
    made = {}
    for code, name, default, price, sale, kind, salable in PRODUCTS:
        template = Template(name=name, code=code, type=kind, salable=salable)
        template.default_uom = unit[default]
        if salable:
            template.sale_uom = unit[sale]
        template.list_price = Decimal(price)
        template.account_category = plain if kind == "service" else taxed
        template.save()
        made[code] = only(template.products)
    # Two variants of one template: their codes are the template's code and a suffix.
    template = Template(
        name="Work glove", code="GLOVE", type="goods", salable=True,
        default_uom=unit["u"], sale_uom=unit["u"], account_category=taxed)
    template.list_price = Decimal("4.20")
    Product = Model.get("product.product")
    template.products[0].suffix_code = "-M"
    template.products.append(Product(suffix_code="-L"))
    template.save()
    made.update({product.code: product for product in template.products})
    return made


def warehouses():
    Location = Model.get("stock.location")
    parts = {
        name: Location(name=f"West {name}", code=f"WEST-{name[:3].upper()}", type="storage")
        for name in ("input", "output", "storage")}
    for part in parts.values():
        part.save()
    main = only(Location.find([("code", "=", "WH")]))
    west = Location(
        name="Warehouse West", code="WEST", type="warehouse",
        input_location=parts["input"], output_location=parts["output"],
        storage_location=parts["storage"], lost_found_location=main.lost_found_location)
    west.save()
    return {"WH": main, "WEST": Location(west.id)}


def stock(places, made):
    Inventory = Model.get("stock.inventory")
    for place, counted in STOCK.items():
        inventory = Inventory(location=places[place].storage_location)
        for code, quantity in counted.items():
            inventory.lines.new(
                product=made[code], quantity=float(quantity), expected_quantity=0.0)
        inventory.click("confirm")


def price_lists(made):
    PriceList = Model.get("product.price_list")
    lists = {}
    for name, lines in PRICE_LISTS.items():
        record = PriceList(name=name, price="list_price")
        for product, quantity, formula in lines:
            line = record.lines.new(formula=formula)
            if product:
                line.product = made[product]
            if quantity:
                line.quantity = float(quantity)
        record.save()
        lists[name] = record
    return lists


def parties(lists, land, term):
    Party = Model.get("party.party")
    made = {}
    for code, name, prices, addresses in PARTIES:
        party = Party(name=name, code=code)
        party.customer_payment_term = term
        if prices:
            party.sale_price_list = lists[prices]
        slug = code.lower().replace("ü", "u")
        party.contact_mechanisms.new(type="email", value=f"orders@{slug}.example")
        party.contact_mechanisms.new(type="phone", value="+1 202 555 0143")
        del party.addresses[:]
        for title, street, postal_code, city, invoice, delivery in addresses:
            party.addresses.new(
                party_name=f"{name}, {title}", street=street, postal_code=postal_code,
                city=city, country=land, invoice=invoice, delivery=delivery)
        party.save()
        made[code] = party
    return made


def user(password, company):
    User = Model.get("res.user")
    Group = Model.get("res.group")
    record = User(name="API Connect", login=cache.USER, password=password)
    record.email = "apiconnect@example.com"
    record.companies.append(company)
    record.company = company
    for name in GROUPS:
        record.groups.append(only(Group.find([("name", "=", name)])))
    record.save()
    return record


def prices(made_parties, made_products, unit):
    """What Tryton itself enters in a new sale line: the truth a connector is compared with."""
    Sale = Model.get("sale.sale")
    sales_unit = {code: sale for code, _, _, _, sale, _, _ in PRODUCTS}
    found = []
    for party_code, party in made_parties.items():
        for product_code, quantities in ASKED.items():
            for quantity in quantities:
                sale = Sale(party=party)
                line = sale.lines.new()
                line.product = made_products[product_code]
                line.quantity = float(quantity)
                assert line.unit.symbol == sales_unit[product_code]
                found.append({
                    "party": party_code, "product": product_code,
                    "quantity": str(quantity), "unit": line.unit.symbol,
                    "unit_price": str(line.unit_price)})
    return found


def main(folder):
    accounts = json.loads((folder / "accounts.json").read_text())
    client.set_trytond(cache.DATABASE, config_file=str(folder / "trytond.conf"))
    company, term = company_and_accounts()
    land = country()
    taxed, plain, tax = categories(get_accounts())
    unit = units()
    made = products(unit, taxed, plain)
    places = warehouses()
    stock(places, made)
    lists = price_lists(made)
    customers = parties(lists, land, term)
    person = user(accounts[cache.USER], company)

    fixture = {
        "company": {"id": company.id, "name": company.party.name, "currency": company.currency.code,
                    "currency_id": company.currency.id},
        "user": {"id": person.id, "login": cache.USER},
        "payment_term": {"id": term.id, "name": term.name},
        "tax": {"id": tax.id, "name": tax.name, "rate": str(tax.rate)},
        "units": {symbol: {"id": record.id, "name": record.name, "digits": record.digits}
                  for symbol, record in sorted(unit.items())},
        "warehouses": {code: {"id": place.id, "name": place.name} for code, place in places.items()},
        "price_lists": {name: record.id for name, record in lists.items()},
        "parties": {
            party.code: {
                "id": party.id, "name": party.name,
                "price_list": party.sale_price_list and party.sale_price_list.id,
                "addresses": {
                    address.party_name.rsplit(", ", 1)[1]: {
                        "id": address.id, "party_name": address.party_name,
                        "street": address.street, "postal_code": address.postal_code,
                        "city": address.city, "invoice": address.invoice,
                        "delivery": address.delivery}
                    for address in party.addresses}}
            for party in customers.values()},
        "products": {
            code: {
                "id": product.id, "template": product.template.id, "name": product.rec_name,
                "type": product.type, "salable": product.salable,
                "list_price": str(product.list_price),
                "unit": product.default_uom.symbol,
                "sale_unit": product.sale_uom.symbol if product.sale_uom else None}
            for code, product in made.items()},
        "stock": {
            place: {code: str(quantity) for code, quantity in counted.items()}
            for place, counted in STOCK.items()},
        "prices": prices(customers, made, unit),
    }
    (folder / "fixture.json").write_text(
        json.dumps(fixture, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
