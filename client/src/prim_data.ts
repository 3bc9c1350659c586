// JSON, source text and dates.

import { compareText, trim } from "./prim_math";
import { parse } from "./reader";
import { serialize } from "./serialize";
import { num } from "./number";
import { deny, take, wrong } from "./argument";
import { isDict, isFn, isList, Obj, Value } from "./values";
import { provide } from "./primitives";

/** v as compact JSON. */
export const json = (v: any): string =>
  isList(v) ? `[${v.map(json)}]` : isDict(v) ? `{${[...v].map(([k, x]) => JSON.stringify(k) + ":" + json(x))}}`
    : !(v instanceof Obj) ? JSON.stringify(v) : typeof v._v === "string" && !isFn(v) ? JSON.stringify(v._v)
      : deny("type", `a ${v._t} has no JSON`);

const unjson = (v: any): Value =>
  isList(v) ? v.map(unjson) : typeof v === "string" ? whole(v) : typeof v === "number" ? num(v, "json-decode")
    : v && typeof v === "object" ? new Map(Object.entries(v).map(([k, x]) => [whole(k.slice(1)), unjson(x)])) : v;

const whole = (s: string) => /\p{Cs}/u.test(s) ? deny("syntax", "a lone surrogate") : s;

/** Keys get a prefix while JavaScript has them, which else would sort numbers and treat __proto__ apart. */
const decode = (s: string): Value => {
  let v;
  try {
    v = JSON.parse(s.replace(/"(?:[^"\\]|\\.)*"(\s*:)?/g, (m, colon) => colon ? '"_' + m.slice(1) : m));
  } catch {
    deny("syntax", "not JSON");
  }
  return unjson(v);
};


/** What RFC 3339 text means: the whole second, and the digits of its fraction. */
const time = (s: string): [Date, string] | undefined => {
  const m = /^(\d{4}-\d\d-(\d\d))([Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d))?$/.exec(trim(s));
  if (!m || new Date(m[1]).getUTCDate() !== +m[2]) return;
  const d = new Date(m[1] + (m[3] ? "T" + m[3].slice(1, 9) + m[6].toUpperCase() : "")), y = d.getUTCFullYear();
  return y < 0 || y > 9999 ? undefined : [d, m[5]?.slice(0, 10).replace(/\.?0+$/, "") || ""];
};

const two = (n: number, w = 2) => ("" + n).padStart(w, "0");

SMALL || provide({
  "json-encode:a": json,
  "json-decode:s": decode,
  "inspect:a": v => serialize(v),
  "sx-parse:s": s => {
    const forms = parse(s, "sx-parse");
    return forms.length === 1 ? forms[0] : deny("syntax", "expected one datum");
  },
  "sx-serialize:a": v => serialize(v),
  "canonical-serialize:a": v => serialize(v, compareText),
  "parse-datetime:a?a": (s, otherwise = null) => {
    const t = s === null ? null : time(take("s", s, 0));
    return t ? t[0].toISOString().slice(0, 19) + t[1] + "Z" : otherwise;
  },
  "format-date:ss": (s, format) => {
    const t = time(s)?.[0] || wrong(0, "date", s);
    const y = t.getUTCFullYear(), name = (part: object) => t.toLocaleString("en", { ...part, timeZone: "UTC" }), month = name({ month: "long" }), day = name({ weekday: "long" }), iso = t.toISOString();
    const parts: Record<string, string> = {
      Y: two(y, 4), m: iso.slice(5, 7), d: iso.slice(8, 10), H: iso.slice(11, 13), M: iso.slice(14, 16), S: iso.slice(17, 19),
      B: month, b: month.slice(0, 3), A: day, a: day.slice(0, 3), j: two(Math.floor((+t - +new Date(iso.slice(0, 4))) / 864e5) + 1, 3), "%": "%",
    };
    return format.replace(/%(.?)/gsu, (m: string, c: string) => parts[c] ?? deny("range", "unknown " + m));
  },
});
