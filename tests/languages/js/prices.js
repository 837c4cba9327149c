// Prices of SAP Business One, in JavaScript: the same work as `tests/languages/rust` and `tests/languages/python`.
// A product named `trouble-…` asks for what a connector must not do; the tests use that.

import http from "apiconnect:connector/http@0.1.0";

import { trouble } from "./trouble.js";
import { decode, encode } from "./utf8.js";

const PRICE = /"Price":\s*(-?\d+(?:\.\d+)?)/;

export const connector = {
  describe: () => ({
    name: "prices-js",
    title: "Prices in JavaScript",
    vendor: "apiconnect",
    version: "0.1.0",
    kind: { tag: "erp" },
    settingsSchema: '{"type":"object","properties":{"company_db":{"type":"string"}},"required":["company_db"]}',
    hosts: [],
    secrets: [
      { name: "user", purpose: "user code of a Business One user", required: true },
      { name: "password", purpose: "password of that user", required: true },
    ],
    session,
    operations: [
      { name: "pricing.query", maxBatch: 50, maxParallel: 8, idempotency: { tag: "none" }, feed: { tag: "none" }, pageCap: null },
    ],
    rate: null,
    documentation: null,
  }),

  check: () => ({ system: "SAP Business One", version: null, tenant: null, remarks: [] }),
};

export const pricing = {
  query: (ctx, lines) => {
    trouble(lines[0]?.product ?? "");
    const answers = http.sendAll(lines.map(question));
    return lines.map((line, at) => price(line, answers[at]));
  },

  listAgreements: () => {
    throw { tag: "not-supported", val: "price agreements are not listed" };
  },
};

function question(line) {
  const { customer, product, quantity } = line;
  // The quantity goes out as the digits that came in: a JavaScript number would be a float.
  const body = `{"ItemPriceParams":{"CardCode":${JSON.stringify(customer)},"ItemCode":${JSON.stringify(product)},"InventoryQuantity":${quantity.value}}}`;
  const headers = [{ name: "content-type", value: "application/json" }];
  const target = "CompanyService_GetItemPrice";
  return { method: { tag: "post" }, target, headers, body: encode(body), secretsInBody: false };
}

function price(line, answer) {
  if (answer.tag === "err") {
    return refused("unavailable", answer.val.message);
  }
  const { status, body } = answer.val;
  const text = decode(body);
  if (status === 404 || (status === 400 && text.includes("-2028"))) {
    return refused("not-found", `there is no ${line.product}`);
  }
  if (status !== 200) {
    return refused("unavailable", `the system answered ${status}`);
  }
  const found = JSON.parse(text);
  if (!found.Currency) {
    return refused("not-found", `${line.product} has no price`);
  }
  // The digits of the price as the system wrote them, for the same reason.
  const unitPrice = PRICE.exec(text)?.[1];
  if (unitPrice === undefined) {
    return refused("internal", "the answer has no price");
  }
  return { tag: "ok", val: priced(line, unitPrice, found.Currency) };
}

const refused = (tag, val) => ({ tag: "err", val: { tag, val } });

const priced = (line, unitPrice, currency) => ({
  product: line.product,
  unit: line.quantity.unit,
  priceUnit: null,
  pricePer: null,
  unitPrice,
  listPrice: null,
  currency,
  breaks: [],
  listBreaks: [],
  extended: null,
  discountPercent: null,
  contract: null,
  validUntil: null,
  minQuantity: null,
  orderMultiple: null,
  availability: [],
  custom: [],
  native: null,
});

// How the host signs in for this connector; the secrets never come here.
const session = {
  method: "POST",
  path: "Login",
  headers: [{ name: "content-type", value: "application/json" }],
  body: '{"CompanyDB":"{{setting:company_db}}","UserName":"{{secret:user}}","Password":"{{secret:password}}"}',
  kept: ["B1SESSION", "ROUTEID"].map((name) => ({ name, from: { tag: "cookie", val: name } })),
  apply: [
    { name: "cookie", value: "B1SESSION={{kept:B1SESSION}}; ROUTEID={{kept:ROUTEID}}", encoding: { tag: "none" } },
  ],
  expired: [{ status: 401, bodyContains: null }],
  lifetimeSeconds: 1500,
};
