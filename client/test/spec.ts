// The language for tests: what the shipped bundle holds, and suites, assertions, and errors as text.

import "../src/whole";
import { call, compile, defs, EMIT, evaluate, loading, markupOf, toError } from "../src/eval";
import { body, specials } from "../src/special";
import { primitives } from "../src/primitives";
import { make, parseHTML } from "../src/dom";
import { tree } from "../src/tree";
import { parse } from "../src/reader";
import { serialize } from "../src/serialize";
import { html, renderToString } from "../src/sink";
import { lower, upper } from "../src/case";
import { text } from "../src/prim_string";
import { length } from "../src/prim_math";
import { equal } from "../src/equal";
import { el, fail, Fn, isFn, isSym, limits, List, save, truthy, Value } from "../src/values";

interface Case { name: string; error: string }
let cases: Case[] = [];
let suite = "";

/** The name before the body of a suite or test. */
const title = (x: List): string => (isSym(x[1]) ? x[1]._v : "" + x[1]);

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

const add = (name: string, f: (...a: any[]) => any) => {
  const fn = new Fn("primitive", name);
  fn._run = args => f(...args);
  fn._doc = () => 0;
  primitives().set(name, fn);
};

add("assert-equal", (want, got) => assert(equal(want, got), `expected ${serialize(want)}, got ${serialize(got)}`));
add("assert-true", v => assert(truthy(v), `expected a truthy value, got ${serialize(v)}`));
add("assert-false", v => assert(!truthy(v), `expected nil or false, got ${serialize(v)}`));
add("assert-nil", v => assert(v === null, `expected nil, got ${serialize(v)}`));
add("assert-contains", (c, x) => assert(truthy(call(primitives().get("contains?")!, c, x)), `${serialize(c)} does not contain ${serialize(x)}`));
add("assert-length", (n, c) => assert(length(c) === n, `expected length ${n}, got ${serialize(c)}`));

specials["assert-html"] = (x, s) => {
  const want = compile(x[1], s, 0), markup = compile(x[2], s, EMIT);
  return e => {
    const got = renderToString(el(() => markup(e))), w = want(e);
    return assert(w === got, `expected ${serialize(w)}, got ${serialize(got)}`);
  };
};

/** (assert-throws form text?); a function is called. */
specials["assert-throws"] = (x, s) => {
  const part = x.length > 2 ? compile(x[2], s, 0) : null;
  let run: any, early: any;
  try {
    run = compile(x[1], s, 0);
  } catch (err) {
    early = err;
  }
  return e => {
    const undo = save();
    try {
      if (early) throw early;
      const v = run(e);
      if (isFn(v) && v._t === "lambda") call(v);
    } catch (err) {
      undo();
      const got = toError(err), want = part ? text(part(e)) : "";
      return assert(got.message.includes(want), `expected an error with ${serialize(want)}, got ${serialize(got.message)}`);
    }
    return fail("error", "expected an error");
  };
};

const failure = (err: any) => {
  const x = toError(err);
  return { kind: x.kind, message: x.message, line: x.line, col: x.col };
};

/** The nodes of a program's markup, as the client makes them. */
const build = (src: string): Node[] => tree(markupOf(parse(src, "-e"))).map(make);

/** Nodes as text: names with their namespace, attributes in order of their names. Styles are as the object
 * model writes them, which is how the client sets them. */
const dump = (nodes: Iterable<Node>): string => {
  let out = "";
  for (const n of nodes) {
    if (n instanceof Element) {
      const attrs = [...n.attributes].filter(a => a.name !== "style").map(a => ` ${a.namespaceURI || ""}|${a.name}=${JSON.stringify(a.value)}`).sort();
      const style = (n as HTMLElement).style?.cssText;
      out += `<${n.namespaceURI!.slice(-4)}:${n.localName}${attrs.join("")}${style ? ` style=${style}` : ""}>${dump((n instanceof HTMLTemplateElement ? n.content : n).childNodes)}</>`;
    } else out += n.nodeType === 8 ? `<!--${n.nodeValue}-->` : `[${n.nodeValue}]`;
  }
  return out;
};

/** What the whole language gives as a page uses it, where definitions are compiled when they are first called. */
const plainly = (run: () => string): string | null => {
  defs.clear();
  loading._bodies = null;
  try {
    return run();
  } catch {
    return null;
  }
};

const test = ((globalThis as any).SxTest = {
  names: () => [...Object.keys(specials), ...primitives().keys()].filter(n => !/^__proto__$|^def(suite|test)$|^assert-/.test(n)),
  /** Compares the small language with the whole one: how many programs it does, and where it is wrong. */
  small(list: string[]) {
    const small = (globalThis as any).SmallTest, wrong: string[] = [];
    let done = 0;
    for (const src of list) {
      const pairs = [[small.value(src), plainly(() => serialize(evaluate(parse(src))))], [small.html(src), plainly(() => html(markupOf(parse(src))))]];
      for (const [little, whole] of pairs) {
        if (little === null) continue;
        done++;
        if (little !== whole) wrong.push(`${src}\n small ${little}\n whole ${whole}`);
      }
    }
    return { done, wrong };
  },
  each: (list: string[]) => list.map(src => test.evaluate(src)),
  evaluate(src: string): object {
    const before = new Map(defs);
    loading._bodies = [];
    try {
      const v = evaluate(parse(src, "-e"));
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
    loading._bodies = [];
    try {
      return { html: html(markupOf(parse(src, "-e"))) };
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
  trees(pages: { src: string; html: string; wire: string; kind: string }[]) {
    return pages.map(p => {
      defs.clear();
      loading._bodies = [];
      try {
        const built = dump(build(p.src + " (~page)"));
        if (p.kind) return `the browser gives ${built}`;
        const parsed = dump(parseHTML(p.html).map(make));
        if (built !== parsed) return `parsed  ${parsed}\nbuilt   ${built}`;
        const wired = dump(build(p.wire));
        return wired === parsed ? "" : `parsed  ${parsed}\nwired   ${wired}\nwire    ${p.wire}`;
      } catch (err) {
        const x = failure(err);
        return p.kind === x.kind ? "" : `the browser fails: ${x.line}:${x.col}: ${x.kind}: ${x.message}\nwire ${p.wire}`;
      }
    });
  },
  /** The value that an attribute of the first element gets; null without one. */
  attributes(list: { src: string; attr: string }[]) {
    return list.map(({ src, attr }) => {
      try {
        defs.clear();
        return { value: (build(src)[0] as Element).getAttribute(attr) };
      } catch (err) {
        return failure(err);
      }
    });
  },
  /** Puts markup into the page, waits, and says what it must not have done. */
  async attack(list: string[]) {
    const bad: string[] = [], w = window as any;
    // Following a link that was made harmless would end the test; what it points at is looked at instead.
    for (const type of ["click", "submit"]) addEventListener(type, e => e.preventDefault(), true);
    for (const src of list) {
      const box = document.createElement("div");
      try {
        defs.clear();
        box.append(...build(src));
      } catch (err) {
        if (failure(err).kind === "internal") bad.push(`${src}: ${err}`);
      }
      document.body.append(box);
      for (const e of box.querySelectorAll("*")) {
        if (/^(script|base|object|embed)$/i.test(e.localName) || e.hasAttribute("http-equiv") || e.hasAttribute("srcdoc")) bad.push(`${src}: ${e.outerHTML}`);
        for (const a of e.attributes)
          if (/^on/i.test(a.name) || /^[\0-\x20]*(j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t|vbscript)\s*:/i.test(a.value) && !/^(title|value|alt|data-x)$/.test(a.name)) bad.push(`${src}: ${a.name}=${a.value}`);
        (e as any).click?.();
      }
      await new Promise(f => setTimeout(f, 0));
      if (w.pwned) bad.push(`${src}: script ran`);
      delete w.pwned;
      box.remove();
    }
    return bad;
  },
  tree(src: string) {
    const t = document.createElement("template");
    t.innerHTML = src;
    return t.innerHTML;
  },
  setSteps: (n: number) => limits.steps = n,
});
