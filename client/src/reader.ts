// Text to data. One regular expression finds the next token; open forms stand on the JavaScript stack, which
// the nesting limit keeps shallow.

import { fail, Form, Kw, limits, List, Place, Source, Sym, where } from "./values";

const symbol = "[\\p{L}\\d~*+\\-><=/!?&_.%:#]";
const blank = /(?:[ \t\n\r\f\v]+|;[^\n\r]*)*/y;
const token = new RegExp(`[()[\\]{}'\`"]|,@?|#['|;]|:?(?!#)${symbol}+`, "uy");
const string = /((?:[^"\\]|\\[ntr0"\\]|\\u[\da-fA-F]{4}|\\u\{[\da-fA-F]{1,8}\})*)(.?)/suy;
const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", 0: "\0" };
const sugar: Record<string, string> = SMALL ? { "'": "quote" } : { "'": "quote", "#'": "quote", "`": "quasiquote", ",": "unquote", ",@": "splice-unquote" };
const closers: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

const ends = (t: string) => t === ")" || t === "]" || t === "}";
/** Whether token t is more than an atom. */
const opens = (t: string) => "([{'`,\"#".includes(t[0]);

export const isNumber = (s: string) => number.test(s);
const isSymbol = /* @__PURE__ */ new RegExp(`^(?![+\\-]?\\.?\\d|[:#])${symbol}+$`, "u");

/** Whether name may stand after a colon. */
export const symbolic = (name: string) => isSymbol.test(name);

/** Reads all data of text. */
export const parse = (text: string, name = "wire"): Form[] => {
  if (text[0] === "\ufeff") text = text.slice(1);
  const src: Source = { _name: name, _text: text };
  let i = 0, start = 0, depth = 0;
  const bad = (message: string, at = start, end = i, kind = "syntax") => fail(kind, message, { _src: src, _at: at, _end: end });
  const mark: <T extends Place>(v: T, at: number) => T = SMALL ? v => v : (v, at) => {
    v._src = src;
    v._at = at;
    v._end = i;
    return v;
  };
  /** The next token: its text, or "" at the end. Blanks and comments are passed. */
  const next = (): string => {
    blank.lastIndex = i;
    blank.test(text);
    start = i = token.lastIndex = blank.lastIndex;
    if (token.test(text)) i = token.lastIndex;
    else if (i++ < text.length) bad("unexpected " + String.fromCodePoint(text.codePointAt(start)!));
    return text.slice(start, i);
  };
  const atom = (t: string): Form => {
    if (t[0] === ":") {
      if (t === ":") bad("a keyword needs a name");
      return mark(new Kw(t.slice(1)), start);
    }
    if (t < ":" && /^[+-]?\.?\d/.test(t)) {
      // The sign of an exponent is a symbol character, and so the whole number is in the token.
      if (!isNumber(t)) bad("bad number " + t);
      const n = +t;
      if (!(Math.abs(n) <= Number.MAX_SAFE_INTEGER)) bad(`number ${t} is out of range`);
      return n;
    }
    return t === "nil" ? null : t === "true" ? true : t === "false" ? false : mark(new Sym(t), start);
  };
  const str = (): string => {
    const at = start;
    string.lastIndex = i;
    const m = string.exec(text)!;
    i = string.lastIndex;
    if (!m[2]) bad("unterminated string", at);
    if (m[2] === "\\") bad("bad escape \\" + text.slice(i, i + 1), i - 1, i + 1);
    const s = m[1].includes("\\") ? m[1].replace(/\\(u\{(.+?)}|u(.{4})|.)/g, (_, c, long, short) => {
      const hex = long || short, n = parseInt(hex, 16);
      return hex ? n > 0x10ffff ? bad("bad escape", at) : n > 0xffff ? String.fromCodePoint(n) : String.fromCharCode(n) : escapes[c] ?? c;
    }) : m[1];
    return /\p{Cs}/u.test(s) ? bad("a lone surrogate in a string", at) : s;
  };
  /** The datum that begins with token t; undefined when it was discarded. */
  const datum = (t: string): Form | undefined => {
    if (!opens(t)) return atom(t);
    const at = start, close = closers[t], name = sugar[t];
    if (t === '"') return str();
    if (!SMALL && t === "#|") {
      const end = text.indexOf("|", i);
      if (end < 0) bad("unterminated raw string");
      i = end + 1;
      return text.slice(at + 2, end);
    }
    if (close || name || !SMALL && t === "#;") {
      if (++depth > limits.nesting) bad("nested too deeply");
      let v: any;
      if (close) {
        const list: List = [];
        const spots: number[] = [];
        while ((v = next()) !== close) {
          if (!v) bad(`unclosed ${t}`, at, at + 1);
          if (ends(v)) bad(`unexpected ${v}: expected ${close} to close the ${t} opened at ${where(src, at)}`);
          if (t === "{") spots.push(start);
          if ((v = opens(v) ? datum(v) : atom(v)) !== undefined) list.push(v);
          else if (t === "{") spots.pop();
        }
        v = list;
        if (t === "[") list._data = true;
        if (t === "{") {
          v = new Map();
          for (let k = 0; k < list.length; k += 2) {
            const key: any = list[k], s = key instanceof Kw ? key._name : key;
            start = spots[k];
            if (typeof s !== "string") bad("a dict key must be a keyword or a string");
            if (v.has(s)) bad(`duplicate dict key ${s}`);
            if (k + 1 === list.length) bad(`the dict key ${s} has no value`);
            v.set(s, list[k + 1]);
          }
        }
        mark(v, at);
      } else {
        do {
          v = next();
          if (!v) bad(`${t} needs a datum after it`, at);
          if (ends(v)) bad("unexpected " + v);
        } while ((v = datum(v)) === undefined);
        v = name ? mark([mark(new Sym(name), at), v] as List, at) : undefined;
      }
      depth--;
      return v;
    }
    return bad("unexpected " + t);
  };
  if (/\p{Cs}/u.test(text)) bad("invalid Unicode", text.search(/\p{Cs}/u));
  const out: Form[] = [];
  for (let t; (t = next());) {
    if (ends(t)) bad("unexpected " + t);
    const v = datum(t);
    if (v !== undefined) out.push(v);
  }
  return out;
};
