// Server-Sent Events: the format (WHATWG HTML, "Parsing an event stream", "Interpreting an event
// stream") and one connection. Unlike EventSource it sees statuses and headers, can be told to stop
// waiting, and does not give up after the first error.

import { type Link, retryAfter } from "./retry";

export interface Event {
  type: string;
  data: string;
  /** The last event id, which persists from event to event. */
  id: string;
  /** Did this event set it? */
  own: boolean;
}

/** Reads decoded text in pieces of any size, calling `on` per event and `retry` for each valid retry field. */
export function reader(on: (e: Event) => void, retry?: (ms: number) => void) {
  let rest = "";
  let lf = false; // the last piece ended in CR: a LF at the start of the next belongs to it
  let id = "";
  let own = false;
  let type = "";
  let data = "";
  const line = (s: string) => {
    if (!s) {
      if (data) on({ type: type || "message", data: data.slice(0, -1), id, own });
      type = data = "";
      own = false;
    }
    const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(s)!;
    if (name == "data") data += value + "\n";
    else if (name == "event") type = value;
    else if (name == "id" && !value.includes("\0")) {
      id = value;
      own = true;
    } else if (name == "retry" && /^\d+$/.test(value)) retry?.(+value);
  };
  return (piece: string) => {
    if (!piece) return;
    const lines = (rest + (lf && piece[0] == "\n" ? piece.slice(1) : piece)).split(/\r\n?|\n/);
    lf = piece.endsWith("\r");
    rest = lines.pop()!;
    lines.forEach(line);
  };
}

/** Reads a response's events to the end, calling `heard` for whatever comes. */
export async function pump(body: ReadableStream<Uint8Array>, push: (piece: string) => void, heard?: () => void) {
  const text = new TextDecoder();
  for (const from = body.getReader(); ;) {
    const { done, value } = await from.read();
    if (done) return;
    heard?.();
    push(text.decode(value, { stream: true }));
  }
}

/** Opens a stream; gives the way to drop it. */
export function stream(l: Link, url: string, on: (e: Event) => void): () => void {
  const ctl = new AbortController();
  const { signal } = ctl;
  const lost = (delay?: number) => signal.aborted || l._lost(delay);
  const run = async () => {
    const r = await fetch(url, { signal, headers: { Accept: "text/event-stream" }, cache: "no-store" });
    const { status } = r;
    if (/^(204|40[134])$/.test("" + status)) return l._end(status);
    if (!r.ok || !r.body || !/^text\/event-stream\b/i.test(r.headers.get("content-type") || ""))
      return lost(retryAfter(r.headers.get("retry-after")));
    l._up();
    await pump(
      r.body,
      reader(
        e => {
          l._tries = 0;
          signal.aborted || on(e);
        },
        ms => (l._base = Math.min(ms, 30_000)),
      ),
      () => signal.aborted || l._alive(),
    );
    lost();
  };
  run().catch(() => lost());
  return () => ctl.abort();
}
