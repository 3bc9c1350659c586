// Simple case mapping, code point by code point, of Unicode 15.0 (UnicodeData.txt): what the server's tables
// say. JavaScript maps fully (ß becomes SS) and by whatever version the browser has, so that the differences
// are listed here. A test compares every code point.

// Letters that got their other case after Unicode 15.0.
const late = /[\u019b\u0264\u1c89\u1c8a\ua7cb-\ua7cf\ua7d2-\ua7d5\ua7da-\ua7dc\u{10d50}-\u{10d85}\u{16ea0}-\u{16ed3}]/u;

const mapped = (from: string, to: string) => late.test(from) || [...to].length > 1 ? from : to;

// Small Greek letters with a iota below have capitals that JavaScript writes as two letters.
const upperOf = (c: string) => {
  const by = /[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7]/.test(c) ? 8 : /[\u1fb3\u1fc3\u1ff3]/.test(c) ? 9 : 0;
  return by ? String.fromCharCode(c.charCodeAt(0) + by) : mapped(c, c.toUpperCase());
};

export const upper = (s: string) => s.replace(/[^]/gu, upperOf);

export const lower = (s: string) => s.replace(/[^]/gu, c => c === "\u0130" ? "i" : mapped(c, c.toLowerCase()));
