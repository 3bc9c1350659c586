// Strings: lengths and places count code points.

import { lower, upper } from "./case";
import { trim } from "./prim_math";
import { escape, renderToString } from "./sink";
import { serialize } from "./serialize";
import { chars, isEl, Value, word } from "./values";
import { deny, off, take } from "./argument";
import { provide } from "./primitives";

/** What str gives for v. */
export const text = (v: any): string =>
  v === null ? "" : word(v) ?? (typeof v !== "object" ? "" + v : SMALL ? deny("type", "not here") : isEl(v) ? renderToString(v) : serialize(v));

const join = (parts: Value[], sep: string) => {
  let n = 0;
  const out = parts.map(p => {
    const s = text(p);
    chars(n += s.length + sep.length);
    return s;
  });
  return out.join(sep);
};

/** Without tags; a text that ends inside of one stays. */
const tags = (s: string) => s.replace(/<(?!!--)[a-z/!?][^>]*(>|$)/gi, (m, end) => (end ? "" : m));

const pad = (s: string, n: number) => {
  n -= [...s].length;
  return n > 0 ? " ".repeat(chars(n)) : "";
};

/** Items or characters from..to; negative places count from the end, and all is clamped. */
const slice = (v: any, from: number, to: number | null = null) =>
  typeof v === "string" ? [...v].slice(from, to ?? undefined).join("") : take("l", v, 0).slice(from, to ?? undefined);

provide({
  "str:?a*": (...a) => join(a, ""),
  "join:sl": (sep, list) => join(list, sep),
  "trim:s": trim,
});

SMALL || provide({
  "split:ss": (s, sep) => sep ? s.split(sep) : [...s],
  "replace:sss": (s, old, by) => {
    if (!old) return s;
    const parts = s.split(old);
    chars(s.length + (parts.length - 1) * (by.length - old.length));
    return parts.join(by);
  },
  "starts-with?:ss": (s, p) => s.startsWith(p),
  "ends-with?:ss": (s, p) => s.endsWith(p),
  "string-contains?:ss": (s, p) => s.includes(p),
  "pluralize:n?ss": (n, one = "", many = "s") => n === 1 ? one : many,
  "upper|upcase:s": upper,
  "lower|downcase:s": lower,
  "trim-start:s": s => trim(s + ".").slice(0, -1),
  "trim-end:s": s => trim("." + s).slice(1),
  "substring:si?I": (s, from, to) => slice(s, Math.max(0, from), to && Math.max(0, to)),
  "slice:ai?I": slice,
  "string-length:s": s => [...s].length,
  "pad-start:si": (s, n) => pad(s, n) + s,
  "pad-end:si": (s, n) => s + pad(s, n),
  "repeat-string:si": (s, n) => n < 0 ? off() : chars(s.length * n) ? s.repeat(n) : "",
  "char-from-code:i": n => n < 0 || n > 0x10ffff || n >> 11 === 27 ? off() : String.fromCodePoint(n),
  "char-code:s": s => s.codePointAt(0),
  "escape:s": escape,
  // What does not end is looked at once: [^]*? alone would go to the end again and again.
  "strip-tags:s": s =>
    s.replace(/<!--[^]*?(-->|$)|<(?!!--)[a-z/!?][^>]*(>|$)/gi, (m: string, comment?: string, tag?: string) =>
      comment || tag ? "" : comment == "" ? "<!--" + tags(m.slice(4)) : m,
    ),
  "url-encode:s": s => encodeURIComponent(s).replace(/[!*'()]/g, c => "%" + c.charCodeAt(0).toString(16).toUpperCase()),
  "url-decode:s": s => {
    try {
      return decodeURIComponent(s);
    } catch {
      off();
    }
  },
});
