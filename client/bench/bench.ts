// The update benchmark: the same change made by direct DOM writes, by this client, and by peers. Each way
// gets its payload as text (Preact: as a tree, made within the measured time), already taken out of the event
// that carried it, and must leave the same DOM. An update concerns one slot; some works have a thousand.

import morphdom from "morphdom";
import { Idiomorph } from "idiomorph/dist/idiomorph.esm.js";
import { h, render } from "preact";
import "../src/whole";
import { loadDefs } from "../src/eval";
import { enqueue, flush, resolve } from "../src/frame";
import { lang } from "../src/lang";
import { use } from "../src/language";
import { fire } from "../src/report";

use({ ...lang, whole: true });
loadDefs(`(defcomp ~badge (&key value) (span :class "badge badge-ok" :id "cpu" value))
(defcomp ~row (&key i v) (tr :id (str "r" i) (td i) (td "item " i) (td :class "num" v)))
(defcomp ~cells (&key i v) (<> (td i) (td "item " i) (td :class "num" v)))`);

type Row = [number, number];
const rowHTML = ([i, v]: Row) => `<tr id="r${i}"><td>${i}</td><td>item ${i}</td><td class="num">${v}</td></tr>`;
const rowSX = ([i, v]: Row) => `(~row :i ${i} :v ${v})`;
const rowVNode = ([i, v]: Row) =>
  h("tr", { key: i, id: "r" + i }, h("td", null, i), h("td", null, "item " + i), h("td", { class: "num" }, v));

interface Work {
  name: string;
  /** Slots, and elements around each. */
  slots: number;
  tag: string;
  /** The slots that turn n changes, in order. */
  which(n: number): number[];
  /** Content of slot k at turn n. */
  html(n: number, k: number): string;
  sx(n: number, k: number): string;
  vnode(n: number, k: number): unknown;
  direct(box: Element, n: number, k: number): void;
  /** All updates of a turn come before one animation frame. */
  burst?: boolean;
  /** Turns in a round, and how many are measured together: the clock has steps of 5 µs. */
  turns: number;
  per: number;
}

const base: Row[] = Array.from({ length: 1000 }, (_, i) => [i, i * 7]);
const tenth = (n: number): Row[] => base.map(([i, v]) => [i, i % 10 == 3 ? v + n : v]);
const moved = (n: number): Row[] => {
  const a = base.slice();
  if (n % 2) for (let k = 0; k < 10; k++) a.splice(k * 90 + 7, 0, a.splice(990 - k * 95, 1)[0]!);
  return a;
};
const grown = (n: number): Row[] => (n % 2 ? [...base, [1000, 1]] : base);

const one = [0];
const all = Array.from({ length: 1000 }, (_, k) => k);
const some = all.filter(k => k % 10 == 3);

const rows = (name: string, at: (n: number) => Row[], direct: Work["direct"]): Work => ({
  name,
  slots: 1,
  tag: "tbody",
  which: () => one,
  html: n => at(n).map(rowHTML).join(""),
  sx: n => `(<> ${at(n).map(rowSX).join(" ")})`,
  vnode: n => at(n).map(rowVNode),
  direct,
  turns: 6,
  per: 2,
});

const badge: Work = {
  name: "badge",
  slots: 1,
  tag: "div",
  which: () => one,
  html: n => `<span class="badge badge-ok" id="cpu">${n}%</span>`,
  sx: n => `(~badge :value "${n}%")`,
  vnode: n => h("span", { class: "badge badge-ok", id: "cpu" }, n + "%"),
  direct: (box, n) => void (box.firstChild!.firstChild!.nodeValue = n + "%"),
  turns: 6000,
  per: 1000,
};

// A row is a slot whose frame brings its cells.
const cells: Work = {
  name: "10 % of 1000 rows",
  slots: 1000,
  tag: "tr",
  which: () => some,
  html: (n, k) => `<td>${k}</td><td>item ${k}</td><td class="num">${k * 7 + n}</td>`,
  sx: (n, k) => `(~cells :i ${k} :v ${k * 7 + n})`,
  vnode: (n, k) => [h("td", null, k), h("td", null, "item " + k), h("td", { class: "num" }, k * 7 + n)],
  direct: (box, n, k) => void (box.lastChild!.firstChild!.nodeValue = String(k * 7 + n)),
  turns: 100,
  per: 10,
};

const works: Work[] = [
  badge,
  cells,
  { ...cells, name: "burst of 1000", which: () => all, burst: true, turns: 8, per: 1 },
  { ...badge, name: "burst into one", which: () => all.map(() => 0), burst: true, turns: 8, per: 1 },
  rows("10 % in one frame", tenth, (box, n) => {
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
];

/** Makes the updater of a work: it gets turn, slot, and the HTML and wire text for it. */
interface Way {
  name: string;
  make(boxes: Element[], w: Work): (n: number, k: number, html: string, sx: string) => void;
  /** After all updates of a turn. */
  done?(): void;
}

const parsed = (box: Element, html: string) => {
  const next = box.cloneNode(false) as Element;
  next.innerHTML = html;
  return next;
};

const frames = (kind: "sx" | "html"): Way => ({
  name: "frames, " + kind,
  make(boxes, w) {
    boxes.forEach((b, k) => b.setAttribute("data-suspense", w.name + kind + k));
    const ids = boxes.map((_, k) => w.name + kind + k);
    const give = w.burst ? enqueue : resolve;
    return kind == "sx"
      ? (n, k, html, sx) => give({ id: ids[k], sx })
      : (n, k, html) => give({ id: ids[k], html });
  },
  done: flush,
});

const ways: Way[] = [
  { name: "direct", make: (boxes, w) => (n, k) => w.direct(boxes[k]!, n, k) },
  frames("sx"),
  frames("html"),
  { name: "innerHTML", make: boxes => (n, k, html) => void (boxes[k]!.innerHTML = html) },
  { name: "morphdom", make: boxes => (n, k, html) => void morphdom(boxes[k]!, parsed(boxes[k]!, html)) },
  {
    name: "idiomorph",
    make: boxes => (n, k, html) => void Idiomorph.morph(boxes[k]!, html, { morphStyle: "innerHTML" }),
  },
  {
    name: "preact",
    make(boxes, w) {
      for (const b of boxes) b.textContent = "";
      boxes.forEach((b, k) => render(w.vnode(0, k) as never, b));
      return (n, k) => render(w.vnode(n, k) as never, boxes[k]!);
    },
  },
];

/** A string as it comes out of an event's data, in one piece. */
const wire = (s: string) => JSON.parse(JSON.stringify(s)) as string;

async function bench(rounds: number) {
  const out: { work: string; way: string; us: number; ratio: number }[] = [];
  for (const w of works) {
    const runs = ways.map(way => ({ way, best: Infinity }));
    // Payloads are made before they are measured. Some turns are for warming up.
    const warm = 2 * w.per;
    const total = w.turns + warm;
    const turns = Array.from({ length: total }, (_, n) =>
      w.which(n + 1).map(k => [k, wire(w.html(n + 1, k)), wire(w.sx(n + 1, k))] as const),
    );
    for (let r = 0; r < rounds; r++)
      for (const run of runs) {
        const root = document.createElement(w.tag == "tr" ? "tbody" : w.tag == "tbody" ? "table" : "section");
        const boxes = Array.from({ length: w.slots }, () => root.appendChild(document.createElement(w.tag)));
        boxes.forEach((b, k) => (b.innerHTML = w.html(0, k)));
        document.body.append(root);
        const step = run.way.make(boxes, w);
        let at = 0;
        turns.forEach((list, n) => {
          if (n % w.per == 0) at = performance.now();
          for (const [k, html, sx] of list) step(n + 1, k, html, sx);
          run.way.done?.();
          if (n >= warm && n % w.per == w.per - 1)
            run.best = Math.min(run.best, ((performance.now() - at) * 1000) / w.per);
        });
        boxes.forEach((b, k) => {
          const n = w.which(total).includes(k) ? total : 0;
          if (b.innerHTML != w.html(n, k))
            throw new Error(`${run.way.name} left another DOM after ${w.name}: ${b.innerHTML.slice(0, 200)}`);
        });
        root.remove();
        await new Promise(done => setTimeout(done));
      }
    for (const run of runs)
      out.push({ work: w.name, way: run.way.name, us: run.best, ratio: run.best / runs[0]!.best });
  }
  // The event that follows, once for all values that a slot got in an animation frame.
  const deep = document.body.appendChild(document.createElement("main")).appendChild(document.createElement("p"));
  let us = Infinity;
  for (let r = 0; r < rounds; r++) {
    const at = performance.now();
    for (let n = 0; n < 5000; n++) fire(deep, "resolve", { id: "x" });
    us = Math.min(us, (performance.now() - at) / 5);
  }
  out.push({ work: "sx:resolve", way: "one event", us, ratio: us / out[0]!.us });
  return out;
}

Object.assign(window, { bench });
