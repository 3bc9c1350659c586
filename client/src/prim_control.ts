// Reflection, control and markup.

import { call, defs, leave } from "./eval";
import { attempt } from "./dynamic";
import { write } from "./markup";
import { clean } from "./safety";
import { set } from "./prim_dict";
import { text } from "./prim_string";
import { Dict, el, fail, Fn, isComponent, isDict, isEl, isFn, isList, isSpread, isSym, now, Obj, sym, truthy, Value } from "./values";
import { take, wrong } from "./argument";
import { provide } from "./primitives";

let symbols = 0;

const component = (c: any): Fn => isComponent(c) ? c : wrong(0, "component", c);

/** Names of the components that c reaches, through functions too. */
const deps = (c: Fn): string[] => {
  const seen = new Set([c]), work = [c], out: string[] = [];
  let self = false, at = c;
  const walk = (x: any): void => {
    const d = isSym(x) && defs.get(x._v);
    if (d === c && at === c) self = true;
    if (isFn(d) && !seen.has(d)) seen.add(d), work.push(d);
    if (isList(x) || isDict(x)) x.forEach(walk);
  };
  for (let d; (d = work.pop());) {
    if (d !== c && isComponent(d)) out.push(d._v);
    at = d;
    d._lib?.slice(2).forEach(walk);
  }
  return self ? [...out, c._v] : out;
};

provide({
  "raw!:a": v => isEl(v) ? v : v === null || typeof v === "string" ? el(() => v && write("raw", v)) : wrong(0, "string", v),
});

SMALL || provide({
  "apply:fa?a*": (f, ...args) => {
    const n = args.length - 1;
    return leave(f, [...args.slice(0, n), ...take("l", args[n], n + 1)]);
  },
  "symbol-name:a": v => isSym(v) ? v._v : wrong(0, "symbol", v),
  "keyword-name:a": v => take("k", v, 0),
  "component-name:a": c => component(c)._v,
  "component-params:a": c => [...component(c)._params._keys?.keys() || []],
  "component-affinity:a": c => text(component(c)._doc.affinity ?? "auto"),
  "component-deps:a": c => deps(component(c)),
  "component-pure?:a": c => !!component(c),
  "gensym:?a": (prefix = "g") => sym(`${isSym(prefix) ? prefix._v : take("s", prefix, 0)}#${++symbols}`),
  "error:a?a": (message, data) => fail("error", text(message), now._at, data),
  "assert:a?a": (v, message = "assertion failed") => truthy(v) ? v : fail("error", text(message)),
  "try-call:f?a*": (f, ...args) => attempt(() => new Map<string, Value>([["ok", true], ["value", call(f, ...args)]]), err => new Map<string, Value>([["ok", false], ["error", err.message]])),
  "dynamic-wind:aaa": (before, thunk, after) => {
    call(before);
    return attempt(() => call(thunk), null, () => call(after));
  },
  "html-comment:?a*": (...a) => {
    const s = a.map(text).join("").replace(/^(?=-?>|-)/, " ").replace(/-(?=-)/g, "- ").replace(/[-!]$/, "$& ");
    return el(() => write("comment", clean(s)));
  },
  "make-spread:a?a*": (...a) => {
    const [first] = a, pairs = a.length > 1 || typeof first === "string", d: Dict = pairs ? set(new Map(), a, 0) : new Map(take("d", first, 0));
    if (!pairs) d._written = first?._written;
    return new Obj("spread", d);
  },
  "spread-attrs:a": v => isSpread(v) ? new Map(v._v) : wrong(0, "spread", v),
  "trusted-url:s": s => new Obj("trusted-url", s),
});
