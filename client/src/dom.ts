// One server version as a light tree. It is read off the live DOM (a baseline), off parsed HTML, or written
// by the evaluator; make() turns what is new into nodes. Nodes remember their version, so that the next one
// can be compared with it and not with what the person has done to the page since.

import { Name } from "./names.gen";
import type { Known } from "./quick";
import type { Attrs, NS, Sink } from "./sink";

/** A node of a server version. `_tag` is "" for text, "!" for comments, "?" for what is left alone. */
export class V {
  _key: string | undefined = undefined;
  /** Value of data-suspense. */
  _slot: string | undefined = undefined;
  /** sx-preserve. */
  _hold = false;
  _edit = false;
  /** A baseline of a custom element: what it has added itself cannot be told from the server's part. */
  _loose = false;
  /** tbody that the HTML parser would have implied. */
  _implied = false;
  /** Of a slot: its last frame, if it changed only texts; how many more to go without that. */
  _known: Known | undefined = undefined;
  _missed = 0;
  declare _tag: string;
  declare _ns: string;
  declare _attrs: Attrs;
  declare _kids: V[];
  declare _text: string;
  declare _node: Node | undefined;
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
    }
  }
}

/** Expando: an element's server version. */
export type Owned = Element & { _v?: V };

const NONE: Attrs = [];
const URIS: Record<string, string> = {
  "": "http://www.w3.org/1999/xhtml",
  svg: "http://www.w3.org/2000/svg",
  math: "http://www.w3.org/1998/Math/MathML",
};
const XLINK = "http://www.w3.org/1999/xlink";

export const nsOf = (e: Element): NS => {
  const uri = e.namespaceURI;
  return uri == URIS[""] ? "" : uri == URIS.svg ? "svg" : "math";
};

/** Where the children are: the content of a template. */
export const inside = (e: Node): Node => (e instanceof HTMLTemplateElement ? e.content : e);

export const attr = (v: V, name: string): string | undefined => {
  for (const a of v._attrs) if (a[0] == name) return a[1];
};

// Classes that this client has put on elements are not part of any version.
const OURS = / ?\bsx-(connecting|live|reconnecting|offline|error|request)\b/g;

/** The version that a DOM node shows. `fresh`: it was parsed from a payload and is in no document yet. */
export function adopt(d: Node, fresh?: boolean): V {
  const type = d.nodeType;
  if (type != 1) return new V(type == 3 ? "" : type == 8 ? "!" : "?", "", NONE, [], d.nodeValue || "", d);
  const e = d as Owned;
  const attrs: Attrs = [];
  for (const name of e.getAttributeNames())
    // Handlers from a live frame would only be refused by the policy, loudly.
    if (fresh && name.startsWith("on")) e.removeAttribute(name);
    else {
      const value = e.getAttribute(name)!;
      attrs.push([name, name == "class" && !fresh ? value.replace(OURS, "") : value]);
    }
  const v = new V(e.localName, nsOf(e), attrs, adoptKids(inside(e), fresh), "", e);
  v._loose = !fresh && !!customElements.get(v._tag);
  // Whoever holds the element's old version sees the new one.
  return (e._v = e._v ? Object.assign(e._v, v) : v);
}

export function adoptKids(d: Node, fresh?: boolean): V[] {
  const kids: V[] = [];
  // What is known of an element already is older than what the person has done to it.
  for (let n = d.firstChild; n; n = n.nextSibling)
    kids.push(!fresh && (n as Owned)._v ? version(n as Owned) : adopt(n, fresh));
  return kids;
}

/** An element's server version; what the page shows where none was kept, or someone else replaced it. */
export function version(e: Owned): V {
  const v = e._v;
  const root = inside(e);
  if (v && (v._kids.length ? v._kids.some(k => k._node!.parentNode == root) : !root.firstChild)) return v;
  return adopt(e);
}

/** The node of a version, made if need be. */
export function make(v: V): Node {
  if (v._node) return v._node;
  if (!v._tag) return (v._node = document.createTextNode(v._text));
  if (v._tag == "!") return (v._node = document.createComment(v._text));
  const e: Owned = document.createElementNS(URIS[v._ns]!, v._tag);
  for (const [name, value] of v._attrs) put(e, name, value);
  const root = inside(e);
  for (const k of v._kids) root.appendChild(make(k));
  e._v = v;
  return (v._node = e);
}

/** Sets an attribute so that no policy objects. */
export function put(e: Element, name: string, value: string) {
  // A style attribute would need style-src-attr; the object model does not.
  if (name == "style") (e as HTMLElement).style.cssText = value;
  else if (name.startsWith("xlink:")) e.setAttributeNS(XLINK, name, value);
  else e.setAttribute(name, value);
}

interface Policy {
  createHTML(s: string): string;
}
const policy: Policy | undefined = (
  globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }
).trustedTypes?.createPolicy("sx", { createHTML: s => s });

/** Marks text as HTML for sinks that want it. It comes from the page's own server. */
export const trust = (s: string) => (policy ? policy.createHTML(s) : s);

// A document of its own: nothing loads or runs in it.
const inert = document.implementation.createHTMLDocument("");

/**
 * Parses a payload as the content of an element of that namespace and name. Scripts in it never run: fragment
 * parsing marks them as started.
 */
export function parseHTML(src: string, uri: string | null = URIS[""]!, tag = "template"): V[] {
  const box = inert.createElementNS(uri, tag);
  box.innerHTML = trust(src) as string;
  return adoptKids(inside(box), true);
}

/** Collects what the evaluator writes. The live DOM is touched only after the whole payload was good. */
export class Tree implements Sink {
  _top: V[] = [];
  _stack: V[] = [];
  declare ns: NS;
  declare _of: Element;
  constructor(of: Element = document.body) {
    this.ns = nsOf((this._of = of));
  }
  _list() {
    const s = this._stack;
    return s.length ? s[s.length - 1]!._kids : this._top;
  }
  open(tag: string, ns: NS, attrs: Attrs) {
    const s = this._stack;
    let up = s[s.length - 1];
    // HTML Standard, "in table": a tr in a table implies a tbody. The tree must be the one HTML would give.
    if (up && up._tag == "table" && tag == "tr") {
      let body = up._kids[up._kids.length - 1];
      if (!body || !body._implied) {
        body = new V("tbody", "", NONE, [], "");
        body._implied = true;
        up._kids.push(body);
      }
      up = body;
    }
    const v = new V(tag, ns, attrs, [], "");
    (up ? up._kids : this._top).push(v);
    s.push(v);
  }
  text(s: string) {
    const list = this._list();
    const last = list[list.length - 1];
    if (last && !last._tag) {
      last._text += s;
      if (last._node) last._node.nodeValue = last._text;
    } else list.push(new V("", "", NONE, [], s));
  }
  raw(html: string) {
    const s = this._stack;
    const up = s[s.length - 1];
    const of = this._of;
    const list = up ? parseHTML(html, URIS[up._ns]!, up._tag) : parseHTML(html, of.namespaceURI, of.localName);
    for (const v of list) v._tag ? this._list().push(v) : this.text(v._text);
  }
  comment(s: string) {
    this._list().push(new V("!", "", NONE, [], s));
  }
  close() {
    this._stack.pop();
  }
}
