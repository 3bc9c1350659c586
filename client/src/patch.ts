// Where a payload goes: the modes of a frame, and the slots that frames fill.

import { Name } from "./names.gen";
import { type Owned, V, inside, make, version } from "./dom";
import { finish, kids } from "./morph";
import { forget } from "./quick";

/** What to do with a payload; "inner" is the default. */
export type Mode = "inner" | "outer" | "append" | "prepend" | "before" | "after" | "replace" | "remove" | "morph";

const slots = new Map<string, Element>();

/** The slot of that id, found by comparing attribute values: an id may hold anything. */
export function slot(id: string): Element | undefined {
  const e = slots.get(id);
  if (e && e.isConnected && e.getAttribute(Name.AttrSuspense) == id) return e;
  // One walk finds all that are there, since others are likely to be asked for next.
  slots.clear();
  for (const s of document.querySelectorAll(`[${Name.AttrSuspense}]`)) {
    const name = s.getAttribute(Name.AttrSuspense)!;
    slots.has(name) || slots.set(name, s);
  }
  return slots.get(id);
}

/** Is the slot still showing its fallback? */
export const pending = (e: Element) => e.getAttribute("aria-busy") == "true";

const keyOf = (v: V, key: string) => v._key == key || (v._node as { _key?: string } | undefined)?._key == key;

/**
 * Applies a payload, which `read` gives for the element that it will stand in. All of it is read before the first change:
 * a payload that fails leaves the page as it was.
 */
export function apply(at: Element, mode: Mode, read: (of: Element) => V[], key?: string) {
  const parent = at.parentNode;
  const how = mode == "morph" ? "inner" : mode;
  const next =
    how == "remove" ? [] : read(how != "inner" && !/pend$/.test(how) && parent instanceof Element ? parent : at);
  if (key != undefined) for (const v of next) if (v._tag) mark(v, key);
  // What is known of slots is the result of their own frames.
  if (how != "inner" || !at.hasAttribute(Name.AttrSuspense)) forget();
  if (how == "inner" || ((how == "append" || how == "prepend") && pending(at))) {
    const v = version(at);
    v._kids = kids(inside(at), v._kids, next);
  } else if (/pend$/.test(how) || (how == "remove" && key != undefined)) {
    const v = version(at);
    const p = inside(at);
    const old = key == undefined ? -1 : v._kids.findIndex(k => keyOf(k, key));
    if (old >= 0) splice(v, p, old, 1, next, v._kids[old]!._node!.nextSibling);
    else if (how == "append") splice(v, p, v._kids.length, 0, next, null);
    else if (next.length) splice(v, p, 0, 0, next, p.firstChild);
  } else if (parent) {
    let v = (parent as Owned)._v;
    let i = v ? v._kids.findIndex(k => k._node == at) : -1;
    // Of a parent that is not ours, or does not know the element, a version of that child alone serves.
    if (i < 0) {
      v = new V("?", "", [], [version(at)], "", parent);
      i = 0;
    }
    if (how == "replace") {
      for (const n of next) parent.insertBefore(make(n), at);
      at.remove();
      v!._kids.splice(i, 1, ...next);
    } else if (how == "before") splice(v!, parent, i, 0, next, at);
    else splice(v!, parent, how == "after" ? i + 1 : i, how == "after" ? 0 : 1, next, at.nextSibling);
  }
  finish();
}

/** Replaces a part of an element's version, and of its children, which end before `end`. */
function splice(v: V, p: Node, i: number, count: number, next: V[], end: Node | null) {
  v._kids.splice(i, count, ...kids(p, v._kids.slice(i, i + count), next, end));
}

// The dedup key of a frame stays on the node, since the markup need not carry it.
function mark(v: V, key: string) {
  (make(v) as { _key?: string } & Node)._key = key;
}
