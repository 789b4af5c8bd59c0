// Writes width_table.go on standard output: the properties of code points below
// 0x20000 that a terminal needs. Run with a node whose process.versions.unicode
// is the version wanted, and the npm package get-east-asian-width beside it:
//
//	node width.mjs | gofmt > ../width_table.go
import { eastAsianWidthType } from "get-east-asian-width";

const limit = 0x20000, block = 128;
const zero = /^[\p{Mn}\p{Me}\p{Zl}\p{Zp}\p{Cf}]$/u;
const is = {
  mark: /^\p{Mc}$/u,
  pict: /^\p{Extended_Pictographic}$/u,
  modifier: /^\p{Emoji_Modifier}$/u,
  flag: /^\p{Regional_Indicator}$/u,
};
const prepended = new Set([0xad, 0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6dd, 0x70f, 0x890, 0x891, 0x8e2, 0x110bd, 0x110cd]);

function width(c, s) {
  if (c >= 0x1160 && c <= 0x11ff || c >= 0xd7b0 && c <= 0xd7ff) return 0; // Hangul vowels and finals join
  if (zero.test(s) && !prepended.has(c)) return 0;
  const t = eastAsianWidthType(c);
  return t === "wide" || t === "fullwidth" ? 2 : 1;
}

function property(c) {
  if (c >= 0xd800 && c <= 0xdfff) return 1;
  const s = String.fromCodePoint(c);
  let k = 0;
  if (is.flag.test(s)) k = 2;
  else if (is.modifier.test(s)) k = 3;
  else if (is.pict.test(s)) k = 1;
  else if (is.mark.test(s)) k = 4;
  return width(c, s) | k << 2;
}

const blocks = new Map(), index = [];
for (let b = 0; b < limit; b += block) {
  const v = [];
  for (let i = 0; i < block; i++) v.push(property(b + i));
  const key = v.join();
  if (!blocks.has(key)) blocks.set(key, { n: blocks.size, v });
  index.push(blocks.get(key).n);
}
const quote = (v) => {
  const out = [];
  for (let i = 0; i < v.length; i += 16)
    out.push('\t"' + v.slice(i, i + 16).map((x) => "\\x" + x.toString(16).padStart(2, "0")).join("") + '"');
  return out.join(" +\n");
};
console.log(`package vt

// Written by testdata/width.mjs from Unicode ${process.versions.unicode}.

// blockIndex is the block of widthBlocks for each 128 code points below 0x20000.
const blockIndex = "" +
${quote(index)}

// widthBlocks holds a byte a code point: bits 0-1 the width, from bit 2 its class.
const widthBlocks = "" +
${quote([...blocks.values()].flatMap((b) => b.v))}`);
