// Types of the global Sx that sx-live.js defines. Reference them from a page's own TypeScript:
//   /// <reference path="…/sx-live.d.ts" />

/** The unit that chunks, events and socket messages carry; see the reference of frames. */
interface SxFrame {
  event?: string;
  id?: string;
  sx?: string;
  html?: string;
  mode?: "inner" | "outer" | "append" | "prepend" | "before" | "after" | "replace" | "remove" | "morph";
  selector?: string;
  key?: string;
  transition?: boolean;
  [field: string]: unknown;
}

/** What the language throws. */
interface SxError extends Error {
  /** "syntax", "undefined", "arity", "type", "keyword", "range", "match", "error", "markup", "limit", … */
  kind: string;
  /** Where, from 1; 0 when unknown. Columns count characters. */
  line: number;
  col: number;
}

/** Detail of the sx:error event. */
interface SxProblem {
  kind: string;
  /** Who can mend it. */
  blame: "network" | "app" | "internal";
  message: string;
  cause?: unknown;
}

declare const Sx: {
  readonly version: string;
  /** Client state: what sx-signals frames merged. */
  readonly state: { [key: string]: unknown };
  /** Applies a frame with the next animation frame. */
  resolve(frame: SxFrame): void;
  /** Fills the slot `id` with SX source; may come before the slot, and again. */
  resolveSuspense(id: string, sx: string): void;
  /** Source text as data: arrays, Maps, and objects for symbols and keywords. Throws an SxError. */
  parse(src: string): unknown[];
  /** The value of the last form of source text, written as text. */
  evaluate(src: string): string;
  /** Markup of source text as nodes that are in no document yet. */
  render(src: string): DocumentFragment;
  /** Markup of source text as HTML. */
  renderToString(src: string): string;
  /** Adds definitions; a name that is known is replaced. */
  loadComponents(src: string): void;
  /** Sends a message over the WebSocket of a region, given by its source or an element in it; gives its id. */
  send(target: string | Element, name: string, args?: object): string;
  connect(): void;
  disconnect(): void;
  /** Looks for slots, regions and triggers below a node that a script has added. */
  process(root?: ParentNode): void;
};
