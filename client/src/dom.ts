// One server version as a light tree. It is read off the live DOM (a baseline), off parsed HTML, or written
// by the evaluator; make() turns what is new into nodes. Nodes remember their version, so that the next one
// can be compared with it and not with what the person has done to the page since.

import { Name } from "./names.gen";
import type { Known } from "./quick";
import type { Attrs } from "./sink";

/** A node of a server version. `_tag` is "" for text, "!" for comments, "?" for what is left alone. */
export class V {
  declare _key?: string;
  /** Value of data-suspense. */
  declare _slot?: string;
  /** Of a region: its source, and the cursor of what is in it. */
  declare _live?: string;
  declare _cursor?: string;
  /** sx-preserve. */
  declare _hold?: boolean;
  declare _edit?: boolean;
  /** A baseline of a custom element: what it has added itself cannot be told from the server's part. */
  declare _loose?: boolean;
  /** tbody that the HTML parser would have implied. */
  declare _implied?: boolean;
  /** Of a slot: its last frame, if it changed only texts, or how many more to go without that. */
  declare _known?: Known | number;
  declare _tag: string;
  declare _ns: string;
  declare _attrs: Attrs;
  declare _kids: V[];
  declare _text: string;
  declare _node?: Node;
  constructor(tag: string, ns: string, attrs: Attrs, kids: V[], text: string, node?: Node) {
    this._tag = tag;
    this._ns = ns;
    this._attrs = attrs;
    this._kids = kids;
    this._text = text;
    this._node = node;
    for (const [name, value] of attrs) {
      if (name == Name.AttrKey || (name == "id" && this._key == undefined)) this._key = value;
      else if (name == Name.AttrSuspense) this._slot = value;
      else if (name == Name.AttrPreserve) this._hold = true;
      else if (name == "contenteditable") this._edit = value != "false";
      else if (name == Name.AttrLive || name == Name.AttrWS) this._live = value;
      else if (name == Name.AttrCursor) this._cursor = value;
    }
  }
}

/** Expandos, whose names no element has of its own: an element's server version, how far the stream has come that fills a slot, the number of
 * the value that it got from it, and that a region has come again with a page. */
export type Owned = Element & { $v?: V; $upto?: string; $seen?: number; $came?: boolean };

const NONE: [] = [];
const text = (s: string, node?: Node, tag = "") => new V(tag, "", NONE, NONE, s, node);

/** Is the slot still showing its fallback? */
export const pending = (e: Element) => e.getAttribute("aria-busy") == "true";

/** Is the parser still at work? */
export let loading = document.readyState == "loading";
// Observers hear of its last nodes after this event.
document.addEventListener("DOMContentLoaded", () => setTimeout(() => (loading = false)));

/** Where the children are: the content of a template. */
export const inside = (e: Node): Node => (e instanceof HTMLTemplateElement ? e.content : e);

export const attr = (v: V, name: string): string | undefined => v._attrs.find(a => a[0] == name)?.[1];

// Classes that this client has put on elements are not part of any version.
const OURS = / ?\bsx-(connecting|live|reconnecting|offline|error|request)\b/g;

/** The version that a DOM node shows. `fresh`: it was parsed from a payload and is in no document yet. */
export function adopt(d: Node, fresh?: boolean): V {
  const type = d.nodeType;
  if (type != 1) return text(d.nodeValue || "", d, type == 3 ? "" : type == 8 ? "!" : "?");
  const e = d as Owned;
  const attrs: Attrs = [];
  for (const name of e.getAttributeNames()) {
    const value = e.getAttribute(name)!;
    // Handlers from a live frame would only be refused by the policy, loudly.
    if (fresh && name.startsWith("on")) e.removeAttribute(name);
    else attrs.push([name, name == "class" && !fresh ? value.replace(OURS, "") : value]);
  }
  const v = new V(e.localName, e.namespaceURI!, attrs, adoptKids(inside(e), fresh), "", e);
  v._loose = !fresh && !!customElements.get(v._tag);
  v._known = undefined;
  // Whoever holds the element's old version sees the new one.
  return (e.$v = e.$v ? Object.assign(e.$v, v) : v);
}

export function adoptKids(d: Node, fresh?: boolean): V[] {
  const kids: V[] = [];
  // What is known of an element already is older than what the person has done to it.
  for (let n = d.firstChild; n; n = n.nextSibling)
    kids.push(!fresh && (n as Owned).$v ? version(n as Owned) : adopt(n, fresh));
  return kids;
}

/** An element's server version; what the page shows where none was kept, or someone else replaced it. */
export function version(e: Owned): V {
  const v = e.$v;
  const root = inside(e);
  if (v && (v._kids.length ? v._kids.some(k => k._node!.parentNode == root) : !root.firstChild)) return v;
  return adopt(e);
}

/** The node of a version, made if need be. */
export function make(v: V): Node {
  if (v._node) return v._node;
  if (!v._tag) return (v._node = document.createTextNode(v._text));
  if (v._tag == "!") return (v._node = document.createComment(v._text));
  const e: Owned = document.createElementNS(v._ns, v._tag);
  for (const [name, value] of v._attrs) put(e, name, value);
  for (const k of v._kids) inside(e).appendChild(make(k));
  e.$v = v;
  return (v._node = e);
}

// Where the selection begins and ends. Asking for it lays the page out: not with each text that is written.
let ends: (Node | null)[] = [];
document.addEventListener("selectionchange", () => {
  const { anchorNode, focusNode } = getSelection()!;
  ends = [anchorNode, focusNode];
});

/** Gives a text another value. Where a selection begins or ends only what differs is written, so that it stays. */
export function write(d: Node, s: string) {
  if (!ends.includes(d)) return void (d.nodeValue = s);
  const old = d.nodeValue!;
  let i = 0;
  let end = 0;
  while (i < s.length && old[i] == s[i]) i++;
  while (end < Math.min(s.length, old.length) - i && s.at(~end) == old.at(~end)) end++;
  (d as Text).replaceData(i, old.length - i - end, s.slice(i, s.length - end));
}

/** Sets an attribute so that no policy objects. */
export function put(e: Element, name: string, value: string) {
  // A style attribute would need style-src-attr; the object model does not.
  if (name == "style") (e as HTMLElement).style.cssText = value;
  else if (name.startsWith("xlink:")) e.setAttributeNS("http://www.w3.org/1999/xlink", name, value);
  else e.setAttribute(name, value);
}

interface Policy {
  createHTML(s: string): string;
}
const policy = (
  window as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }
).trustedTypes?.createPolicy("sx", { createHTML: s => s });

/** Marks text as HTML for sinks that want it. It comes from the page's own server. */
export const trust = (s: string) => (policy ? policy.createHTML(s) : s);

// A document of its own: nothing loads or runs in it.
const inert = document.implementation.createHTMLDocument("");

/**
 * Parses a payload as the content of an element of that namespace and name. Scripts in it never run: fragment
 * parsing marks them as started.
 */
export function parseHTML(src: string, uri: string | null = "http://www.w3.org/1999/xhtml", tag = "template"): V[] {
  const box = inert.createElementNS(uri, tag);
  box.innerHTML = trust(src);
  return adoptKids(inside(box), true);
}
