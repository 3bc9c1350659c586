// What a response does to the page: parts of it are patched in, whole documents take the page's place, with
// title, address, focus and scroll as after an ordinary navigation.

import { Name } from "./names.gen";
import { V, adopt, adoptKids, parseHTML, trust } from "./dom";
import { enqueue, flush, glide, read as markup, resolve } from "./frame";
import { whole } from "./language";
import { ours } from "./parts";
import { apply, type Mode, slot } from "./patch";
import { report } from "./report";
import { pump, reader } from "./sse";

export interface Swap {
  /** Whom the payload concerns; the body when absent. */
  target?: Element | null;
  mode?: Mode | "none";
  select?: string | null;
  transition?: boolean;
  /** Address to show; true: the one that answered. */
  push?: string | boolean;
  replace?: boolean;
  /** A visit: focus and scroll start anew. */
  visit?: boolean;
}

const isPage = /^\s*(<!doctype|<html)/i;

/** Applies a response. Resolves when the page shows it; false: the browser loads the address itself. */
export async function take(r: Response, swap: Swap): Promise<boolean> {
  const type = r.headers.get("content-type") || "";
  const elsewhere = r.headers.get("sx-location");
  if (elsewhere) return (location.assign(elsewhere), false);
  if (r.status == 204) return true;
  if (type.startsWith("text/event-stream")) {
    await pump(r.body!, reader(e => enqueue({ ...JSON.parse(e.data), event: e.type == "message" ? "" : e.type })));
    return true;
  }
  if (!/^(text\/(html|plain|sx)|application\/sx)\b/.test(type)) {
    if (!swap.visit) throw new Error("cannot show " + (type || "an answer without a type"));
    await save(r);
    return true;
  }
  const src = await r.text();
  let read: (of: Element) => V[];
  let title = "";
  if (/^(text|application)\/sx\b/.test(type)) {
    await whole();
    read = of => markup(src, true, of);
  } else if (type.startsWith("text/plain")) read = () => [new V("", "", [], [], src)];
  else if (isPage.test(src)) {
    const doc = new DOMParser().parseFromString(trust(src), "text/html");
    late(doc);
    if (foreign(doc)) return (location.assign(r.url), false);
    title = doc.title;
    const to = swap.target;
    const from = swap.select ? doc.querySelector(swap.select) : to && to.id ? doc.getElementById(to.id) : null;
    if (swap.select || from) {
      const whole = /^(outer|replace|before|after|append|prepend)$/.test(swap.mode || "") || swap.select;
      const box = document.createElement("template").content;
      if (from) box.append(...(whole ? [from] : from.childNodes));
      read = () => adoptKids(box, true);
    } else {
      swap = { ...swap, target: document.body, mode: "inner" };
      read = () => adoptKids(doc.body, true);
    }
  } else {
    const { select } = swap;
    read = of => {
      const list = parseHTML(src, of.namespaceURI, of.localName);
      if (!select) return list.filter(v => !aside(v));
      const box = document.createElement("template").content;
      box.append(...list.map(v => v._node!));
      const found = [...box.querySelectorAll(select)];
      box.replaceChildren(...found);
      return adoptKids(box, true);
    };
  }
  const run = () => {
    if (title) document.title = title;
    if (swap.mode != "none") apply(swap.target || document.body, swap.mode || "inner", read);
    for (const [id, kids] of slots.splice(0)) {
      const at = slot(id);
      if (at) (apply(at, "inner", () => kids), at.removeAttribute("aria-busy"));
    }
  };
  const slots: [string, V[]][] = [];
  // Further slots, in the form that streamed pages use.
  const aside = (v: V) => {
    const id = v._tag == "template" && v._attrs.find(a => a[0] == "for")?.[1];
    return id ? (slots.push([id, v._kids]), true) : false;
  };
  flush();
  // Where we stand, for coming back.
  if (swap.push) history.replaceState({ ...history.state, sx: scrollY }, "");
  if (swap.transition && glide()) await document.startViewTransition!(run).updateCallbackDone;
  else run();
  const { push } = swap;
  if (push) {
    const url = new URL(push === true ? r.url : push, location.href);
    if (url.origin == location.origin) {
      if (url.href != location.href) history[swap.replace ? "replaceState" : "pushState"]({ sx: 0 }, "", url);
    }
  }
  return true;
}

/** What is no markup is a file, as it would be without us. */
async function save(r: Response) {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(await r.blob());
  a.download =
    /filename="?([^";]+)/.exec(r.headers.get("content-disposition") || "")?.[1] ||
    r.url.split(/[?#]/)[0]!.split("/").pop()!;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}

/** Takes regions from a page in the place of those whose address has expired, by their place among all. */
export function renew(els: Set<Element>, html: string) {
  const doc = new DOMParser().parseFromString(trust(html), "text/html");
  late(doc);
  const old = [...document.querySelectorAll(`[${Name.AttrLive}]`)];
  const all = doc.querySelectorAll(`[${Name.AttrLive}]`);
  for (const e of els) {
    const next = all[old.indexOf(e)];
    if (next && all.length == old.length) apply(e, "outer", () => [adopt(next, true)]);
  }
}

/** Puts what a streamed document carries at its end where it belongs. */
function late(doc: Document) {
  for (const t of doc.querySelectorAll<HTMLTemplateElement>("template[for]"))
    for (const s of doc.querySelectorAll(`[${Name.AttrSuspense}]`))
      if (s.getAttribute(Name.AttrSuspense) == t.getAttribute("for")) {
        s.replaceChildren(t.content);
        s.removeAttribute("aria-busy");
        t.remove();
      }
  for (const s of doc.querySelectorAll("script:not([type])")) {
    const m = /^__sxResolve\((.*)\);?\s*$/s.exec(s.textContent || "");
    if (!m) continue;
    const [id, sx] = JSON.parse("[" + m[1] + "]") as [string, string];
    // After the patch, when its slot is there.
    queueMicrotask(() => setTimeout(() => resolve(id ? { id, sx } : { event: Name.EventDefs, sx })));
    s.remove();
  }
}

const assets = (doc: Document) =>
  [...doc.querySelectorAll("script[src],link[rel=stylesheet]")].map(e =>
    ours(e.getAttribute("src") || e.getAttribute("href")!),
  );

/** Does a document need scripts or styles that this one lacks? They could not be added under its policy. */
function foreign(doc: Document): boolean {
  const have = assets(document);
  return assets(doc).some(a => !have.includes(a)) || !!doc.querySelector("body script:not([type],[src])");
}

let line: HTMLElement | undefined;

/** Focus, scroll and announcement after a visit. */
export function arrive(y?: number) {
  const { hash } = location;
  const to = hash ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
  const at =
    to || document.querySelector<HTMLElement>("[autofocus]") || document.querySelector("main") || document.body;
  if (to) to.scrollIntoView();
  else scrollTo({ top: y || 0, behavior: "instant" });
  if (at.tabIndex < 0) at.setAttribute("tabindex", "-1");
  at.focus({ preventScroll: true });
  if (!line?.isConnected) {
    line = document.createElement("div");
    line.setAttribute("role", "status");
    line.style.cssText = "position:fixed;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";
    document.documentElement.append(line);
  }
  line.textContent = document.title;
}

let current: AbortController | undefined;

/** Goes to an address of this origin without reloading the scripts. */
export async function visit(url: string, how: Swap = { push: true }, y?: number, ready?: Promise<Response>) {
  current?.abort();
  const { signal } = (current = new AbortController());
  try {
    const r = await (ready || fetch(url, { signal, headers: { "Sx-Request": "1", Accept: "text/html" } }));
    if (new URL(r.url).origin != location.origin || !(r.headers.get("content-type") || "").startsWith("text/html"))
      return location.assign(url);
    if (signal.aborted) return;
    if (await take(r, { ...how, visit: true })) arrive(y);
  } catch (e) {
    if (signal.aborted) return;
    report("visit", "network", e, document, { url });
    location.assign(url);
  }
}
