// Text to bytes and back. QuickJS has the language and nothing of a browser, so there is no TextEncoder.

export function encode(text) {
  const escaped = encodeURIComponent(text);
  const bytes = [];
  for (let at = 0; at < escaped.length; at++) {
    if (escaped[at] === "%") {
      bytes.push(parseInt(escaped.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push(escaped.charCodeAt(at));
    }
  }
  return new Uint8Array(bytes);
}

export function decode(bytes) {
  let ascii = true;
  let text = "";
  for (const byte of bytes) {
    ascii &&= byte < 0x80;
    text += String.fromCharCode(byte);
  }
  if (ascii) {
    return text;
  }
  const escape = (byte) => `%${byte.toString(16).padStart(2, "0")}`;
  return decodeURIComponent(Array.from(bytes, escape).join(""));
}
