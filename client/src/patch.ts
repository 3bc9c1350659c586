// Where a payload goes: the modes of a frame, and the slots that frames fill.

import { Name } from "./names.gen";
import { type Owned, V, inside, make, pending, version } from "./dom";
import { begin, finish, kids } from "./morph";
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
  for (const s of [...document.querySelectorAll(`[${Name.AttrSuspense}]`)].reverse()) slots.set(s.getAttribute(Name.AttrSuspense)!, s);
  return slots.get(id);
}

type Keyed = Node & { $key?: string };

/**
 * Applies a payload, which `read` gives for the element that it will stand in. All of it is read before the first change:
 * a payload that fails leaves the page as it was. since: of an answer, what streams had brought when it was asked for.
 */
export function apply(at: Element, mode: Mode, read: (of: Element) => V[], key?: string, since?: number) {
  begin(since);
  const parent = at.parentNode;
  const end = /pend$/.test(mode);
  const keyed = key != undefined;
  const within = end || mode == "inner" || mode == "morph" || (mode == "remove" && keyed);
  const next = mode == "remove" ? [] : read(within || !(parent instanceof Element) ? at : parent);
  // The dedup key of a frame stays on the node, since the markup need not carry it.
  if (keyed) for (const v of next) if (v._tag) (make(v) as Keyed).$key = key;
  // What is known of slots is the result of their own frames.
  if (!within || end || !at.hasAttribute(Name.AttrSuspense)) forget();
  const p = within ? inside(at) : parent;
  if (!p) return;
  let v = within ? version(at) : (p as Owned).$v;
  let i = 0;
  let count = 0;
  if (end || (within && mode == "remove")) {
    i = v!._kids.findIndex(k => keyed && (k._key == key || (k._node as Keyed)?.$key == key));
    if (i >= 0) count = 1;
    else if (mode == "remove") return;
    else i = mode == "append" ? v!._kids.length : 0;
  }
  if (within && !count && (!end || pending(at))) {
    i = 0;
    count = v!._kids.length;
  } else if (!within) {
    i = v ? v._kids.findIndex(k => k._node == at) : -1;
    // Of a parent that is not ours, or does not know the element, a version of that child alone serves.
    if (i < 0) {
      v = new V("?", "", [], [version(at)], "", p);
      i = 0;
    }
    if (mode == "after") i++;
    else if (mode != "before") count = 1;
  }
  const list = v!._kids;
  const old = list.slice(i, i + count);
  const before = count ? list[i + count - 1]!._node!.nextSibling : mode == "after" ? at.nextSibling : list[i]?._node;
  const now = kids(p, mode == "replace" ? [] : old, next, before?.parentNode == p ? before : null);
  // All children, none of which is new: the version's list stays the one that is known.
  if (now != old) list.splice(i, count, ...now);
  if (mode == "replace") at.remove();
  finish();
}
