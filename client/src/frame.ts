// Frames: what a chunk, an event and a socket message have in common. Those from transports wait in one
// queue and are applied once per animation frame; where several fill one slot, the last one is enough.

import { Tree, parseHTML } from "./dom";
import { type Mode, apply, pending, slot } from "./patch";
import { shape } from "./morph";
import { learn, quick } from "./quick";
import { fire, report } from "./report";
import { type Patch, merge } from "./state";

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
  /** Of sx-reset: the regions that it concerns. */
  _els?: Iterable<Element>;
}

/** The language, when it is part of the bundle. */
export interface Language {
  /** Writes the markup of wire text. Throws before or in the middle of writing. */
  emit(sx: string, to: Tree): void;
  /** Takes component definitions. */
  defs(sx: string, hash?: string): void;
  /** Offsets of the literals whose value reaches the page as it is, and nothing else. */
  texts(sx: string): [number, number][];
}

/** What applying frames needs from the rest. */
export interface Host {
  lang?: Language;
  visit(url: string, replace?: boolean): void;
  /** Puts regions of a page in the place of those that have expired. */
  renew(els: Set<Element>, html: string): void;
}
export const host: Host = {
  visit(url, replace) {
    replace ? location.replace(url) : location.assign(url);
  },
  renew() {},
};

/** Slots whose next snapshot starts from nothing. */
const stale = new Set<Element>();

let queue: Frame[] = [];
let waiting = false;
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

const fills = (f: Frame) =>
  (f.event || "sx-resolve") == "sx-resolve" && f.id != undefined && (f.mode || "inner") == "inner" && !f.transition;

/** Applies what is queued, in order. */
export function flush() {
  waiting = false;
  if (held) return;
  const list = queue;
  queue = [];
  const last = new Map<string, number>();
  // A slot that is not there yet is about to be made by one of the others: then each counts.
  if (list.length > 1 && list.every(f => !fills(f) || slot(f.id!)))
    list.forEach((f, i) => fills(f) && last.set(f.id!, i));
  for (let i = 0; i < list.length; i++) {
    const f = list[i]!;
    if (f.transition && glide()) {
      // The browser calls back after it took its picture. What came later must not overtake.
      queue = list.slice(i);
      f.transition = false;
      held = true;
      document.startViewTransition!(() => {
        held = false;
        flush();
      });
      return;
    }
    if (!last.size || !fills(f) || last.get(f.id!) == i) now(f);
  }
}

/** May a change be shown as a transition now? */
export const glide = () =>
  "startViewTransition" in document && !document.hidden && !matchMedia("(prefers-reduced-motion:reduce)").matches;

/** Applies a frame at once, after what is queued; one with a transition when the browser is ready. */
export function resolve(f: Frame) {
  if (!queue.length && !f.transition && !held) return now(f);
  queue.push(f);
  flush();
}

function now(f: Frame) {
  try {
    const how = EFFECTS[f.event || "sx-resolve"];
    if (how) how(f);
    else report("frame", "app", "unknown frame " + f.event);
  } catch (e) {
    report("frame", "app", e, (f.id != undefined && slot(f.id)) || document, { frame: f });
  }
}

const EFFECTS: Record<string, ((f: Frame) => void) | undefined> = {
  "sx-resolve": fill,
  "sx-defs": f => language().defs(f.sx || "", f.hash),
  "sx-signals": f => merge(f.patch || {}, f.onlyIfMissing),
  "sx-event"(f) {
    for (const at of f.selector ? document.querySelectorAll(f.selector) : [document])
      at.dispatchEvent(new CustomEvent(f.name!, { bubbles: true, cancelable: true, detail: f.detail }));
  },
  "sx-navigate"(f) {
    const url = new URL(f.url!, location.href);
    if (url.origin != location.origin || !/^https?:/.test(url.protocol)) throw new Error("refused to visit " + f.url);
    host.visit(url.href, f.replace);
  },
  // What follows is a snapshot: slots that append without keys start from nothing. What came before it must be
  // applied before it.
  "sx-reset"(f) {
    for (const r of f._els!) for (const b of r.querySelectorAll("[data-suspense]")) stale.add(b);
  },
  "sx-error"(f) {
    const at = f.id == undefined ? undefined : slot(f.id);
    if (at) {
      at.classList.add("sx-error");
      at.setAttribute("data-sx-error", f.message || "");
      at.removeAttribute("aria-busy");
    }
    report("slot", "app", f.message || "error", at, { frame: f });
  },
};

/** The language; an error when the bundle has none. */
export function language(): Language {
  if (!host.lang) throw new Error("this bundle has no evaluator for sx");
  return host.lang;
}

function fill(f: Frame) {
  const { id, sx, key } = f;
  const text = sx ?? f.html ?? "";
  const read = (text: string, of: Element) => {
    if (sx == undefined) return parseHTML(text, of.namespaceURI, of.localName);
    const t = new Tree(of);
    language().emit(text, t);
    return t._top;
  };
  const found: Element[] = [];
  const at = id == undefined ? undefined : slot(id);
  if (at) found.push(at);
  else if (id != undefined) found.push(...[document.getElementById(id)!].filter(Boolean));
  else if (f.selector) found.push(...document.querySelectorAll(f.selector));
  if (!found.length) throw new Error("no slot " + (id ?? f.selector));
  for (const e of found) {
    let mode = f.mode || "inner";
    if (stale.delete(e) && /pend$/.test(mode) && key == undefined) mode = "inner";
    const whole = at && mode == "inner";
    if (!whole || !quick(at, text, sx != undefined)) {
      const was = shape;
      apply(e, mode, of => read(text, of), key);
      settle(e);
      if (whole && was == shape) learn(at, text, t => read(t, at), sx == undefined ? undefined : language().texts);
    }
    tell(e.isConnected ? e : document, f, !whole);
  }
}

const told = new Map<EventTarget, Frame>();

/** Events of slots that got a new value come once for all values of an animation frame, after the last. */
function tell(at: EventTarget, f: Frame, each: boolean) {
  if (each) return fire(at, "resolve", f);
  if (!told.size)
    queueMicrotask(() => {
      const all = [...told];
      told.clear();
      for (const [at, f] of all) fire(at, "resolve", f);
    });
  told.set(at, f);
}

/** A slot that got content is neither busy nor in error. */
function settle(at: Element) {
  if (pending(at)) at.removeAttribute("aria-busy");
  if (at.classList.contains("sx-error")) {
    at.classList.remove("sx-error");
    at.removeAttribute("data-sx-error");
  }
}
