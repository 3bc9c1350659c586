// Text to data. One regular expression finds the next token; open forms stand on the JavaScript stack, which
// the nesting limit keeps shallow.

import { fail, Form, limits, List, Obj, plain, Source, sym, where } from "./values";

const symbol = "[\\p{L}\\d~*+\\-><=/!?&_.%:#]";
const blank = /(?:[ \t\n\r\f\v]+|;[^\n\r]*)*/y;
/** A string without its end. */
const string = SMALL ? `"(?:[^"\\\\]+|\\\\[ntr0"\\\\])*` : `"(?:[^"\\\\]+|\\\\(?:[ntr0"\\\\]|u[\\da-fA-F]{4}|u\\{[\\da-fA-F]{1,8}\\}))*`;
// A string, a raw one, a bracket or sugar, or an atom.
const token = new RegExp(string + (SMALL ? `"|` : `"|\`|,@?|#\\|[^|]*\\||#[';]|`) + `[()[\\]{}']|:?(?!#)${symbol}+`, "uy");
/** What escapes stand for. */
export const letters = 'ntr0"\\', control = "\n\t\r\0\"\\";
const number = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const sugar: Record<string, string> = SMALL ? { "'": "quote" } : { "'": "quote", "#'": "quote", "`": "quasiquote", ",": "unquote", ",@": "splice-unquote" };
const closers: Record<string, string> = { "(": ")", "[": "]", "{": "}" };
const literals: Record<string, Form> = { __proto__: null as any, nil: null, true: true, false: false };

export const isNumber = (s: string) => number.test(s);
/** Whether name may stand after a colon. */
export const symbolic = (name: string) => new RegExp(`^(?![+\\-]?\\.?\\d|[:#])${symbol}+$`, "u").test(name);

/** Reads all data of text. Where `spots` is true lists know where in the text their items are. */
export const parse = (text: string, name = "wire", spots = false): Form[] => {
  text += ""; // a frame's data may be anything
  const src: Source = { _name: name, _text: text };
  let end = SMALL ? 0 : +text.startsWith("\ufeff"), start = 0, depth = 0;
  const bad = (message: string, from = start, to = end) => fail("syntax", message, { _src: src, _from: from, _to: to });
  const mark: <T>(v: T, from: number) => T = SMALL ? v => v : (v: any, from) => {
    v._at = { _src: src, _from: from, _to: end };
    return v;
  };
  /** The next token, or "" at the end. It must not close a form, unless the one that opened at `from`. */
  const next = (close = "", open = "", from = 0): string => {
    blank.lastIndex = end;
    blank.test(text);
    start = token.lastIndex = end = blank.lastIndex;
    if (token.test(text)) end = token.lastIndex;
    else if (text[end++]) {
      if (!SMALL) {
        const begun = new RegExp(string, "uy");
        begun.lastIndex = start;
        if (begun.test(text)) text[(end = begun.lastIndex)] ? bad("bad escape", end, end + 2) : bad("unterminated string", start, end);
      }
      bad("unexpected " + String.fromCodePoint(text.codePointAt(start)!));
    }
    const t = text.slice(start, end);
    if (t !== close && ")]}".includes(t[0]))
      bad("unexpected " + t + (open && `: expected ${close} to close the ${open} opened at ${where({ _src: src, _from: from, _to: end }).join(":")}`));
    return t;
  };
  const add = (list: List, v: Form, from: number) => {
    list.push(v);
    if (spots) (list._spots ||= []).push([from, end]);
  };
  const str = (t: string): string => {
    if (!t.includes("\\")) return t;
    if (SMALL) return t.replace(/\\(.)/g, (_, c) => control[letters.indexOf(c)]);
    const s = t.replace(/\\(?:u\{(.+?)}|u(.{4})|(.))/g, (_, long, short, c) => {
      const n = parseInt(long || short, 16);
      return c ? control[letters.indexOf(c)] : n > 0x10ffff ? bad("bad escape") : String.fromCodePoint(n);
    });
    return /\p{Cs}/u.test(s) ? bad("a lone surrogate") : s;
  };
  /** The datum that begins with token t; undefined when it was discarded. */
  const datum = (t: string): Form | undefined => {
    const at = start, c = t[0], close = closers[c], name = "'`,#".includes(c) && (sugar[t] || !SMALL && t === "#;");
    let v: any;
    if (c === '"') return str(t.slice(1, -1));
    if (!SMALL && t.startsWith("#|")) return t.slice(2, -1);
    if (close || name) {
      if (++depth > limits.nesting) bad("nested too deeply");
      if (close) {
        const list: List = [], dict = new Map<string, Form>();
        let key: any;
        while ((v = next(close, t, at)) !== close) {
          if (!v) bad("unclosed " + t, at, at + 1);
          const from = start;
          if ((v = datum(v)) === undefined) continue;
          if (t !== "{") {
            add(list, v, from);
          } else if (key !== undefined) {
            dict.set(key, v);
            key = undefined;
          } else {
            key = plain(v);
            if (typeof key !== "string" || dict.has(key)) bad("no key, or a duplicate one: " + key);
          }
        }
        if (key !== undefined) bad("no value for " + key);
        if (t === "[") list._data = true;
        v = mark(t === "{" ? dict : list, at);
      } else {
        while ((v = datum(next() || bad("unclosed " + t, at))) === undefined);
        v = SMALL || name !== true ? mark([mark(sym(name as string), at), v] as List, at) : undefined;
      }
      depth--;
      return v;
    }
    if (c === ":") return t[1] ? mark(new Obj("keyword", t.slice(1)), at) : bad("unexpected :");
    if (t < ":" && /^[+-]?\.?\d/.test(t)) {
      // The sign of an exponent is a symbol character, and so the whole number is in the token.
      return isNumber(t) && Math.abs(+t) <= Number.MAX_SAFE_INTEGER ? +t : bad("no safe number: " + t);
    }
    v = literals[t];
    return v === undefined ? mark(sym(t), at) : v;
  };
  if (!SMALL && /\p{Cs}/u.test(text)) bad("a lone surrogate", text.search(/\p{Cs}/u));
  const out: List = [];
  for (let t; (t = next());) {
    const from = start, v = datum(t);
    if (v !== undefined) add(out, v, from);
  }
  return out;
};
