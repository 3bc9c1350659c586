// sx-* attributes: which event of which element sends which request, and what becomes of the answer.
// Ordinary events are heard once, at the document; only sx-trigger puts listeners on elements.

import { Name } from "./names.gen";
import { report } from "./report";
import { state } from "./state";
import { arrive, take, visit, type Swap } from "./visit";
import { send } from "./parts";

const VERBS = ["get", "post", "put", "patch", "delete"];
const VERB = VERBS.map(v => `[sx-${v}]`).join();

type Field = HTMLInputElement & { $body?: string };
const get = (e: Element, name: string) => e.getAttribute("sx-" + name);
/** An attribute that elements inherit from those around them. */
const inherited = (e: Element, name: string) => {
  const at = e.closest(`[sx-${name}]`);
  return at && get(at, name);
};
const ignored = (e: Element) => e.closest("[sx-ignore]");
const sameOrigin = (url: string) => new URL(url, location.href).origin == location.origin;

/** The elements an attribute names: this, closest S, find S, next S, previous S, or a selector. */
function named(e: Element, s: string | null): Element[] {
  if (!s) return [];
  const [, how, rest] = /^(this|closest|find|next|previous)\b\s*(.*)$/.exec(s) || [];
  if (!how) return [...document.querySelectorAll(s)];
  const step = how == "next" ? "nextElementSibling" : "previousElementSibling";
  let at: Element | null = e;
  if (how == "closest") at = e.closest(rest!);
  else if (how == "find") at = e.querySelector(rest!);
  else if (how != "this")
    do at = at[step];
    while (at && rest && !at.matches(rest));
  return at ? [at] : [];
}

const MODES: Record<string, Swap["mode"]> = {
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
  const form = e instanceof HTMLFormElement ? e : body ? (e as Field).form || e.closest("form") : null;
  const data = form ? new FormData(form, form == e ? submitter : null) : new FormData();
  const add = (f: Element) => {
    if (f instanceof HTMLFormElement) for (const [k, v] of new FormData(f)) data.append(k, v);
    else if ((f as Field).name) {
      const { name, type, checked, value, files } = f as Field;
      if (files) for (const x of files) data.append(name, x);
      else if (!/^(checkbox|radio)$/.test(type) || checked) data.append(name, value);
    } else for (const x of f.querySelectorAll("[name]")) add(x);
  };
  if (!form || (e as Field).type == "button" || (e as Field).type == "submit")
    if ((e as Field).name && form != e) add(e);
  const more = inherited(e, "include");
  if (more == "signals") data.append("signals", JSON.stringify(state));
  else for (const x of named(e, more)) add(x);
  const vals = inherited(e, "vals");
  if (vals)
    for (const [k, v] of Object.entries(JSON.parse(vals) as object))
      data.set(k, typeof v == "object" ? JSON.stringify(v) : String(v));
  return data;
}

const busy = new WeakMap<Element, AbortController>();

interface Ask {
  method: string;
  url: string;
  submitter?: HTMLElement | null;
  swap: Swap;
  /** Of a form that works without us too. */
  native?: boolean;
}

async function ask(e: Element, { method, url, submitter, swap, native }: Ask) {
  const question = inherited(submitter || e, "confirm");
  if (question && !confirm(question)) return;
  if (!sameOrigin(url)) return report("request", "app", "another origin: " + url, e);
  const before = busy.get(e);
  // What changes something is not sent twice; what only reads is asked anew.
  if (before && method != "GET") return;
  before?.abort();
  const ctl = new AbortController();
  busy.set(e, ctl);
  const data = values(e, submitter, method != "GET");
  const fields = [...data] as [string, string][];
  const init: RequestInit & { headers: Record<string, string> } = {
    method,
    signal: ctl.signal,
    headers: { "Sx-Request": "1", Accept: "text/html, text/sx, text/event-stream" },
  };
  const to = new URL(url, location.href);
  const query = new URLSearchParams(fields.filter(f => typeof f[1] == "string"));
  if (method == "GET" || method == "DELETE") {
    if (native) to.search = "";
    for (const [k, v] of query) to.searchParams.append(k, v);
  } else if (fields.some(f => typeof f[1] != "string") || (e as HTMLFormElement).enctype == "multipart/form-data")
    init.body = data;
  else init.body = query;
  const marked = [e, ...named(e, inherited(e, "indicator"))];
  const off = named(e, inherited(e, "disabled-elt")) as Field[];
  for (const x of marked) x.classList.add("sx-request");
  if (swap.target) swap.target.setAttribute("aria-busy", "true");
  for (const x of off) x.disabled = true;
  const done = () => {
    if (busy.get(e) != ctl) return;
    busy.delete(e);
    for (const x of marked) x.classList.remove("sx-request");
    if (swap.target) swap.target.removeAttribute("aria-busy");
    for (const x of off) x.disabled = false;
  };
  try {
    const r = await ((method == "GET" && !fields.length && preloaded(to.href)) || fetch(to, init));
    const { status } = r;
    const invalid = status == 422;
    if (status >= 400 && !invalid && !native) throw new Error(`${method} ${to.pathname}: status ${status}`);
    if (e instanceof HTMLFormElement && status < 400 && method != "GET") {
      // It was sent as it stands: what the answer shows is newer. Typed on meanwhile, it stays.
      const now = [...values(e, submitter)] as [string, string][];
      if (now.join() == fields.join()) e.reset();
    }
    done();
    if (invalid || status >= 400) swap = { ...swap, push: false, visit: false };
    if (!(await take(r, swap))) return;
    if (invalid) {
      const root = swap.target?.isConnected ? swap.target : document.body;
      root.querySelector<HTMLElement>("[aria-invalid=true],.sx-invalid")?.focus();
    } else if (swap.visit && swap.push && r.redirected) arrive();
  } catch (err) {
    if (!ctl.signal.aborted)
      report("request", err instanceof TypeError ? "network" : "app", err, e.isConnected ? e : document, {
        url: to.href,
      });
  } finally {
    done();
  }
}

/** The swap that e asks for. */
function swapOf(e: Element, target?: Element): Swap {
  const [how = "", ...flags] = (inherited(e, "swap") || "").split(/\s+/);
  const push = inherited(e, "push-url");
  return {
    target: named(e, inherited(e, "target"))[0] || target,
    mode: MODES[how.toLowerCase()] || (how as Swap["mode"]) || "inner",
    select: inherited(e, "select"),
    transition: flags.some(f => /^transition(:true)?$/.test(f)),
    push: push == "true" || (push && push != "false" ? push : false),
  };
}

/** Does what e asks for. */
function act(e: Element, submitter?: HTMLElement | null) {
  for (const v of VERBS) {
    const url = get(e, v);
    if (url != null)
      return void ask(e, { method: v.toUpperCase(), url: url || location.href, submitter, swap: swapOf(e, e) });
  }
}

/** Sends a form or a button's values over the socket around it. */
function speak(e: Element, submitter?: HTMLElement | null) {
  const args: Record<string, unknown> = {};
  for (const [k, v] of values(e, submitter)) if (typeof v == "string") args[k] = v;
  const vals = inherited(e, "vals");
  if (vals) Object.assign(args, JSON.parse(vals));
  const slot = get(e, "optimistic");
  const line = slot && e.querySelector("template")?.content.firstElementChild?.cloneNode(true);
  for (const x of line ? (line as Element).querySelectorAll("[sx-text]") : [])
    x.textContent = String(args[x.getAttribute("sx-text")!] ?? "");
  const form = e instanceof HTMLFormElement && e;
  // Refused: what was sent is given back to fields that are still as they were left.
  const back = () => {
    for (const k in args) {
      const x = form && (form.elements.namedItem(k) as Field | null);
      if (x && x.value === "") x.value = String(args[k]);
    }
  };
  const first = line ? { id: slot!, html: (line as Element).outerHTML } : undefined;
  if (send(e, get(e, "send")!, args, first, back) && form) form.reset();
}

const usual = (e: Element) =>
  e.localName == "form" ? "submit" : /^(input|select|textarea)$/.test(e.localName) ? "change" : "click";

function hear(ev: Event) {
  let e = ev.target as Element | null;
  if (!e?.closest || ignored(e)) return;
  const { type } = ev;
  const submitter = (ev as SubmitEvent).submitter;
  const m = ev as MouseEvent;
  if (type == "click" && (m.button || m.metaKey || m.ctrlKey || m.shiftKey || m.altKey)) return;
  for (let at: Element | null = e; at; at = at.parentElement) {
    const speaks = at.hasAttribute(Name.AttrSend);
    if ((speaks || at.matches(VERB)) && usual(at) == type && !at.hasAttribute("sx-trigger")) {
      if (at.matches("a,form,button")) ev.preventDefault();
      return speaks ? speak(at, submitter) : act(at, submitter);
    }
  }
  if (ev.defaultPrevented) return;
  if (type == "submit") boostForm(e as HTMLFormElement, submitter, ev);
  else if (type == "click") {
    const a = e.closest<HTMLAnchorElement>("a[href]");
    if (!a || (a.target && a.target != "_self") || a.hasAttribute("download") || !boosted(a)) return;
    const url = new URL(a.href);
    if (url.origin != location.origin || (url.hash && url.href.split("#")[0] == location.href.split("#")[0])) return;
    ev.preventDefault();
    const question = inherited(a, "confirm");
    if (question && !confirm(question)) return;
    const swap = swapOf(a);
    void visit(
      a.href,
      { ...swap, push: inherited(a, "push-url") == "false" ? false : swap.push || true },
      0,
      preloaded(a.href),
    );
  }
}

const boosted = (e: Element) => {
  const v = inherited(e, "boost");
  return v != null && v != "false";
};

function boostForm(form: HTMLFormElement, submitter: HTMLElement | null, ev: Event) {
  const of = (name: string) => submitter?.getAttribute("form" + name) ?? form.getAttribute(name) ?? "";
  const method = (of("method") || "get").toUpperCase();
  const target = of("target");
  const url = of("action") || location.href;
  // Every POST form of this origin, unless it says no; GET forms where it is asked for.
  const yes = method == "POST" ? inherited(form, "boost") != "false" : method == "GET" && boosted(form);
  if (!yes || (target && target != "_self") || !sameOrigin(url)) return;
  ev.preventDefault();
  const swap = swapOf(form);
  if (inherited(form, "push-url") != "false") swap.push ||= true;
  void ask(form, { method, url, submitter, swap: { ...swap, visit: true }, native: true });
}

// Preloading: what the pointer or the focus is on.
const fetched = new Map<string, [number, Promise<Response>]>();

function preloaded(url: string): Promise<Response> | undefined {
  const hit = fetched.get(url);
  fetched.delete(url);
  if (hit && Date.now() - hit[0] < 15_000) return hit[1];
}

function preload(ev: Event) {
  const e = (ev.target as Element | null)?.closest?.("[sx-preload]");
  if (!e || ignored(e)) return;
  const href = get(e, "get") || (e as HTMLAnchorElement).href;
  if (!href || !sameOrigin(href)) return;
  const url = new URL(href, location.href).href;
  if (fetched.has(url) && Date.now() - fetched.get(url)![0] < 15_000) return;
  const p = fetch(url, { headers: { "Sx-Request": "1", "Sx-Preload": "1", Accept: "text/html, text/sx" } });
  p.catch(() => fetched.delete(url));
  fetched.set(url, [Date.now(), p]);
}

const millis = (s: string | undefined) => (s ? parseFloat(s) * (/[^m]s$/.test(s) ? 1000 : 1) : 0);

/** Puts the listeners of sx-trigger on e: "EVENT MODIFIER…, …". */
function listen(e: Field) {
  const spec = get(e, "trigger")!;
  if (e.$body == spec) return;
  e.$body = spec;
  for (const part of spec.split(",")) {
    const [event = "", ...mods] = part.trim().split(/\s+/);
    const opt = (name: string) => mods.find(m => m.startsWith(name + ":"))?.slice(name.length + 1);
    const delay = millis(opt("delay"));
    const throttle = millis(opt("throttle"));
    const once = mods.includes("once");
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    let value: string | undefined = e.value;
    const alive = () => e.isConnected && get(e, "trigger") == spec;
    const go = () => {
      if (!alive()) return;
      e.hasAttribute(Name.AttrSend) ? speak(e) : act(e);
    };
    const run = (ev?: Event) => {
      if (!alive() || ignored(e)) return;
      if (ev && (ev.type == "submit" || (ev.type == "click" && e.matches("a,button")))) ev.preventDefault();
      if (mods.includes("changed") && value == (value = e.value)) return;
      if (throttle) {
        const now = Date.now();
        if (now - last < throttle) return;
        last = now;
      }
      clearTimeout(timer);
      delay ? (timer = setTimeout(go, delay)) : go();
    };
    if (event == "load") run();
    else if (event == "every") {
      const id = setInterval(() => {
        if (!alive()) clearInterval(id);
        else if (!document.hidden) run();
      }, millis(mods[0]));
    } else if (event == "revealed" || event == "intersect") {
      const seen = new IntersectionObserver(list => {
        if (!list.some(x => x.isIntersecting)) return;
        if (event == "revealed" || once) seen.disconnect();
        run();
      });
      seen.observe(e);
    } else {
      const from = part.match(/from:(\S+)/)?.[1];
      const list: EventTarget[] =
        from == "document" ? [document] : from == "window" || from == "body" ? [window] : from ? named(e, from) : [e];
      for (const at of list) at.addEventListener(event, run, { once });
    }
  }
}

/** Heeds the sx-trigger of an element. */
export const attend = (e: Element) => void (ignored(e) || listen(e as Field));

/** Starts listening. */
export function attrs() {
  for (const type of ["click", "submit", "change"]) document.addEventListener(type, hear);
  for (const type of ["pointerover", "focusin"]) document.addEventListener(type, preload);
  addEventListener("popstate", ev => {
    const s = ev.state as { sx?: number } | null;
    if (s && s.sx != undefined) void visit(location.href, { push: false }, s.sx);
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  addEventListener(
    "scroll",
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (history.state && "sx" in history.state) history.replaceState({ ...history.state, sx: scrollY }, "");
      }, 100);
    },
    { passive: true },
  );
}
