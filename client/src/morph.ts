// Three-way patching. o is the last server version, n the new one, o._node the live DOM.
//
//   patch(o, n):   write to the live node only where n differs from o; o takes n's place in the version
//   kids(p, o, n): match the children (key, then equality, then likeness, then order), keep the longest
//                  run that stands in order, move the others, insert what is new, drop what is gone
//   finish():      elements that went at one place and came at another, by key, move there; then removal
//
// So whatever the server did not change stays as the person left it, and nothing kept is inserted again.
// A field that was edited since the last server value keeps the edit; only its default changes.

import { attr, inside, make, put, V } from "./dom";

const same = (o: V, n: V) => o._tag == n._tag && o._key == n._key && o._ns == n._ns;

function sameAttrs(o: V, n: V): boolean {
  const a = o._attrs;
  const b = n._attrs;
  if (a.length != b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i]![1] !== b[i]![1] || a[i]![0] !== b[i]![0]) return false;
  return true;
}

const equalKids = (a: V[], b: V[]) => a.length == b.length && a.every((o, i) => equal(o, b[i]!));

const equal = (o: V, n: V): boolean =>
  same(o, n) && o._text === n._text && sameAttrs(o, n) && equalKids(o._kids, n._kids);

/** Describes a version ever more loosely: all of it, its start tag, its name. A key is exact. */
function likeness(v: V, level: number): string {
  if (v._key != undefined) return v._tag + "#" + v._key;
  if (!v._tag || v._tag == "!") return level ? v._tag : v._tag + " " + v._text;
  if (level > 1) return v._tag;
  const s = v._tag + " " + v._attrs.join("\0");
  return level ? s : s + ">" + v._kids.map(k => likeness(k, 0)).join("\0");
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
    const there = (n: Node | null, k: number) => n?.isConnected && k <= (n.nodeValue ?? n.childNodes).length;
    if ((a != s.anchorNode || i != s.anchorOffset) && there(a, i) && there(b, j)) s.setBaseAndExtent(a!, i, b!, j);
  };
}

/**
 * Makes the children of p that were `oc` become `nc`, which may be a part of all children: then `end` is the
 * node after them. Gives the version to remember.
 */
export function kids(p: Node, oc: V[], nc: V[], end: Node | null = null): V[] {
  let i = 0;
  let l = oc.length;
  let m = nc.length;
  if (l == m) {
    while (i < m && same(oc[i]!, nc[i]!)) i++;
    if (i == m) {
      for (i = 0; i < m; i++) patch(oc[i]!, nc[i]!);
      return oc;
    }
    i = 0;
  }
  shape++;
  const match = (o: V, n: V) => {
    if (n._key == undefined ? !equal(o, n) : !same(o, n)) return false;
    patch(o, n);
    return true;
  };
  while (i < l && i < m && match(oc[i]!, nc[i]!)) nc[i] = oc[i++]!;
  while (i < l && i < m && match(oc[l - 1]!, nc[m - 1]!)) nc[--m] = oc[--l]!;

  // from[b]: index in oc of what nc[b] becomes, or -1
  const from: number[] = new Array(m).fill(-1);
  const free = new Set<number>();
  for (let a = i; a < l; a++) free.add(a);
  for (let level = 0; level < 3 && i < m && free.size; level++) {
    const index = new Map<string, number[]>();
    for (const a of [...free].reverse()) {
      const s = likeness(oc[a]!, level);
      const q = index.get(s);
      q ? q.push(a) : index.set(s, [a]);
    }
    for (let b = i; b < m; b++) {
      if (from[b]! >= 0) continue;
      const a = index.get(likeness(nc[b]!, level))?.pop();
      if (a != undefined) free.delete((from[b] = a));
    }
  }
  for (const a of free) gone.push(oc[a]!);

  const stay = rising(from, i, m);
  let ref = end;
  for (let b = m; b < nc.length; b++) {
    const d = nc[b]!._node!;
    if (d.parentNode == p) {
      ref = d;
      break;
    }
  }
  for (let b = m - 1; b >= i; b--) {
    const n = nc[b]!;
    const a = from[b]!;
    if (a < 0) {
      p.insertBefore(make(n), ref);
      made.push([nc, b, p]);
    } else {
      const o = (nc[b] = oc[a]!);
      if (o._node!.parentNode != p) {
        // Taken away by someone else; only a change brings it back.
        if (equal(o, n)) continue;
        p.insertBefore(o._node!, ref);
      } else if (!stay.has(b)) move(p, o._node!, ref);
      patch(o, n);
    }
    ref = nc[b]!._node!;
  }
  return nc;
}

/** Positions in from[i:m] of a longest rising run, patience sorting. */
function rising(from: number[], i: number, m: number): Set<number> {
  const tails: number[] = [];
  const prev: number[] = [];
  for (let b = i; b < m; b++) {
    if (from[b]! < 0) continue;
    let lo = 0;
    let hi = tails.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (from[tails[mid]!]! < from[b]!) lo = mid + 1;
      else hi = mid;
    }
    prev[b] = lo ? tails[lo - 1]! : -1;
    tails[lo] = b;
  }
  const stay = new Set<number>();
  for (let b = tails.length ? tails[tails.length - 1]! : -1; b >= 0; b = prev[b]!) stay.add(b);
  return stay;
}

/** Completes a patch: moves by key across parents, removes what is gone, gives the focus back. */
export function finish() {
  const keyed = new Map<string, V>();
  const collect = (v: V) => {
    if (v._key != undefined) keyed.set(v._tag + "#" + v._key, v);
    v._kids.forEach(collect);
  };
  if (made.length) gone.forEach(collect);
  const kept = new Set<V>();
  const claim = (list: V[], b: number, p: Node) => {
    const n = list[b]!;
    const name = n._tag + "#" + n._key;
    const o = n._key != undefined && keyed.get(name);
    if (o) {
      keyed.delete(name);
      kept.add(o);
      move(p, o._node!, n._node!);
      n._node!.parentNode!.removeChild(n._node!);
      list[b] = o;
      patch(o, n);
    } else for (let i = 0; i < n._kids.length; i++) claim(n._kids, i, inside(n._node!));
  };
  // Claiming patches, which may insert and drop more.
  if (keyed.size) for (let i = 0; i < made.length; i++) claim(...made[i]!);
  for (const o of gone) if (!kept.has(o)) (o._node as ChildNode).remove();
  back?.();
  made = [];
  gone = [];
  back = undefined;
}

const busy = (v: V) => attr(v, "aria-busy") == "true";

export function patch(o: V, n: V) {
  const d = o._node!;
  if (!o._tag || o._tag == "!") {
    if (o._text !== n._text) d.nodeValue = o._text = n._text;
    return;
  }
  if (n._hold || o._tag == "?") return;
  o._known = undefined;
  const e = d as HTMLElement;
  // The placeholder of a slot that was filled on its own: what fills it is newer.
  if (n._slot != undefined && n._slot == o._slot && busy(n) && e.getAttribute("aria-busy") != "true") return;
  const settle = FIELDS[o._tag]?.(e, o, n);
  if (!sameAttrs(o, n)) attrs(e, o, n);
  if (!skipKids(e, o, n)) o._kids = kids(inside(e), o._kids, n._kids);
  o._loose = false;
  settle?.();
}

function skipKids(e: HTMLElement, o: V, n: V): boolean {
  return (o._loose && !n._kids.length) || (n._edit && o._edit && !equalKids(o._kids, n._kids) && !shows(e, o));
}

/** Does the live element still have the text and the elements of a version? */
const shows = (d: Node, v: V): boolean =>
  d.childNodes.length == v._kids.length &&
  v._kids.every((k, i) => {
    const c = d.childNodes[i]!;
    return k._tag ? (c as Element).localName == k._tag && shows(c, k) : c.nodeValue == k._text;
  });

// Fields: told before the patch whether the person has changed them, and settled after it.
type Settle = (e: HTMLElement, o: V, n: V) => (() => void) | undefined;
const FIELDS: Record<string, Settle | undefined> = {
  textarea(e, o, n) {
    const t = e as HTMLTextAreaElement;
    const text = (v: V) => v._kids.map(k => k._text).join("");
    const next = text(n);
    if (text(o) == next || t.value != text(o)) return;
    return value(t, next);
  },
  select(e) {
    const s = e as HTMLSelectElement;
    const list = [...s.options];
    const usual = list.filter(x => x.defaultSelected);
    if (!s.multiple && s.size < 2) {
      usual.splice(0, usual.length - 1);
      if (!usual.length && list.length) usual.push(list.find(x => !x.disabled)!);
    }
    const picked = list.filter(x => x.selected);
    const edited = picked.length != usual.length || picked.some(x => !usual.includes(x));
    const values = new Set(picked.map(x => x.value));
    return () => {
      const all = [...s.options];
      if (edited && !all.some(x => values.has(x.value))) return;
      const want = (x: HTMLOptionElement) => (edited ? values.has(x.value) : x.defaultSelected);
      if (edited || all.some(want)) for (const x of all) if (x.selected != want(x)) x.selected = want(x);
    };
  },
};

/** To give an unedited field its next value; the caret stays where it is. */
function value(f: HTMLInputElement | HTMLTextAreaElement, next: string) {
  const { selectionStart, selectionEnd } = f;
  return () => {
    if (f.value != next) f.value = next;
    if (f == document.activeElement && selectionStart != null) f.setSelectionRange(selectionStart, selectionEnd);
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
}

const words = (s: string | undefined) => (s || "").split(/\s+/).filter(Boolean);
const scratch = document.createElement("i").style;

function change(e: HTMLElement, name: string, was: string | undefined, now: string | undefined) {
  if (name.startsWith("on") || name == "srcdoc") return;
  const set = () => (now == undefined ? e.removeAttribute(name) : put(e, name, now));
  const f = e as HTMLInputElement;
  const input = e.localName == "input";
  if (name == "class" && e.getAttribute(name) !== (was ?? null)) {
    // Classes that someone else has added stay.
    const old = words(was);
    const next = words(now);
    e.classList.remove(...old.filter(x => !next.includes(x)));
    e.classList.add(...next.filter(x => !old.includes(x)));
  } else if (name == "style") {
    // Declaration by declaration, for the size a textarea was pulled to and the like.
    const read = (s = "") => {
      scratch.cssText = s;
      return new Map(
        [...scratch].map(p => [p, [scratch.getPropertyValue(p), scratch.getPropertyPriority(p)] as const]),
      );
    };
    const old = read(was);
    const next = read(now);
    for (const p of old.keys()) if (!next.has(p)) e.style.removeProperty(p);
    for (const [p, [v, prio]] of next)
      if (old.get(p)?.[0] != v || old.get(p)![1] != prio) e.style.setProperty(p, v, prio);
    if (!e.style.length) e.removeAttribute(name);
  } else if (input && name == "value" && f.type != "file") {
    const settle = f.value == (was ?? "") && value(f, now ?? "");
    set();
    if (settle) settle();
  } else if (input && name == "checked") {
    const edited = f.checked != (was != undefined);
    set();
    if (!edited) f.checked = now != undefined;
  } else if (name == "open" && e.localName == "dialog" && now == undefined) (e as HTMLDialogElement).close();
  else set();
}
