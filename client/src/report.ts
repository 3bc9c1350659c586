// The one way to report a problem: the console, and an sx:error event that bubbles from where it happened.

/** Who can mend it: the line, the application, or this script. */
export type Blame = "network" | "app" | "internal";

/** What an sx:error event carries. */
export interface Problem {
  kind: string;
  blame: Blame;
  message: string;
  cause?: unknown;
  [more: string]: unknown;
}

/** Dispatches a bubbling sx:* event. */
export const fire = (at: EventTarget, name: string, detail?: unknown) =>
  at.dispatchEvent(new CustomEvent("sx:" + name, { bubbles: true, detail }));

const told = new Set<string>();

export function report(kind: string, blame: Blame, cause: unknown, at: EventTarget = document, more: object = {}) {
  const message = cause instanceof Error ? cause.message : String(cause);
  // A stream that repeats a bad frame each second is one problem, not many.
  const once = kind + message;
  if (told.has(once)) return;
  if (told.size < 1000) told.add(once);
  console.error("sx: " + kind + ": " + message);
  fire(at, "error", { kind, blame, message, cause, ...more });
}
