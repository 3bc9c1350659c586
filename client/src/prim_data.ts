// JSON, source text and dates.

import { compareText } from "./prim_math";
import { parse } from "./reader";
import { serialize } from "./serialize";
import { num } from "./number";
import { text } from "./prim_string";
import { chars, fail, isDict, isList, Kw, Sym, typeOf, Value } from "./values";
import type { Table } from "./primitives";

/** v as compact JSON. */
export const json = (v: any): string =>
  isList(v) ? `[${v.map(json)}]` : isDict(v) ? `{${[...v].map(([k, x]) => JSON.stringify(k) + ":" + json(x))}}`
    : v === null || /^(boolean|number|string)$/.test(typeof v) ? JSON.stringify(v) : v instanceof Sym || v instanceof Kw ? JSON.stringify(v._name)
      : fail("type", `json-encode: a ${typeOf(v)} has no JSON`);

const unjson = (v: any): Value =>
  isList(v) ? v.map(unjson) : typeof v === "string" ? v.replace(/\p{Cs}/gu, "\ufffd") : typeof v === "number" ? num(v, "json-decode")
    : v && typeof v === "object" ? new Map(Object.entries(v).map(([k, x]) => [k.slice(1), unjson(x)])) : v;

/** Keys get a prefix while JavaScript has them, which else would sort numbers and treat __proto__ apart. */
const decode = (s: string): Value => {
  let v;
  try {
    v = JSON.parse(s.replace(/"(?:[^"\\]|\\.)*"(\s*:)?/g, (m, colon) => colon ? '"_' + m.slice(1) : m));
  } catch {
    fail("range", "json-decode: not JSON");
  }
  return unjson(v);
};

const months = "January February March April May June July August September October November December".split(" ");
const days = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** The time that RFC 3339 text means, or NaN. */
const time = (s: string): number => {
  const m = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d))?$/.exec(s);
  return !m ? NaN : new Date(+m[1], +m[2] - 1, +m[3]).getDate() !== +m[3] ? NaN : Date.parse(m[4] ? s.toUpperCase().replace(" ", "T") : s);
};

const two = (n: number, w = 2) => ("" + n).padStart(w, "0");

export const dataTable: Table = {
  "json-encode:a": json,
  "json-decode:s": decode,
  "inspect:a": v => serialize(v),
  "sx-parse:s": s => {
    const forms = parse(s, "sx-parse");
    return forms.length === 1 ? forms[0] : forms;
  },
  "sx-serialize:a": v => serialize(v),
  "canonical-serialize:a": v => serialize(v, compareText),
  "parse-datetime:a?a": (s, otherwise = null) => {
    const t = time(text(s).trim());
    return t === t ? new Date(t).toISOString().replace(/\.000Z|0+Z/, "Z") : otherwise;
  },
  "format-date:as": (s, format) => {
    const t = time(text(s));
    if (t !== t) fail("range", "format-date: not a date");
    const d = new Date(t), h = d.getUTCHours(), y = d.getUTCFullYear(), month = months[d.getUTCMonth()], day = days[d.getUTCDay()];
    const parts: Record<string, string> = {
      Y: two(y, 4), m: two(d.getUTCMonth() + 1), d: two(d.getUTCDate()), H: two(h), M: two(d.getUTCMinutes()), S: two(d.getUTCSeconds()),
      B: month, b: month.slice(0, 3), A: day, a: day.slice(0, 3), j: two(Math.floor((t - Date.UTC(y, 0)) / 864e5) + 1, 3), "%": "%",
    };
    return format.replace(/%(.?)/g, (m: string, c: string) => parts[c] ?? fail("range", `format-date: unknown directive ${m}`));
  },
};
