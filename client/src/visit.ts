// What a response does to the page: parts of it are patched in, whole documents take the page's place, with
// title, address, focus and scroll as after an ordinary navigation.

import { Name } from "./names.gen";
import { type Owned, V, adopt, adoptKids, parseHTML, trust } from "./dom";
import { enqueue, flush, glide, read as markup, resolve, slide } from "./frame";
import { whole } from "./language";
import { ours } from "./parts";
import { apply, type Mode, slot } from "./patch";
import { report } from "./report";
import { pump, reader } from "./sse";

export interface Swap {
  /** Whom the payload concerns; the body when absent. */
  _target?: Element | null;
  _mode?: Mode | "none";
  _select?: string | null;
  _transition?: boolean;
  /** Address to show; true: the one that answered. */
  _push?: string | boolean;
  _replace?: boolean;
  /** A visit: focus and scroll start anew. */
  _visit?: boolean;
  /** Where in the page it leads to: answers do not say. */
  _hash?: string;
  /** What streams had brought when it was asked for. */
  _since?: number;
}

export const sameOrigin = (url: string) => new URL(url, location.href).origin == location.origin;
const page = () => location.href.split("#")[0]!;
/** The page that is shown, and whether an entry of the history is ours. */
let shown = page();
let pushed = false;
const parse = (src: string) => new DOMParser().parseFromString(trust(src), "text/html");

/** Applies a response. Resolves when the page shows it; false: the browser loads the address itself. */
export async function take(r: Response, swap: Swap): Promise<boolean | void> {
  const type = r.headers.get("content-type") || "";
  const elsewhere = r.headers.get("sx-location");
  if (elsewhere) return location.assign(elsewhere);
  if (r.status == 204) return true;
  const [, format] = /^(text\/(?:html|plain|sx|event-stream)|application\/sx)\b/.exec(type) || [];
  if (format == "text/event-stream") {
    await pump(r.body!, reader(e => enqueue({ ...JSON.parse(e.data), event: e.type == "message" ? "" : e.type })));
    return true;
  }
  if (!format) {
    if (!swap._visit) throw new Error("cannot show " + (type || "an answer without a type"));
    await save(r);
    return true;
  }
  const src = await r.text();
  let { _target: to, _mode: mode = "inner", _select: select, _push: push } = swap;
  let title = "";
  // Further slots, in the form that streamed pages use.
  const slots: [string, V[]][] = [];
  const aside = (v: V) => {
    const id = v._tag == "template" && v._attrs.find(a => a[0] == "for")?.[1];
    if (id) slots.push([id, v._kids]);
    return !id;
  };
  let read = (of: Element): V[] => parseHTML(src, of.namespaceURI, of.localName).filter(aside);
  /** Takes elements, or what they contain. */
  const pick = (list: Iterable<Element>, kids?: boolean) => {
    const box = document.createElement("template").content;
    for (const e of list) box.append(...(kids ? e.childNodes : [e]));
    read = () => adoptKids(box, true);
  };
  if (/sx$/.test(format)) {
    await whole();
    read = of => markup(src, true, of);
  } else if (format == "text/plain") read = () => [new V("", "", [], [], src)];
  else if (/^\s*(<!doctype|<html)/i.test(src)) {
    const doc = parse(src);
    late(doc);
    if (foreign(doc)) return location.assign(r.url);
    title = doc.title;
    const from = to && to.id && doc.getElementById(to.id);
    if (select) pick(doc.querySelectorAll(select));
    else if (from) pick([from], /^(inner|morph|none)$/.test(mode));
    else {
      to = document.body;
      mode = "inner";
      read = () => adoptKids(doc.body, true);
    }
  } else if (select) {
    const all = read;
    read = of => {
      const box = document.createElement("template").content;
      box.append(...all(of).map(v => v._node!));
      pick(box.querySelectorAll(select));
      return read(of);
    };
  }
  const run = () => {
    if (title) document.title = title;
    const at = to || document.body;
    // Slots beside the answer are found as it is read.
    mode == "none" ? read(at) : apply(at, mode, read, undefined, swap._since);
    for (const [id, kids] of slots) {
      const at: Owned | undefined = slot(id);
      // What a stream has brought since the question is newer.
      if (at && !(at.$seen! > swap._since!)) {
        apply(at, "inner", () => kids);
        at.removeAttribute("aria-busy");
      }
    }
  };
  flush();
  // Where we stand, for coming back.
  if (push) history.replaceState({ ...history.state, sx: scrollY }, "");
  if (swap._transition && glide()) await slide(run);
  else run();
  if (push) {
    const url = new URL(push === true ? r.url : push, location.href);
    url.hash ||= swap._hash || "";
    if (url.origin == location.origin && url.href != location.href)
      history[swap._replace ? "replaceState" : "pushState"]({ sx: 0 }, "", url);
    pushed = true;
  }
  if (push || swap._visit) shown = page();
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

let renewals = 0;

/**
 * Fetches regions anew whose address has expired: those that have their places among all regions of the page. A page
 * that sends its visitors elsewhere by now, such as to log in, takes this one along; for that alone refused regions are looked after.
 */
export async function renew(els: Set<Element>, refused?: boolean) {
  // While nodes of two versions serve the site, one may refuse again and again what another gives out.
  if (renewals++) await new Promise(r => setTimeout(r, 3e3 * Math.random()));
  setTimeout(() => renewals--, 1e4);
  try {
    const r = await fetch(location.href, { headers: { "Sx-Request": "1", Accept: "text/html" } });
    const to = r.headers.get("sx-location") || (r.redirected && r.url);
    if (to) return location.assign(to);
    if (!r.ok || refused) return;
    const doc = parse(await r.text());
    late(doc);
    const old = [...document.querySelectorAll(`[${Name.AttrLive}]`)];
    const all = doc.querySelectorAll(`[${Name.AttrLive}]`);
    if (all.length == old.length) for (const e of els) apply(e, "outer", () => [adopt(all[old.indexOf(e)]!, true)]);
  } catch (e) {
    report("region", "network", e, [...els][0]);
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
    const m = /^__sxResolve\((.*)\);?\s*$/s.exec(s.textContent!);
    if (!m) continue;
    const [id, sx] = JSON.parse("[" + m[1] + "]") as [string, string];
    // After the patch, when its slot is there.
    setTimeout(() => resolve(id ? { id, sx } : { event: Name.EventDefs, sx }));
    s.remove();
  }
}

const assets = (doc: Document) =>
  [...doc.querySelectorAll("script[src],link[rel=stylesheet]")].map(e =>
    ours(e.getAttribute("src") || e.getAttribute("href")!),
  );

/** Does a document need scripts or styles that this one lacks? They could not be added under its policy. */
const foreign = (doc: Document) =>
  assets(doc).some(a => !assets(document).includes(a)) || doc.querySelector("body script:not([type],[src])");

let line: HTMLElement | undefined;

/** Focus, scroll and announcement after a visit. */
export function arrive(y?: number) {
  const find = (s: string) => document.querySelector<HTMLElement>(s);
  // What is no encoding stands for itself.
  const to = document.getElementById(decodeURIComponent(location.hash.slice(1).replace(/%(?![\da-f]{2})/gi, "%25")));
  const at = to || find("[autofocus]") || find("main") || document.body;
  if (to && y == undefined) to.scrollIntoView();
  else scrollTo({ top: y || 0, behavior: "instant" });
  if (at.tabIndex < 0) at.tabIndex = -1;
  at.focus({ preventScroll: true });
  if (!line?.isConnected) {
    line = document.createElement("div");
    line.role = "status";
    line.style.cssText = "position:fixed;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";
    document.documentElement.append(line);
  }
  line.textContent = document.title;
}

let current: AbortController | undefined;

/** The history went to an entry, which was left at a place of the page. Steps within a page are the browser's, and so are
 * those between entries that are not ours. */
export function travel(y?: number) {
  if (page() == shown) current?.abort();
  else if (y != undefined || pushed) void visit(location.href, {}, y || 0);
}

/** Goes to an address of this origin without reloading the scripts. */
export async function visit(url: string, how: Swap, y?: number, ready?: Promise<Response>) {
  current?.abort();
  const { signal } = (current = new AbortController());
  try {
    const r = await (ready || fetch(url, { signal, headers: { "Sx-Request": "1", Accept: "text/html" } }));
    if (signal.aborted) return;
    if (!sameOrigin(r.url) || !/^text\/html/.test(r.headers.get("content-type") || "")) location.assign(url);
    else if (await take(r, { ...how, _visit: true, _hash: new URL(url, location.href).hash })) arrive(y);
  } catch (e) {
    if (signal.aborted) return;
    report("visit", "network", e, document, { url });
    location.assign(url);
  }
}
