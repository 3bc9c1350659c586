// Where markup goes. The evaluator writes elements, text and raw markup into a Sink, in document order;
// the client has sinks that build DOM and that patch it, and here is the one that writes a string.

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
