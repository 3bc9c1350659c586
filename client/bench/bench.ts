// The update benchmark: the same change made by direct DOM writes, by this client, and by peers. Each way
// gets the payload as it would come over the wire, as text, and must leave the same DOM.

import morphdom from "morphdom";
import { Idiomorph } from "idiomorph/dist/idiomorph.esm.js";
import { h, render } from "preact";
import { emit, loadDefs } from "../src/eval";
import { enqueue, flush, host, resolve } from "../src/frame";
import { parse } from "../src/reader";

host.lang = { emit: (sx, to) => emit(parse(sx), to), defs: loadDefs };
loadDefs(`(defcomp ~badge (&key value) (span :class "badge badge-ok" :id "cpu" value))
(defcomp ~row (&key i v) (tr :id (str "r" i) (td i) (td "item " i) (td :class "num" v)))`);

type Row = [number, number];
const rowHTML = ([i, v]: Row) => `<tr id="r${i}"><td>${i}</td><td>item ${i}</td><td class="num">${v}</td></tr>`;
const rowSX = ([i, v]: Row) => `(~row :i ${i} :v ${v})`;
const rowVNode = ([i, v]: Row) =>
  h("tr", { key: i, id: "r" + i }, h("td", null, i), h("td", null, "item " + i), h("td", { class: "num" }, v));

interface Work {
  name: string;
  tag: string;
  /** Content at the start, and after turn n. */
  html(n: number): string;
  sx(n: number): string;
  vnode(n: number): unknown;
  direct(box: Element, n: number): void;
  /** How many updates one measured operation makes. */
  times: number;
}

const base: Row[] = Array.from({ length: 1000 }, (_, i) => [i, i * 7]);
const tenth = (n: number): Row[] => base.map(([i, v]) => [i, i % 10 == 3 ? v + n : v]);
const moved = (n: number): Row[] => {
  const a = base.slice();
  if (n % 2) for (let k = 0; k < 10; k++) a.splice(k * 90 + 7, 0, a.splice(990 - k * 95, 1)[0]!);
  return a;
};
const grown = (n: number): Row[] => (n % 2 ? [...base, [1000, 1]] : base);

const rows = (name: string, at: (n: number) => Row[], direct: Work["direct"]): Work => ({
  name,
  tag: "tbody",
  html: n => at(n).map(rowHTML).join(""),
  sx: n => `(<> ${at(n).map(rowSX).join(" ")})`,
  vnode: n => at(n).map(rowVNode),
  direct,
  times: 1,
});

const badge: Work = {
  name: "badge",
  tag: "div",
  html: n => `<span class="badge badge-ok" id="cpu">${n}%</span>`,
  sx: n => `(~badge :value "${n}%")`,
  vnode: n => h("span", { class: "badge badge-ok", id: "cpu" }, n + "%"),
  direct: (box, n) => void (box.firstChild!.firstChild!.nodeValue = n + "%"),
  times: 1,
};

const works: Work[] = [
  badge,
  rows("10 % of 1000 rows", tenth, (box, n) => {
    for (let i = 3; i < 1000; i += 10) box.childNodes[i]!.lastChild!.firstChild!.nodeValue = String(i * 7 + n);
  }),
  rows("reorder 10 of 1000", moved, (box, n) => {
    const order = moved(n);
    const nodes = new Map<string, Node>();
    for (let e = box.firstElementChild; e; e = e.nextElementSibling) nodes.set(e.id, e);
    let ref: Node | null = null;
    for (let k = order.length - 1; k >= 0; k--) {
      const d = nodes.get("r" + order[k]![0])!;
      if (d.nextSibling != ref) box.insertBefore(d, ref);
      ref = d;
    }
  }),
  rows("append to 1000", grown, (box, n) => {
    if (!(n % 2)) return void box.childNodes[1000]?.remove();
    const t = document.createElement("template");
    t.innerHTML = rowHTML([1000, 1]);
    box.append(t.content);
  }),
  { ...badge, name: "burst of 1000", times: 1000 },
];

interface Way {
  name: string;
  make(box: Element, w: Work): (n: number) => void;
}

const parsed = (box: Element, html: string) => {
  const next = box.cloneNode(false) as Element;
  next.innerHTML = html;
  return next;
};

const each = (w: Work, f: (n: number) => void) => (n: number) => {
  for (let k = 0; k < w.times; k++) f(n + k);
};

const frames = (kind: "sx" | "html"): Way => ({
  name: "frames, " + kind,
  make(box, w) {
    box.setAttribute("data-suspense", "slot");
    if (w.times == 1) return n => resolve(JSON.parse(text(w, kind, n)));
    return n => {
      for (let k = 0; k < w.times; k++) enqueue(JSON.parse(text(w, kind, n + k)));
      flush();
    };
  },
});

// Payloads are made before they are measured.
const texts = new Map<string, string>();
const text = (w: Work, kind: "sx" | "html", n: number) => {
  const name = w.name + kind + n;
  let s = texts.get(name);
  if (!s) texts.set(name, (s = JSON.stringify({ id: "slot", [kind]: w[kind](n) })));
  return s;
};
const payload = (w: Work, n: number) => JSON.parse(text(w, "html", n)).html as string;

const ways: Way[] = [
  { name: "direct", make: (box, w) => each(w, n => w.direct(box, n)) },
  frames("sx"),
  frames("html"),
  { name: "innerHTML", make: (box, w) => each(w, n => void (box.innerHTML = payload(w, n))) },
  { name: "morphdom", make: (box, w) => each(w, n => void morphdom(box, parsed(box, payload(w, n)))) },
  {
    name: "idiomorph",
    make: (box, w) => each(w, n => void Idiomorph.morph(box, payload(w, n), { morphStyle: "innerHTML" })),
  },
  {
    name: "preact",
    make(box, w) {
      box.textContent = "";
      return each(w, n => render(w.vnode(n) as never, box));
    },
  },
];

async function bench(rounds: number) {
  const out: { work: string; way: string; us: number; ratio: number }[] = [];
  for (const w of works) {
    const runs = ways.map(way => {
      const table = document.createElement(w.tag == "tbody" ? "table" : "section");
      const box = document.createElement(w.tag);
      table.append(box);
      return { way, table, box, best: Infinity };
    });
    const many = w.times > 1 || w.tag == "tbody" ? 4 : 20000;
    for (let r = 0; r < rounds; r++)
      for (const run of runs) {
        document.body.append(run.table);
        run.box.innerHTML = w.html(0);
        const expando = run.box as unknown as Record<string, unknown>;
        for (const k of Object.keys(expando)) delete expando[k];
        const step = run.way.make(run.box, w);
        step(0);
        for (let n = 1; n <= (many + 1) * w.times; n++) (text(w, "html", n), text(w, "sx", n));
        const at = performance.now();
        for (let n = 1; n <= many; n++) step(n);
        const us = ((performance.now() - at) * 1000) / many;
        run.best = Math.min(run.best, us);
        const last = w.html(many + w.times - 1);
        if (run.box.innerHTML != last)
          throw new Error(`${run.way.name} left another DOM after ${w.name}: ${run.box.innerHTML.slice(0, 200)}`);
        run.table.remove();
        await new Promise(done => setTimeout(done));
      }
    for (const run of runs)
      out.push({ work: w.name, way: run.way.name, us: run.best, ratio: run.best / runs[0]!.best });
  }
  return out;
}

Object.assign(window, { bench });
