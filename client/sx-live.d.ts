// Types of the global Sx that sx-live.js defines. Reference them from a page's own TypeScript, or copy this
// file beside it:
//   /// <reference path="…/sx-live.d.ts" />

/** What to do with a frame's payload; "inner" when absent. */
type SxMode = "inner" | "outer" | "append" | "prepend" | "before" | "after" | "replace" | "remove" | "morph";

/** The unit that every transport carries. `event` says which of the others count. */
interface SxFrame {
  /** "sx-resolve" when absent. */
  event?: "sx-resolve" | "sx-defs" | "sx-signals" | "sx-event" | "sx-navigate" | "sx-error";
  /** Slot: the value of data-suspense. */
  id?: string;
  /** All elements that match, instead of a slot. */
  selector?: string;
  /** Wire text, or markup: one of both, except for "remove". */
  sx?: string;
  html?: string;
  mode?: SxMode;
  /** For append and prepend: a child that came with this key is replaced. */
  key?: string;
  /** Show the change as a view transition, unless the person wants less motion. */
  transition?: boolean;
  hash?: string;
  patch?: Record<string, unknown>;
  onlyIfMissing?: boolean;
  name?: string;
  detail?: unknown;
  url?: string;
  replace?: boolean;
  message?: string;
}

/** What an sx:error event carries. */
interface SxProblem {
  kind:
    | "frame"
    | "slot"
    | "event"
    | "source"
    | "region"
    | "message"
    | "send"
    | "request"
    | "visit"
    | "script"
    | (string & {});
  /** Who can mend it. */
  blame: "network" | "app" | "internal";
  message: string;
  cause?: unknown;
  [more: string]: unknown;
}

/** What the language throws. */
interface SxError extends Error {
  /** "syntax", "undefined", "arity", "type", "keyword", "range", "match", "error", "markup", "limit", … */
  kind: string;
  /** Where, from 1; 0 when unknown. Columns count characters. */
  line: number;
  col: number;
  /** The form that failed, as it was written. */
  form: string;
}

interface Sx {
  readonly version: string;
  /** Client state, merged from sx-signals. Sent along where sx-include="signals" says so. */
  readonly state: Record<string, unknown>;
  /** Applies a frame at once, after those that wait; one with a transition when the browser is ready. */
  resolve(frame: SxFrame): void;
  /** Fills a slot with wire text. While the page is loading, the slot may come later. */
  resolveSuspense(id: string, sx: string): void;
  /** Source text as data. Throws an error with kind, message, line and col, as all of the language does. */
  parse(sx: string): unknown[];
  /** The value of the last form, as text. */
  evaluate(sx: string): string;
  /** Markup as nodes that are in no document yet. */
  render(sx: string): DocumentFragment;
  /** Markup as HTML. */
  renderToString(sx: string): string;
  /** Adds component definitions. */
  loadComponents(sx: string): void;
  /**
   * Sends (name :key value …) over the socket of a region, given by its source or an element in it, and
   * repeats it after a reconnection until it is acknowledged. With `first`, its markup is appended to a slot
   * until the server's own arrives under the message's id as key, or taken away when the server refuses the
   * message; `back` is called then. Gives that id; "" when 100 are waiting.
   */
  send(
    target: string | Element,
    name: string,
    args?: object,
    first?: { id: string; sx?: string; html?: string },
    back?: () => void,
  ): string;
  /** Connects the live regions of this tab, those that have ended too. */
  connect(): void;
  /** Ends this tab's part in live connections. */
  disconnect(): void;
  /** Looks for slots, regions and triggers below a node. New elements of the page are found without it. */
  process(root?: ParentNode): void;
}

/** Events, all of them bubbling: on the region, the slot, or the element that asked; on the document else. */
interface SxEventMap {
  "sx:open": CustomEvent<undefined>;
  "sx:close": CustomEvent<{ status?: number }>;
  /** `delay`: ms until the next attempt. */
  "sx:retry": CustomEvent<{ delay: number }>;
  "sx:resolve": CustomEvent<SxFrame>;
  "sx:signals": CustomEvent<Record<string, unknown>>;
  /** `message`: why the server refused it. */
  "sx:ack": CustomEvent<{ id: string; message?: string }>;
  "sx:error": CustomEvent<SxProblem>;
}

declare const Sx: Sx;
interface Window {
  Sx: Sx;
}
interface DocumentEventMap extends SxEventMap {}
interface HTMLElementEventMap extends SxEventMap {}
