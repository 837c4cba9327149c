#!/usr/bin/env python3
"""Prints the sales with a reference, as Tryton's own client reads them from the running server.

    sales.py SERVER REFERENCE    SERVER is the server.json that server.py wrote
"""

import json
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

import cache


def read(server, reference):
    from proteus import Model
    from proteus import config as client

    address = urlsplit(server["url"]).netloc
    client.set_xmlrpc(
        f"http://{quote(server['user'])}:{quote(server['password'])}@{address}/{server['database']}/rpc/")
    sales = Model.get("sale.sale").find([("reference", "=", reference)])
    return [{
        "id": sale.id, "number": sale.number, "state": sale.state, "party": sale.party.code,
        "description": sale.description, "warehouse": sale.warehouse and sale.warehouse.code,
        "shipment_address": sale.shipment_address and sale.shipment_address.street,
        "total": str(sale.total_amount), "tax": str(sale.tax_amount),
        "shipping_date": sale.shipping_date and sale.shipping_date.isoformat(),
        "lines": [{
            "product": line.product and line.product.code, "unit": line.unit and line.unit.symbol,
            "quantity": line.quantity, "unit_price": str(line.unit_price),
            "taxes": [tax.name for tax in line.taxes],
        } for line in sale.lines],
    } for sale in sales]


if __name__ == "__main__":
    cache.enter_environment()
    print(json.dumps(read(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])))
