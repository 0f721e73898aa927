// Strings as the UTF-8 bytes they become on the wire: their length and their order, without making the bytes.

/** Order of the UTF-8 bytes, which is that of the code points; UTF-16 units sort surrogates before U+E000 to U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) return (x >= 0xe000 ? x - 0x2000 : x + 0x2000) - (y >= 0xe000 ? y - 0x2000 : y + 0x2000);
    return x - y;
  }
  return a.length - b.length;
}

/** Bytes of the text in UTF-8; half a surrogate pair counts as the replacement character. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (isPair(text, i, unit)) {
      length += 2; // four bytes for two units
      i += 1;
    } else length += 2;
  }
  return length;
}

/** Does a surrogate pair begin at `i`, whose unit is given? */
export function isPair(text: string, i: number, unit: number): boolean {
  if ((unit & 0xfc00) !== 0xd800) return false;
  return (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
}
