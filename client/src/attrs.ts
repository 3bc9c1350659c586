// sx-* attributes: which event of which element sends which request, and what becomes of the answer.
// Ordinary events are heard once, at the document; only sx-trigger puts listeners on elements.

import { Name } from "./names.gen";
import { report } from "./report";
import { host } from "./frame";
import { state } from "./state";
import { arrive, sameOrigin, take, travel, visit, type Swap } from "./visit";
import { send } from "./parts";

const VERBS = ["get", "post", "put", "patch", "delete"];

type Field = HTMLInputElement & { $body?: string };
const get = (e: Element, name: string) => e.getAttribute("sx-" + name);
/** An attribute that elements inherit from those around them. */
const inherited = (e: Element, name: string) => {
  const at = e.closest(`[sx-${name}]`);
  return at && get(at, name);
};
const ignored = (e: Element) => e.closest("[sx-ignore]");
const isForm = (e: Element) => e instanceof HTMLFormElement;
/** A field may have that name. */
const reset = (e: Element) => HTMLFormElement.prototype.reset.call(e);

/** The elements an attribute names: this, closest S, find S, next S, previous S, or a selector. */
function named(e: Element, s: string | null): Element[] {
  if (!s) return [];
  const [, how, rest] = /^(this|closest|find|next|previous)\b\s*(.*)$/.exec(s) || [];
  if (!how) return [...document.querySelectorAll(s)];
  let at: Element | null = e;
  if (how == "closest") at = e.closest(rest!);
  else if (how == "find") at = e.querySelector(rest!);
  else if (how != "this")
    do at = at[`${how as "next"}ElementSibling`];
    while (at && rest && !at.matches(rest));
  return at ? [at] : [];
}

const MODES: Record<string, Swap["_mode"]> = {
  innerhtml: "inner",
  outerhtml: "outer",
  beforeend: "append",
  afterbegin: "prepend",
  beforebegin: "before",
  afterend: "after",
  delete: "remove",
};

/** Name and value pairs that a request from e carries. */
function values(e: Element, submitter?: HTMLElement | null, body = true): FormData {
  const form = isForm(e) ? e : body ? (e as Field).form || e.closest("form") : null;
  const data = form ? new FormData(form, form == e ? submitter : null) : new FormData();
  const add = (f: Element) => {
    const { name, type, checked, files, selectedOptions } = f as Field & HTMLSelectElement;
    if (isForm(f)) for (const [k, v] of new FormData(f)) data.append(k, v);
    else if (!name) f.querySelectorAll("[name]").forEach(add);
    else if (files) for (const x of files) data.append(name, x);
    else if ((!/^(checkbox|radio)$/.test(type) || checked) && !f.matches(":disabled"))
      for (const x of selectedOptions || [f as Field]) data.append(name, x.value);
  };
  if ((e as Field).name && form != e && (!form || /^(button|submit)$/.test((e as Field).type))) add(e);
  const more = inherited(e, "include");
  if (more == "signals") data.append(more, JSON.stringify(state));
  else named(e, more).forEach(add);
  for (const [k, v] of Object.entries(JSON.parse(inherited(e, "vals") || "{}") as object))
    data.set(k, typeof v == "object" ? JSON.stringify(v) : v);
  return data;
}

/** Class of what could not be sent, until it is sent again. */
const ERROR = "sx-error";
const busy = new WeakMap<Element, AbortController>();

/** Sends a request from e; `native`: of a form that works without us too. */
async function ask(e: Element, verb: string, url: string, swap: Swap, submitter?: HTMLElement | null, native?: boolean) {
  const method = verb.toUpperCase();
  const reads = method == "GET";
  const before = busy.get(e);
  // What changes something is not sent twice; what only reads is asked anew.
  if ((before && !reads) || !agreed(submitter || e)) return;
  if (!sameOrigin(url)) return report("request", "app", "another origin: " + url, e);
  const data = values(e, submitter, !reads);
  before?.abort();
  const ctl = new AbortController();
  const { signal } = ctl;
  busy.set(e, ctl);
  const fields = [...data];
  const init: RequestInit = { method, signal, headers: { "Sx-Request": "1", Accept: "text/html, text/sx, text/event-stream" } };
  const to = new URL(url, location.href);
  const texts = fields.filter((f): f is [string, string] => typeof f[1] == "string");
  if (reads || method == "DELETE") {
    if (native) to.search = "";
    for (const [k, v] of texts) to.searchParams.append(k, v);
  } else
    init.body =
      texts.length < fields.length || (e as HTMLFormElement).enctype == "multipart/form-data" ? data : new URLSearchParams(texts);
  const { _target: target } = swap;
  swap = { ...swap, _since: host._seen };
  const marked = [e, ...named(e, inherited(e, "indicator"))];
  const off = (named(e, inherited(e, "disabled-elt")) as Field[]).filter(x => !x.disabled);
  const focus = document.activeElement as HTMLElement;
  const mark = (on: boolean) => {
    for (const x of marked) x.classList.toggle("sx-request", on);
    if (target) on ? target.setAttribute("aria-busy", "true") : target.removeAttribute("aria-busy");
    for (const x of off) x.disabled = on;
    // What is disabled loses the focus.
    if (!on && off.includes(focus as Field) && document.activeElement == document.body) focus.focus({ preventScroll: true });
  };
  const done = () => busy.get(e) == ctl && busy.delete(e) && mark(false);
  e.classList.remove(ERROR);
  mark(true);
  try {
    const r = await ((reads && !fields.length && preloaded(to.href)) || fetch(to, init));
    const { status } = r;
    const bad = status >= 400;
    if (bad && status != 422 && !native) throw new Error(`${method} ${to.pathname}: status ${status}`);
    done();
    // It was sent as it stands: what the answer shows is newer. Typed on meanwhile, it stays.
    if (isForm(e) && !bad && !reads && [...values(e, submitter)].join() == fields.join()) reset(e);
    if (bad) swap = { ...swap, _push: false, _visit: false };
    if (!(await take(r, swap))) return;
    if (status == 422)
      (target?.isConnected ? target : document).querySelector<HTMLElement>("[aria-invalid=true],.sx-invalid")?.focus();
    else if (swap._visit && swap._push && r.redirected) arrive();
  } catch (err) {
    if (signal.aborted) return;
    e.classList.add(ERROR);
    report("request", err instanceof TypeError ? "network" : "app", err, e.isConnected ? e : document, { url: to.href });
  } finally {
    done();
  }
}

/** Asks the person, where an attribute says so. */
const agreed = (e: Element) => {
  const question = inherited(e, "confirm");
  return !question || confirm(question);
};

/** The swap that e asks for; `visit`: of a link or form that shows another page. */
function swapOf(e: Element, target?: Element): Swap {
  const at = inherited(e, "target");
  const to = named(e, at)[0];
  // Whoever is asked to change something else must not change the element itself.
  if (at && !to && target) throw new Error("no target " + at);
  const [how = "", ...flags] = (inherited(e, "swap") || "").split(/\s+/);
  const push = inherited(e, "push-url");
  return {
    _target: to || target,
    _mode: MODES[how.toLowerCase()] || (how as Swap["_mode"]) || "inner",
    _select: inherited(e, "select"),
    _transition: flags.some(f => /^transition(:true)?$/.test(f)),
    // Links and forms show where they lead unless they say no.
    _push: push == "true" || (push != "false" && (push || !target)),
  };
}

/** Does what e asks for. */
async function act(e: Element, submitter?: HTMLElement | null, more?: () => Promise<unknown>) {
  try {
    if (more) return await more();
    if (e.hasAttribute(Name.AttrSend)) return speak(e, submitter);
    const verb = VERBS.find(v => get(e, v) != null);
    if (verb) await ask(e, verb, get(e, verb) || location.href, swapOf(e, e), submitter);
  } catch (err) {
    report("request", "app", err, e);
  }
}

/** Sends a form or a button's values over the socket around it. */
function speak(e: Element, submitter?: HTMLElement | null) {
  const args: Record<string, unknown> = {};
  for (const [k, v] of values(e, submitter)) if (typeof v == "string") args[k] = v;
  Object.assign(args, JSON.parse(inherited(e, "vals") || "{}"));
  const id = get(e, "optimistic");
  const line = id && (e.querySelector("template")?.content.firstElementChild?.cloneNode(true) as Element);
  for (const x of line ? line.querySelectorAll("[sx-text]") : []) x.textContent = String(args[get(x, "text")!] ?? "");
  // Refused: what was sent is given back to fields that are still as they were left.
  const back = () => {
    for (const k in args) {
      const x = isForm(e) && (e.elements.namedItem(k) as Field | null);
      if (x && x.value === "") x.value = String(args[k]);
    }
  };
  if (send(e, get(e, "send")!, args, line ? { id, html: line.outerHTML } : undefined, back) && isForm(e)) reset(e);
}

const BUTTON = "a,button,[type=button],[type=submit],[type=image],[type=reset]";
const usual = (e: Element) => (isForm(e) ? "submit" : e.matches("input,select,textarea") && !e.matches(BUTTON) ? "change" : "click");
const ASKS = [...VERBS, "send"].map(v => `[sx-${v}]`).join();

function hear(ev: Event) {
  const e = ev.target as Element;
  if (!e.closest || ignored(e)) return;
  const { type, submitter } = ev as SubmitEvent;
  const m = ev as MouseEvent;
  const click = type == "click";
  if (click && (m.button || m.metaKey || m.ctrlKey || m.shiftKey || m.altKey)) return;
  for (let at: Element | null = e; at; at = at.parentElement)
    if (at.matches(ASKS) && usual(at) == type && !at.hasAttribute("sx-trigger")) {
      if (isForm(at) || at.matches(BUTTON)) ev.preventDefault();
      return void act(at, submitter);
    }
  if (ev.defaultPrevented) return;
  const form = type == "submit" && (e as HTMLFormElement);
  const a = click && e.closest<HTMLAnchorElement>("a[href]");
  const of = (name: string) => submitter?.getAttribute("form" + name) ?? e.getAttribute(name) ?? "";
  const method = form && (of("method") || "get");
  const target = form ? of("target") : a && a.target;
  const url = form ? of("action") || location.href : a && a.href;
  if (!url || (target && target != "_self") || !sameOrigin(url)) return;
  const boost = inherited(a || e, "boost");
  // Every POST form of this origin, unless it says no; GET forms and links where it is asked for.
  if (boost == "false" || (method ? !/^(get|post)$/i.test(method) || (boost == null && /get/i.test(method)) : boost == null)) return;
  if (a && (a.hasAttribute("download") || (a.hash && url.split("#")[0] == location.href.split("#")[0]))) return;
  ev.preventDefault();
  void act(e, null, async () => {
    const swap = { ...swapOf(a || e), _visit: true };
    if (method) await ask(e, method, url, swap, submitter, true);
    else if (agreed(a as Element)) await visit(url, swap, undefined, preloaded(url));
  });
}

// Preloading: what the pointer or the focus is on.
const fetched = new Map<string, Promise<Response>>();

function preloaded(url: string) {
  const hit = fetched.get(url);
  fetched.delete(url);
  return hit;
}

function preload(ev: Event) {
  const e = (ev.target as Element).closest?.("[sx-preload]");
  const href = e && !ignored(e) && (get(e, "get") || (e as HTMLAnchorElement).href);
  if (!href || !sameOrigin(href)) return;
  const url = new URL(href, location.href).href;
  if (fetched.has(url)) return;
  const p = fetch(url, { headers: { "Sx-Request": "1", "Sx-Preload": "1", Accept: "text/html, text/sx" } });
  const forget = () => fetched.get(url) == p && fetched.delete(url);
  fetched.set(url, p);
  p.catch(forget);
  setTimeout(forget, 15_000);
}

const millis = (s = "") => (parseFloat(s) || 0) * (/[^m]s$/.test(s) ? 1000 : 1);

/** Heeds the sx-trigger of an element: "EVENT MODIFIER…, …". */
export function attend(x: Element) {
  const e = x as Field;
  const spec = get(e, "trigger")!;
  if (ignored(e) || e.$body == spec) return;
  e.$body = spec;
  const alive = () => e.isConnected && get(e, "trigger") == spec;
  for (const part of spec.split(",")) {
    let from = "";
    const [event = "", ...mods] = part
      .replace(/\sfrom:((?:(?:closest|find|next|previous)\s+)?\S+)/, (_, s: string) => ((from = s), ""))
      .trim()
      .split(/\s+/);
    const opt = (name: string) => mods.find(m => m.startsWith(name + ":"))?.slice(name.length + 1);
    const delay = millis(opt("delay"));
    const throttle = millis(opt("throttle"));
    const once = mods.includes("once");
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = -1e9;
    let { value } = e;
    let submitter: HTMLElement | null | undefined;
    const go = () => alive() && void act(e, submitter);
    const run = (ev?: Event) => {
      if (!alive() || ignored(e)) return;
      if (ev && (ev.type == "submit" || (ev.type == "click" && e.matches(BUTTON)))) ev.preventDefault();
      submitter = (ev as SubmitEvent | undefined)?.submitter;
      if (mods.includes("changed") && value == (value = e.value)) return;
      if (throttle && performance.now() < last + throttle) return;
      last = performance.now();
      clearTimeout(timer);
      delay ? (timer = setTimeout(go, delay)) : go();
    };
    if (event == "load") run();
    else if (event == "every") {
      const id = setInterval(() => (alive() ? document.hidden || run() : clearInterval(id)), millis(mods[0]));
    } else if (/^(revealed|intersect)$/.test(event)) {
      const seen = new IntersectionObserver(list => {
        if (!list.some(x => x.isIntersecting)) return;
        if (event == "revealed" || once) seen.disconnect();
        run();
      });
      seen.observe(e);
    } else
      for (const at of !from ? [e] : from == "document" ? [document] : /^(window|body)$/.test(from) ? [window] : named(e, from))
        at.addEventListener(event, run, { once });
  }
}

/** Starts listening. */
export function attrs() {
  for (const type of ["click", "submit", "change"]) document.addEventListener(type, hear);
  for (const type of ["pointerover", "focusin"]) document.addEventListener(type, preload);
  addEventListener("popstate", ({ state }) => travel(state?.sx));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stay = () => history.state?.sx != undefined && history.replaceState({ ...history.state, sx: scrollY }, "");
  addEventListener(
    "scroll",
    () => {
      clearTimeout(timer);
      timer = setTimeout(stay, 100);
    },
    { passive: true },
  );
}
