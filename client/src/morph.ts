// Three-way patching. o is the last server version, n the new one, o._node the live DOM.
//
//   patch(o, n):   write to the live node only where n differs from o; o takes n's place in the version
//   kids(p, o, n): match the children (key, then equality, then likeness, then order), keep the longest
//                  run that stands in order, move the others, insert what is new, drop what is gone
//   finish():      elements that went at one place and came at another, by key, move there; then removal
//
// So whatever the server did not change stays as the person left it, and nothing kept is inserted again.
// A field that was edited since the last server value keeps the edit; only its default changes.

import { behind } from "./cursor";
import { attr, inside, make, type Owned, pending, put, V, write } from "./dom";

const same = (o: V, n: V) => o._tag == n._tag && o._key == n._key && o._ns == n._ns;

const sameAttrs = ({ _attrs: a }: V, { _attrs: b }: V) =>
  a.length == b.length && a.every((x, i) => x[1] === b[i]![1] && x[0] === b[i]![0]);

const equalKids = ({ _kids: a }: V, { _kids: b }: V) => a.length == b.length && a.every((o, i) => equal(o, b[i]!));

const equal = (o: V, n: V): boolean => same(o, n) && o._text === n._text && sameAttrs(o, n) && equalKids(o, n);

/** Describes a version ever more loosely: all of it, its start tag, its name. A key is exact. */
function likeness(v: V, level: number): string {
  const { _tag: tag, _key: key } = v;
  if (key != undefined) return tag + "#" + key;
  if (level > 1 || (level && (!tag || tag == "!"))) return tag;
  return tag + " " + v._text + v._attrs.join("\0") + (level ? "" : ">" + v._kids.map(k => likeness(k, 0)).join("\0"));
}

/** Counts the changes that were more than another text. */
export let shape = 0;

// What one patch has inserted and dropped; both empty between patches.
let made: [V[], number, Node][] = [];
let gone: V[] = [];
let back: (() => void) | undefined;

/** Puts a node of the page elsewhere without resetting it where the browser can do that. */
function move(p: Node, d: Node, ref: Node | null) {
  back ||= hold();
  const to = p as Node & { moveBefore?(d: Node, ref: Node | null): void };
  to.moveBefore && p.isConnected && d.isConnected ? to.moveBefore(d, ref) : p.insertBefore(d, ref);
}

/** Notes focus and selection; gives what restores them. */
function hold() {
  const f = document.activeElement as HTMLInputElement;
  const { selectionStart: start, selectionEnd: end } = f;
  const s = getSelection()!;
  const { anchorNode: a, anchorOffset: i, focusNode: b, focusOffset: j } = s;
  return () => {
    if (f != document.activeElement && f.isConnected) {
      f.focus({ preventScroll: true });
      // The page's selection stands outside of a field that has its own.
      if (start != null) return f.setSelectionRange(start, end);
    }
    // A place that is no more is none to go back to.
    if ((a != s.anchorNode || i != s.anchorOffset) && a?.isConnected && b?.isConnected)
      try {
        s.setBaseAndExtent(a, i, b, j);
      } catch {}
  };
}

/**
 * Makes the children of p that were `oc` become `nc`, which may be a part of all children: then `end` is the
 * node after them. Gives the version to remember.
 */
export function kids(p: Node, oc: V[], nc: V[], end: Node | null = null): V[] {
  const m = nc.length;
  if (m == oc.length && oc.every((o, i) => same(o, nc[i]!))) {
    oc.forEach((o, i) => patch(o, nc[i]!));
    return oc;
  }
  shape++;
  // from[b]: index in oc of what nc[b] becomes, or nothing
  const from: (number | undefined)[] = [];
  const free = new Set(oc.keys());
  for (let level = 0; level < 3; level++) {
    const index = new Map<string, number[]>();
    for (const a of [...free].reverse()) {
      const s = likeness(oc[a]!, level);
      const q = index.get(s);
      q ? q.push(a) : index.set(s, [a]);
    }
    for (let b = 0; b < m && free.size; b++)
      if (from[b] == undefined) {
        const a = (from[b] = index.get(likeness(nc[b]!, level))?.pop());
        free.delete(a!);
      }
  }
  for (const a of free) gone.push(oc[a]!);

  const stay = rising(from, m);
  for (let b = m; b--; ) {
    const n = nc[b]!;
    const o = oc[from[b]!];
    if (!o) {
      p.insertBefore(make(n), end);
      made.push([nc, b, p]);
    } else {
      nc[b] = o;
      const d = o._node!;
      if (d.parentNode != p) {
        // Taken away by someone else; only a change brings it back.
        if (equal(o, n)) continue;
        p.insertBefore(d, end);
      } else if (!stay.has(b)) move(p, d, end);
      patch(o, n);
    }
    end = nc[b]!._node!;
  }
  return nc;
}

/** Positions in from of a longest rising run, patience sorting. */
function rising(from: (number | undefined)[], m: number): Set<number> {
  const tails: number[] = [];
  const prev: (number | undefined)[] = [];
  for (let b = 0; b < m; b++) {
    if (from[b] == undefined) continue;
    let lo = 0;
    for (let hi = tails.length; lo < hi; ) {
      const mid = (lo + hi) >> 1;
      if (from[tails[mid]!]! < from[b]!) lo = mid + 1;
      else hi = mid;
    }
    prev[b] = tails[lo - 1];
    tails[lo] = b;
  }
  const stay = new Set<number>();
  for (let b = tails.at(-1); b != undefined; b = prev[b]) stay.add(b);
  return stay;
}

/** Completes a patch: moves by key across parents, removes what is gone, gives the focus back. */
export function finish() {
  const keyed = new Map<string, V>();
  const collect = (v: V) => {
    if (v._key != undefined) keyed.set(likeness(v, 0), v);
    v._kids.forEach(collect);
  };
  if (made.length) gone.forEach(collect);
  const kept = new Set<V>();
  const claim = (list: V[], b: number, p: Node) => {
    const n = list[b]!;
    const o = n._key != undefined && keyed.get(likeness(n, 0));
    if (o) {
      keyed.delete(likeness(n, 0));
      kept.add(o);
      move(p, o._node!, n._node!);
      (n._node as ChildNode).remove();
      list[b] = o;
      patch(o, n);
    } else n._kids.forEach((_, i) => claim(n._kids, i, inside(n._node!)));
  };
  // Claiming patches, which may insert and drop more.
  if (keyed.size) for (const x of made) claim(...x);
  for (const o of gone) if (!kept.has(o)) (o._node as ChildNode).remove();
  back?.();
  made = [];
  gone = [];
  back = around = undefined;
}

/** The region around what is being patched: is its source the same, and its cursor. */
let around: [boolean, string] | undefined;

/** What streams had brought when the answer was asked for that is being applied: what came since is newer. */
export let asked: number | undefined;
export const begin = (since?: number) => {
  asked = since;
};

export function patch(o: V, n: V) {
  const d = o._node!;
  if (!o._tag || o._tag == "!") {
    if (o._text !== n._text) write(d, (o._text = n._text));
    return;
  }
  if (n._hold || o._tag == "?") return;
  o._known = undefined;
  const e = d as HTMLElement & Owned;
  if (n._slot != undefined) {
    // What fills a slot is newer than its placeholder, and what a stream has brought it than a page from before.
    const waits = attr(n, "aria-busy") == "true";
    const older = around ? around[1] ? behind(around[1], e.$upto) : around[0] && e.$seen : e.$seen! > asked!;
    if (n._slot == o._slot && (waits ? !pending(e) : older)) return;
    if (around && !waits) e.$upto = around[1];
  }
  const outer = around;
  if (n._live != undefined) {
    around = [n._live == o._live, n._cursor || ""];
    e.$came = true;
  }
  const settle = /^(input|textarea|select)$/.test(o._tag) && field(e as HTMLInputElement);
  if (!sameAttrs(o, n)) attrs(e, o, n);
  if (!skipKids(e, o, n)) o._kids = kids(inside(e), o._kids, n._kids);
  o._loose = false;
  settle && settle();
  around = outer;
}

const skipKids = (e: HTMLElement, o: V, n: V) =>
  (o._loose && !n._kids.length) || (n._edit && o._edit && !equalKids(o, n) && !shows(e, o));

/** Does the live element still have the text and the elements of a version? */
const shows = (d: Node, v: V): boolean =>
  d.childNodes.length == v._kids.length &&
  v._kids.every((k, i) => {
    const c = d.childNodes[i]!;
    return k._tag ? (c as Element).localName == k._tag && shows(c, k) : c.nodeValue == k._text;
  });

/** Tells before a patch whether the person has changed a field; settles it after the patch. */
function field(f: HTMLInputElement): () => void {
  if (f.localName == "select") return choice(f as unknown as HTMLSelectElement);
  const { selectionStart, selectionEnd, checked, value, defaultValue } = f;
  const clicked = checked != f.defaultChecked;
  return () => {
    if (!clicked && f.checked != f.defaultChecked) f.checked = f.defaultChecked;
    const next = f.defaultValue;
    if (value != defaultValue || next == defaultValue || f.type == "file") return;
    if (f.value != next) f.value = next;
    // The caret stays where it is.
    if (f == document.activeElement && selectionStart != null) f.setSelectionRange(selectionStart, selectionEnd);
  };
}

/** The same for a select: what a clone has chosen is what the markup says. */
function choice(s: HTMLSelectElement): () => void {
  const usual = () => [...(s.cloneNode(true) as HTMLSelectElement).options].map(x => x.selected);
  const before = usual();
  const list = [...s.options];
  const edited = list.some((x, i) => x.selected != before[i]);
  const values = new Set(list.filter(x => x.selected).map(x => x.value));
  return () => {
    const all = [...s.options];
    const want = edited ? all.map(x => values.has(x.value)) : usual();
    if (want.includes(true)) all.forEach((x, i) => x.selected != want[i] && (x.selected = want[i]!));
  };
}

function attrs(e: HTMLElement, o: V, n: V) {
  shape++;
  for (const [name, now] of n._attrs) {
    const was = attr(o, name);
    if (was !== now) change(e, name, was, now);
  }
  if (!o._loose) for (const [name, was] of o._attrs) if (attr(n, name) == undefined) change(e, name, was, undefined);
  o._attrs = n._attrs;
  o._edit = n._edit;
  o._slot = n._slot;
  o._live = n._live;
}

const words = (s = ""): string[] => s.match(/\S+/g) || [];
const style = (s = "") => {
  const d = document.createElement("i").style;
  d.cssText = s;
  return d;
};

/** Would another default take away what the person is about to enter, or has chosen in a group? */
const held = (f: HTMLInputElement, name: string) =>
  name == "value"
    ? f.validity?.badInput || f.matches("[type=range]:active")
    : name == "checked" &&
      f.type == "radio" &&
      [...document.querySelectorAll<HTMLInputElement>("[type=radio]:checked")].some(
        x => x != f && x.type == f.type && x.name == f.name && x.form == f.form && !x.defaultChecked,
      );

function change(e: HTMLElement, name: string, was?: string, now?: string) {
  if (name.startsWith("on") || name == "srcdoc" || held(e as HTMLInputElement, name)) return;
  if (name == "class" && e.getAttribute(name) !== (was ?? null)) {
    // Classes that someone else has added stay.
    const old = words(was);
    const next = words(now);
    e.classList.remove(...old.filter(x => !next.includes(x)));
    e.classList.add(...next.filter(x => !old.includes(x)));
  } else if (name == "style") {
    // Declaration by declaration, for the size a textarea was pulled to and the like.
    const old = style(was);
    const next = style(now);
    const of = (d: CSSStyleDeclaration, p: string) => [d.getPropertyValue(p), d.getPropertyPriority(p)] as const;
    for (const p of [...old, ...next]) if (of(old, p).join() != of(next, p).join()) e.style.setProperty(p, ...of(next, p));
    if (!e.style.length) e.removeAttribute(name);
  } else if (now == undefined) name == "open" && e.localName == "dialog" ? (e as HTMLDialogElement).close() : e.removeAttribute(name);
  else put(e, name, now);
}
