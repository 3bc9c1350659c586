// JSON, source text and dates.

import { compareText, trim } from "./prim_math";
import { parse } from "./reader";
import { serialize } from "./serialize";
import { num } from "./number";
import { deny, take, wrong } from "./argument";
import { isDict, isList, Obj, Value, word } from "./values";
import { provide } from "./primitives";

/** v as compact JSON. */
export const json = (v: any): string =>
  isList(v) ? `[${v.map(json)}]` : isDict(v) ? `{${[...v].map(([k, x]) => JSON.stringify(k) + ":" + json(x))}}`
    : JSON.stringify(v instanceof Obj ? word(v) ?? deny("type", v._t + " has no JSON") : v);

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


/** What RFC 3339 text means: the date, as ISO text of the second, and the digits of its fraction. */
const time = (s: string): [Date, string, string] | undefined => {
  const m = /^(\d{4}-\d\d-(\d\d))(t([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(z|[+-]([01]\d|2[0-3]):[0-5]\d))?$/i.exec(trim(s).replace(" ", "t"));
  if (!m || new Date(m[1]).getUTCDate() !== +m[2]) return;
  const d = new Date((m[1] + (m[3] ? m[3].slice(0, 9) + m[6] : "")).toUpperCase()), iso = d.toISOString().slice(0, 19);
  return /^\d/.test(iso) ? [d, iso, m[5]?.slice(0, 10).replace(/\.?0+$/, "") || ""] : undefined;
};

SMALL || provide({
  "json-encode:a": json,
  "json-decode:s": decode,
  "inspect:a": v => serialize(v),
  "sx-parse:s": s => {
    let forms: Value[];
    try {
      forms = parse(s);
    } catch (err: any) {
      deny("syntax", `line ${err.line}, column ${err.col}: ${err.message}`);
    }
    return forms!.length === 1 ? forms![0] : deny("syntax", "expected one datum");
  },
  "sx-serialize:a": v => serialize(v),
  "canonical-serialize:a": v => serialize(v, compareText),
  "parse-datetime:a?a": (s, otherwise = null) => {
    const t = s === null ? null : time(take("s", s, 0));
    return t ? t[1] + t[2] + "Z" : otherwise;
  },
  "format-date:ss": (s, format) => {
    const [date, iso] = time(s) || wrong(0, "date", s), name = (part: string) => date.toLocaleString("en", { [part]: "long", timeZone: "UTC" });
    const [Y, m, d, H, M, S] = iso.split(/\D/), B = name("month"), A = name("weekday");
    const parts: Record<string, string> = {
      Y, m, d, H, M, S, B, b: B.slice(0, 3), A, a: A.slice(0, 3), "%": "%",
      j: ("" + Math.floor((+date - +new Date(Y)) / 864e5 + 1)).padStart(3, "0"),
    };
    return format.replace(/%(.?)/gsu, (m: string, c: string) => parts[c] ?? deny("range", "unknown " + m));
  },
});
