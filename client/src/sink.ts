// Markup as text.

import { capture, isVoid, type Ops, put } from "./markup";
import { isBool } from "./safety";
import { Value } from "./values";

/** Attributes in order, each name once. They have passed the safety table already. */
export type Attrs = [string, string][];

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const escape = (s: string) => s.replace(/[&<>"']/g, c => entities[c]);

/** A recording as HTML. */
export const html = (ops: Ops): string => {
  let out = "";
  const open: string[] = [];
  for (let i = 0; i < ops.length; i += 3) {
    const op = ops[i], a = ops[i + 1], tag = open.at(-1)!;
    if (op === "open") {
      open.push(a);
      out += `<${a}${ops[i + 2].map(([k, v]: string[]) => " " + k + (isBool(k) ? "" : `="${escape(v)}"`)).join("")}>`;
    } else if (op === "close") open.pop(), out += isVoid(tag) ? "" : `</${tag}>`;
    else out += op === "raw" ? a : op === "comment" ? `<!--${a}-->`
      // The parser drops a line break that comes first here.
      : (a[0] === "\n" && out.endsWith(">") && /^(pre|listing|textarea)$/.test(tag) ? "\n" : "") + (tag === "style" ? a : escape(a));
  }
  return out;
};

/** Markup as HTML. */
export const renderToString = (v: Value): string => html(capture(() => put(v)));
