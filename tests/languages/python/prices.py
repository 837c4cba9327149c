"""Prices of SAP Business One, in Python: the same work as tests/languages/rust and tests/languages/js.

A product named `trouble-…` asks for what a connector must not do; the tests use that.
"""

import json
from decimal import Decimal

from componentize_py_types import Err, Ok
from trouble import trouble
from wit_world import exports
from wit_world.exports import connector
from wit_world.exports.connector import Description, Health, Kept, Operation, SecretSlot, SessionScheme
from wit_world.exports.connector import ExpiredAnswer, SessionHeader, Template
from wit_world.imports import http, types
from wit_world.imports.http import Header, Method_Post, Request
from wit_world.imports.products import Price

SCHEMA = '{"type":"object","properties":{"company_db":{"type":"string"}},"required":["company_db"]}'

# How the host signs in for this connector; the secrets never come here.
SESSION = SessionScheme(
    method="POST",
    path="Login",
    headers=[Template("content-type", "application/json")],
    body='{"CompanyDB":"{{setting:company_db}}","UserName":"{{secret:user}}","Password":"{{secret:password}}"}',
    kept=[Kept(name, connector.KeptFrom_Cookie(name)) for name in ("B1SESSION", "ROUTEID")],
    apply=[
        SessionHeader(
            "cookie", "B1SESSION={{kept:B1SESSION}}; ROUTEID={{kept:ROUTEID}}", connector.HeaderEncoding_None_()
        )
    ],
    expired=[ExpiredAnswer(401, None)],
    lifetime_seconds=1500,
)


class Connector(exports.Connector):
    def describe(self):
        query = Operation("pricing.query", 50, 8, connector.Idempotency_None_(), connector.FeedKind_None_(), None)
        return Description(
            name="prices-python",
            title="Prices in Python",
            vendor="apiconnect",
            version="0.1.0",
            kind=connector.Kind_Erp(),
            settings_schema=SCHEMA,
            hosts=[],
            secrets=[
                SecretSlot("user", "user code of a Business One user", True),
                SecretSlot("password", "password of that user", True),
            ],
            session=SESSION,
            operations=[query],
            rate=None,
            documentation=None,
        )

    def check(self, ctx):
        return Health("SAP Business One", None, None, [])


class Pricing(exports.Pricing):
    def query(self, ctx, lines):
        trouble(lines[0].product if lines else "")
        answers = http.send_all([question(line) for line in lines])
        return [price(line, answer) for line, answer in zip(lines, answers)]

    def list_agreements(self, ctx, page):
        raise Err(types.Error_NotSupported("price agreements are not listed"))


def question(line):
    # The quantity goes out as the digits that came in: json would make a float of it.
    customer, product = json.dumps(line.customer), json.dumps(line.product)
    parameters = f'"CardCode":{customer},"ItemCode":{product},"InventoryQuantity":{line.quantity.value}'
    body = '{"ItemPriceParams":{%s}}' % parameters
    headers = [Header("content-type", "application/json")]
    return Request(Method_Post(), "CompanyService_GetItemPrice", headers, body.encode(), False)


def price(line, answer):
    if isinstance(answer, Err):
        return Err(types.Error_Unavailable(answer.value.message))
    status, text = answer.value.status, answer.value.body.decode()
    if status == 404 or (status == 400 and "-2028" in text):
        return Err(types.Error_NotFound(f"there is no {line.product}"))
    if status != 200:
        return Err(types.Error_Unavailable(f"the system answered {status}"))
    # The digits of the price as the system wrote them, for the same reason.
    found = json.loads(text, parse_float=Decimal)
    if not found.get("Currency"):
        return Err(types.Error_NotFound(f"{line.product} has no price"))
    return Ok(priced(line, format(Decimal(found["Price"]), "f"), found["Currency"]))


def priced(line, unit_price, currency):
    return Price(
        product=line.product,
        unit=line.quantity.unit,
        price_unit=None,
        price_per=None,
        unit_price=unit_price,
        list_price=None,
        currency=currency,
        breaks=[],
        list_breaks=[],
        extended=None,
        discount_percent=None,
        contract=None,
        valid_until=None,
        min_quantity=None,
        order_multiple=None,
        availability=[],
        custom=[],
        native=None,
    )
