// What the language writes, as a server version. It is in the parts of the script that have a language.

import { make, parseHTML, V } from "./dom";
import type { Ops } from "./markup";

const HTML = "http://www.w3.org/1999/xhtml";
const URIS: Record<string, string> = { svg: "http://www.w3.org/2000/svg", math: "http://www.w3.org/1998/Math/MathML" };

/** A recording as content of an element, with the namespaces that the HTML parser would give. The live DOM is
 * touched only after the whole payload was good. */
export const tree = (ops: Ops, of: Element = document.body): V[] => {
  const top = new V(of.localName, of.namespaceURI!, [], [], "");
  /** The open elements, with one that stands for that of the markup. */
  const stack = [top];
  let up = top;
  const add = (v: V) => {
    up._kids.push(v);
    return v;
  };
  const text = (s: string) => {
    const last = up._kids.at(-1);
    if (last && !last._tag) {
      last._text += s;
      if (last._node) last._node.nodeValue = last._text;
    } else add(new V("", "", [], [], s));
  };
  for (let i = 0; i < ops.length; i += 3) {
    const op = ops[i], a = ops[i + 1];
    up = stack.at(-1)!;
    // HTML Standard, "in table": a tr in a table implies a tbody, which takes along what follows. The tree must be the
    // one HTML would give.
    // Only caption, colgroup, thead, tbody and tfoot end it; nothing else that begins so stands there.
    if (up._tag === "table" && (op !== "open" || !/^(c|t[bfh])/.test(a))) {
      const body = up._kids.at(-1);
      if (body?._implied) up = body;
      else if (op + a === "opentr") (up = add(new V("tbody", HTML, [], [], "")))._implied = true;
    }
    if (op === "open") {
      // Inside these HTML goes on (WHATWG HTML, "HTML integration point", "MathML text integration point").
      const v = new V(a, URIS[a] || (/^(foreignObject|desc|title|m[inos]|mtext)$/.test(up._tag) ? HTML : up._ns), ops[i + 2], [], "");
      stack.push(add(v));
    } else if (op === "close") stack.pop();
    else if (op === "text") text(a);
    else if (op === "comment") add(new V("!", "", [], [], a));
    else for (const v of parseHTML(a, up._ns, up._tag)) v._tag ? add(v) : text(v._text);
  }
  return top._kids;
};

/** The same as nodes, which are in no document yet. */
export const nodes = (ops: Ops): DocumentFragment => {
  const out = document.createDocumentFragment();
  for (const v of tree(ops)) out.append(make(v));
  return out;
};
