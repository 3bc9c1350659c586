// What the language writes, as a server version. It is in the parts of the script that have a language.

import { make, parseHTML, V } from "./dom";
import type { Attrs, NS, Sink } from "./sink";

const URIS: Record<NS, string> = {
  "": "http://www.w3.org/1999/xhtml",
  svg: "http://www.w3.org/2000/svg",
  math: "http://www.w3.org/1998/Math/MathML",
};

/** Collects what the evaluator writes. The live DOM is touched only after the whole payload was good. */
export class Tree implements Sink {
  /** The open elements; below them one that stands for that of the markup. */
  _stack: V[];
  ns: NS;
  constructor(of: Element = document.body) {
    const uri = of.namespaceURI!;
    this.ns = uri == URIS[""] ? "" : uri == URIS.svg ? "svg" : "math";
    this._stack = [new V(of.localName, uri, [], [], "")];
  }
  get _top() {
    return this._stack[0]!._kids;
  }
  _add(v: V) {
    this._stack.at(-1)!._kids.push(v);
    return v;
  }
  open(tag: string, ns: NS, attrs: Attrs) {
    const s = this._stack;
    const up = s.at(-1)!;
    const v = new V(tag, URIS[ns], attrs, [], "");
    // HTML Standard, "in table": a tr in a table implies a tbody. The tree must be the one HTML would give.
    if (up._tag == "table" && tag == "tr") {
      let body = up._kids.at(-1);
      if (!body?._implied) {
        body = this._add(new V("tbody", URIS[""], [], [], ""));
        body._implied = true;
      }
      body._kids.push(v);
    } else this._add(v);
    s.push(v);
  }
  text(s: string) {
    const last = this._stack.at(-1)!._kids.at(-1);
    if (last && !last._tag) {
      last._text += s;
      if (last._node) last._node.nodeValue = last._text;
    } else this._add(new V("", "", [], [], s));
  }
  raw(html: string) {
    const up = this._stack.at(-1)!;
    for (const v of parseHTML(html, up._ns, up._tag)) v._tag ? this._add(v) : this.text(v._text);
  }
  comment(s: string) {
    this._add(new V("!", "", [], [], s));
  }
  close() {
    this._stack.pop();
  }
}

/** What `write` writes as content of an element. */
export function written(write: (to: Sink) => void, of?: Element): V[] {
  const t = new Tree(of);
  write(t);
  return t._top;
}

/** The same as nodes, which are in no document yet. */
export function nodes(write: (to: Sink) => void): DocumentFragment {
  const out = document.createDocumentFragment();
  for (const v of written(write)) out.append(make(v));
  return out;
}
