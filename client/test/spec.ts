// The language for tests: what the shipped bundle holds, and suites, assertions, and errors as text.

import { body } from "../src/special";
import { binding, call, check, compile, defs, emit, evaluate, loadDefs, toError } from "../src/eval";
import { specials } from "../src/special";
import { primitives } from "../src/primitives";
import { parse } from "../src/reader";
import { serialize } from "../src/serialize";
import { renderToString, stringSink } from "../src/sink";
import { lower, upper } from "../src/case";
import { text } from "../src/prim_string";
import { length } from "../src/prim_math";
import { El, equal, fail, Fn, isList, isSym, limits, List, SxError, truthy, Value } from "../src/values";

interface Case { name: string; error: string }
let cases: Case[] = [];
let suite = "";

/** The name before the body of a suite or test. */
const title = (x: List) => (isSym(x[1]) ? x[1]._name : "" + x[1]);

specials.defsuite = (x, s) => {
  const parts = x.slice(2).map(f => compile(f, s, 0));
  return e => {
    const outer = suite;
    suite += title(x) + " / ";
    for (const p of parts) p(e);
    suite = outer;
    return null;
  };
};

specials.deftest = (x, s) => {
  // Each test has a scope of its own, as a function has.
  let run: any;
  try {
    run = body(x.slice(2), { _name: "", _up: s }, 0);
  } catch (err) {
    run = () => { throw err; };
  }
  return e => {
    const c: Case = { name: suite + title(x), error: "" };
    cases.push(c);
    try {
      run({ _v: null, _up: e });
    } catch (err) {
      const x = toError(err);
      c.error = `${x.line}:${x.col}: ${x.kind}: ${x.message}`;
    }
    return null;
  };
};

const assert = (ok: boolean, message: string) => ok ? null : fail("error", message);
const html = (v: Value) => renderToString(v);

const add = (name: string, f: (...a: any[]) => any) => {
  const fn = new Fn("primitive", name, args => f(...args));
  fn._doc = () => 0;
  primitives().set(name, fn);
};

add("assert-equal", (want, got) => assert(equal(want, got), `expected ${serialize(want)}, got ${serialize(got)}`));
add("assert-true", v => assert(v === true, `expected true, got ${serialize(v)}`));
add("assert-false", v => assert(v === false, `expected false, got ${serialize(v)}`));
add("assert-nil", v => assert(v === null, `expected nil, got ${serialize(v)}`));
add("assert-contains", (c, x) => assert(truthy(call(primitives().get("contains?")!, c, x)), `${serialize(c)} does not contain ${serialize(x)}`));
add("assert-length", (n, c) => assert(length("assert-length", c) === n, `expected length ${n}, got ${serialize(c)}`));
add("assert-html", (want, v) => assert(html(v) === want, `expected ${want}, got ${html(v)}`));

/** (assert-throws form) or (assert-throws "part of the message" form), or a function to call. */
specials["assert-throws"] = (x, s) => {
  const part = x.length > 2 ? compile(x[1], s, 0) : null;
  let run: any, early: any;
  try {
    run = body(x.slice(part ? 2 : 1), s, 0);
  } catch (err) {
    early = err;
  }
  return e => {
    let got: SxError;
    try {
      if (early) throw early;
      const v = run(e);
      if (v instanceof Fn) call(v);
    } catch (err) {
      got = toError(err);
      const want = part ? text(part(e)) : "";
      return assert(got.message.includes(want), `expected an error with ${want}, got ${got.message}`);
    }
    return fail("error", "expected an error");
  };
};

const failure = (err: any) => {
  const x = toError(err);
  return { kind: x.kind, message: x.message, line: x.line, col: x.col };
};

(globalThis as any).SxTest = {
  evaluate(src: string) {
    const before = new Map(defs);
    try {
      const v = evaluate(parse(src, "-e"));
      check();
      return { value: serialize(v) };
    } catch (err) {
      return failure(err);
    } finally {
      defs.clear();
      before.forEach((v, k) => defs.set(k, v));
    }
  },
  render(src: string) {
    const before = new Map(defs);
    try {
      const s = stringSink();
      emit(parse(src, "-e"), s);
      check();
      return { html: s.html() };
    } catch (err) {
      return failure(err);
    } finally {
      defs.clear();
      before.forEach((v, k) => defs.set(k, v));
    }
  },
  suites(src: string, name: string) {
    cases = [];
    suite = "";
    defs.clear();
    try {
      evaluate(parse(src, name));
    } catch (err) {
      const x = toError(err);
      cases.push({ name: "(load)", error: `${x.line}:${x.col}: ${x.kind}: ${x.message} ${x.kind === "internal" ? (err as any).stack : ""}` });
    }
    return cases;
  },
  /** Code points whose case mapping is not themselves: [code point, upper, lower, …]. */
  cases() {
    const out: number[] = [];
    for (let i = 0; i < 0x110000; i++) {
      if (i >> 11 === 27) continue;
      const c = String.fromCodePoint(i), u = upper(c).codePointAt(0)!, l = lower(c).codePointAt(0)!;
      if (u !== i || l !== i) out.push(i, u, l);
    }
    return out;
  },
  tree(src: string) {
    const t = document.createElement("template");
    t.innerHTML = src;
    return t.innerHTML;
  },
  limits,
};
