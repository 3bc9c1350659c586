// Macros: forms to forms, while compiling.

import { Code, compile, invoke, loading, Scope, toError } from "./eval";
import { base } from "./stack";
import { fail, Fn, Form, isDict, isKw, isList, isSym, List, now, place, Value } from "./values";

/** Expands macro m in form x and gives the expansion to f. Errors in it are reported at x. */
export const expand = <T>(m: Fn, x: List, f: (form: Form) => T): T => {
  const { _macro } = now;
  loading._flush?.();
  now._macro ||= place(x);
  const forms = x.slice(1);
  try {
    let form: Form;
    try {
      form = base(() => invoke(Object.assign(new Fn("lambda", ""), m, { _t: "lambda" }), forms, forms.map(isKw)))(null);
    } catch (err) {
      const { kind, message, data } = toError(err);
      fail(kind, `in macro ${m._v}: ${message}`, now._macro, data);
    }
    return f(form!);
  } finally {
    now._macro = _macro;
  }
};

/** `x: data with holes. level counts the quasiquotes around it. */
export const quasi = (x: Form, scope: Scope, level: number): Code => {
  if (isList(x)) {
    const name = x.length === 2 && isSym(x[0]) ? x[0]._v : "";
    // A splice that has no list around it is an error there.
    if (/unquote$/.test(name) && !--level) return compile(name === "unquote" ? x[1] : x, scope, 0);
    if (name === "quasiquote") level++;
    const parts = x.map(y => {
      const splice = level === 1 && isList(y) && y.length === 2 && isSym(y[0], "splice-unquote");
      return [splice ? compile((y as List)[1], scope, 0) : quasi(y, scope, level), splice] as const;
    });
    return e => {
      const out: List = [];
      for (const [code, splice] of parts) {
        const v = code(e);
        if (!splice) out.push(v);
        else if (v !== null) out.push(...(isList(v) ? v : fail("type", "splice-unquote needs a list", place(x))));
      }
      return Object.assign(out, { _data: x._data, _at: x._at });
    };
  }
  if (isDict(x)) {
    const parts = [...x].map(([k, v]) => [k, quasi(v, scope, level)] as const);
    return e => new Map<string, Value>(parts.map(([k, c]) => [k, c(e)]));
  }
  return () => x;
};
