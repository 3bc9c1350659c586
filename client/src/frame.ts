// Frames: what a chunk, an event and a socket message have in common. Those from transports wait in one
// queue and are applied once per animation frame; where several fill one slot, the last one is enough.

import { Name } from "./names.gen";
import { behind } from "./cursor";
import { loading, type Owned, parseHTML, pending } from "./dom";
import { type Mode, apply, slot } from "./patch";
import { shape } from "./morph";
import { learn, quick } from "./quick";
import { fire, report } from "./report";
import { type Patch, merge } from "./state";
import { defs, lacks, read as readSX, texts, whole } from "./language";

/** A frame as it is on the wire: the event's name and the fields of its data. */
export interface Frame {
  event?: string;
  id?: string;
  sx?: string;
  html?: string;
  mode?: Mode;
  selector?: string;
  key?: string;
  transition?: boolean;
  hash?: string;
  patch?: Patch;
  onlyIfMissing?: boolean;
  name?: string;
  detail?: unknown;
  url?: string;
  replace?: boolean;
  message?: string;
  src?: string;
  status?: number;
  reason?: string;
  delay?: number;
  /** The regions of its source, and its cursor. */
  _els?: Iterable<Element>;
  _at?: string;
  /** Its number among the values that streams have brought. */
  _seen?: number;
}

/** What applying frames needs from the part for requests, once it is there. */
export interface Host {
  visit(url: string, replace?: boolean): void;
  /** Fetches regions anew whose address has expired; of refused ones only looks where the page is now. */
  renew(els: Set<Element>, refused?: boolean): void;
  /** Heeds the sx-trigger of an element. */
  attend?(e: Element): void;
  /** How many values slots have got from streams. */
  _seen: number;
}
export const host = { _seen: 0 } as Host;

/** Slots whose next snapshot starts from nothing. */
const stale = new Set<Element>();

let queue: Frame[] = [];
let waiting = false;
/** Nothing is applied: the browser takes a picture, or a script is on its way. */
let held = false;

/** Applies a frame with the next animation frame. */
export function enqueue(f: Frame) {
  queue.push(f);
  if (waiting) return;
  waiting = true;
  // Hidden tabs, and windows behind others, get no animation frames.
  const timer = setTimeout(flush, document.hidden ? 0 : 100);
  requestAnimationFrame(() => {
    clearTimeout(timer);
    if (waiting) flush();
  });
}

export const fills = (f: Frame) =>
  (f.event || Name.EventResolve) == Name.EventResolve &&
  f.id != undefined &&
  (f.mode || "inner") == "inner" &&
  !f.transition;

/** Applies what is queued, in order. */
export function flush() {
  waiting = false;
  if (held) return;
  const list = queue;
  queue = [];
  // Of several values for one slot the last is enough. One that is not there yet is about to be made by
  // another frame: then each counts.
  const last = new Map<string, Frame>();
  for (const f of list) if (fills(f)) last.set(f.id!, f);
  const each = ![...last.keys()].every(slot);
  list.every((f, i) => {
    if (f.transition && glide()) {
      // The browser calls back after it took its picture. What came later must not overtake.
      f.transition = false;
      return !slide(hold(list.slice(i)));
    }
    return (!each && fills(f) && last.get(f.id!) != f) || now(f) || ALL || void whole().then(hold(list.slice(i)));
  });
}

/** Holds frames back; gives what applies them, and after them what came meanwhile. */
function hold(list: Frame[]) {
  queue = [...list, ...queue];
  held = true;
  return () => {
    held = false;
    flush();
  };
}

/** May a change be shown as a transition now? */
export const glide = () =>
  "startViewTransition" in document && !document.hidden && !matchMedia("(prefers-reduced-motion:reduce)").matches;

/** Changes the page in a transition, which another one may cut short; resolves when it is changed. */
export const slide = (run: () => void) => {
  const t = document.startViewTransition(run);
  t.ready.catch(() => {});
  return t.updateCallbackDone;
};

/** Applies a frame at once, after what is queued; one with a transition when the browser is ready. */
export function resolve(f: Frame) {
  if (!queue.length && !f.transition && !held && now(f)) return;
  queue.push(f);
  flush();
}

/** Applies f; false: it needs more of the language than there is, and nothing has changed. */
function now(f: Frame): boolean {
  try {
    const how = EFFECTS[f.event || Name.EventResolve];
    if (!how) throw new Error("unknown frame " + f.event);
    how(f);
  } catch (e) {
    if (lacks(e)) return false;
    report("frame", "app", e, (f.id != undefined && slot(f.id)) || document, { frame: f });
  }
  return true;
}

const EFFECTS: Record<string, ((f: Frame) => void) | undefined> = {
  [Name.EventResolve]: fill,
  [Name.EventDefs]: f => defs(f.sx || "", f.hash),
  [Name.EventSignals]: f => merge(f.patch || {}, f.onlyIfMissing),
  [Name.EventDispatch](f) {
    for (const at of f.selector ? document.querySelectorAll(f.selector) : [document])
      at.dispatchEvent(new CustomEvent(f.name!, { bubbles: true, cancelable: true, detail: f.detail }));
  },
  [Name.EventNavigate](f) {
    const url = new URL(f.url!, location.href);
    if (url.origin != location.origin || !/^https?:/.test(url.protocol)) throw new Error("refused to visit " + f.url);
    host.visit(url.href, f.replace);
  },
  // What follows is a snapshot: slots that append without keys start from nothing. What came before it must be
  // applied before it.
  [Name.EventReset](f) {
    for (const r of f._els!) for (const b of r.querySelectorAll(`[${Name.AttrSuspense}]`)) stale.add(b);
  },
  [Name.EventError](f) {
    const at = f.id == undefined ? undefined : slot(f.id);
    if (at) {
      at.classList.add("sx-error");
      at.setAttribute(ERROR, f.message || "");
      at.removeAttribute("aria-busy");
    }
    report("slot", "app", f.message || "error", at, { frame: f });
  },
};

/** Reads a payload as content of an element. */
export const read = (text: string, isSX: boolean, of: Element) =>
  isSX ? readSX(text, of) : parseHTML(text, of.namespaceURI, of.localName);

function fill(f: Frame) {
  const { id, sx, _at } = f;
  const isSX = sx != undefined;
  const text = sx ?? f.html ?? "";
  const at: Owned | undefined = id == undefined ? undefined : slot(id);
  // What comes again comes for the sake of another slot, and says that nothing is missing before it.
  if (at && behind(_at, at.$upto)) return void stale.delete(at);
  const named = at || (id != undefined && document.getElementById(id));
  const found = named ? [named] : f.selector ? document.querySelectorAll(f.selector) : [];
  if (!found.length) {
    // The region has gone while the frame waited, or is not all there yet: the slot will have it then.
    if (f._els && (loading || ![...f._els].some(e => e.isConnected))) return;
    throw new Error("no slot " + (id ?? f.selector));
  }
  for (const e of found) {
    let mode = f.mode || "inner";
    const inner = e == at && mode == "inner";
    if (stale.has(e) && /pend$/.test(mode) && f.key == undefined) mode = "inner";
    if (!inner || !quick(e, text, isSX)) {
      const was = shape;
      apply(e, mode, of => read(text, isSX, of), f.key);
      settle(e);
      if (inner && was == shape) learn(e, text, t => read(t, isSX, e), isSX ? texts : undefined);
    }
    stale.delete(e);
    inner ? tell(e, f) : fire(e.isConnected ? e : document, "resolve", f);
  }
  if (at && _at != undefined) {
    at.$upto = _at || at.$upto;
    at.$seen = ++host._seen;
  }
}

const told = new Map<EventTarget, Frame>();

/** Events of slots that got a new value come once for all values of an animation frame, after the last. */
function tell(at: EventTarget, f: Frame) {
  if (!told.size)
    queueMicrotask(() => {
      const all = [...told];
      told.clear();
      for (const [at, f] of all) fire(at, "resolve", f);
    });
  told.set(at, f);
}

const ERROR = "data-sx-error";

/** A slot that got content is neither busy nor in error. */
function settle(at: Element) {
  if (pending(at)) at.removeAttribute("aria-busy");
  if (!at.hasAttribute(ERROR)) return;
  at.removeAttribute(ERROR);
  at.classList.remove("sx-error");
}
