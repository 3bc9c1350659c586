// Where markup goes. The evaluator writes elements, text and raw markup into a Sink, in document order;
// the client has sinks that build DOM and that patch it, and here is the one that writes a string.

import { capture, isVoid, put, replay } from "./markup";
import { isBool } from "./safety";
import { Value } from "./values";

/** The namespace of an element, as the HTML parser would decide it: "" is HTML. */
export type NS = "" | "svg" | "math";

/** Attributes in order, each name once. They have passed the safety table already. */
export type Attrs = [string, string][];

/** Receives markup. Calls are balanced even when evaluation fails: nothing is written then. */
export interface Sink {
  /** Namespace of the element that the markup will stand in; HTML when absent. */
  ns?: NS;
  open(tag: string, ns: NS, attrs: Attrs): void;
  /** Character data, not escaped, never empty. Two calls in a row may happen: they make one text node. */
  text(s: string): void;
  /** Markup of raw!, as written. */
  raw(html: string): void;
  comment(s: string): void;
  /** Ends the element opened last. Void elements are closed too. */
  close(): void;
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const escape = (s: string) => s.replace(/[&<>"']/g, c => entities[c]);

/** A sink that writes HTML; html() gives it. */
export const stringSink = (): Sink & { html(): string } => {
  let out = "";
  const open: string[] = [];
  return {
    open(tag, _, attrs) {
      out += `<${tag}${attrs.map(([k, v]) => " " + k + (isBool(k) ? "" : `="${escape(v)}"`)).join("")}>`;
      open.push(tag);
    },
    text: s => {
      const tag = open[open.length - 1];
      // The parser drops a line break that comes first here.
      out += (s[0] === "\n" && out.endsWith(">") && /^(pre|listing|textarea)$/.test(tag) ? "\n" : "") + (tag === "style" ? s : escape(s));
    },
    raw: html => { out += html; },
    comment: s => { out += `<!--${s}-->`; },
    close() {
      const tag = open.pop()!;
      out += isVoid(tag) ? "" : `</${tag}>`;
    },
    html: () => out,
  };
};

/** Markup as HTML. */
export const renderToString = (v: Value): string => {
  const sink = stringSink();
  replay(capture(() => put(v)), sink);
  return sink.html();
};
