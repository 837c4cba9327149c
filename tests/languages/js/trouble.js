// What a connector must not do, on request, and a look at what WASI gives.

export function trouble(product) {
  if (product === "trouble-throw") {
    throw new TypeError("crashed on request");
  } else if (product === "trouble-loop") {
    for (;;);
  } else if (product === "trouble-memory") {
    const kept = [];
    for (;;) kept.push(new Uint8Array(1 << 20).fill(1));
  } else if (product === "trouble-recurse") {
    const down = (n) => (n < 0 ? 0 : 1 + down(n + 1));
    down(0);
  }
}
