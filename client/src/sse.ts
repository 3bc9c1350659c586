// Server-Sent Events over fetch: the reader of the WHATWG rules (HTML Standard, "Interpreting an event
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
  const end = /\r\n?|\n/g;
  let rest = "";
  let lf = false; // the last piece ended in CR: a LF at the start of the next belongs to it
  let type = "";
  let data = "";
  let id = "";
  let own = false;
  const line = (s: string) => {
    if (!s) {
      if (data) on({ type: type || "message", data: data.slice(0, -1), id, own });
      type = data = "";
      own = false;
      return;
    }
    const c = s.indexOf(":");
    if (!c) return;
    const name = c < 0 ? s : s.slice(0, c);
    const value = c < 0 ? "" : s.slice(s[c + 1] == " " ? c + 2 : c + 1);
    if (name == "data") data += value + "\n";
    else if (name == "event") type = value;
    else if (name == "id") {
      if (!value.includes("\0")) {
        id = value;
        own = true;
      }
    } else if (name == "retry" && /^\d+$/.test(value)) retry?.(+value);
  };
  return (piece: string) => {
    if (!piece) return;
    if (lf && piece[0] == "\n") piece = piece.slice(1);
    const text = rest + piece;
    let at = 0;
    end.lastIndex = rest.length;
    for (let m; (m = end.exec(text)); at = end.lastIndex) line(text.slice(at, m.index));
    rest = text.slice(at);
    lf = piece ? piece.endsWith("\r") : false;
  };
}

/** Opens a stream; gives the way to drop it. */
export function stream(l: Link, url: string, on: (e: Event) => void): () => void {
  const ctl = new AbortController();
  const { signal } = ctl;
  const run = async () => {
    const r = await fetch(url, { signal, headers: { Accept: "text/event-stream" }, cache: "no-store" });
    const { status } = r;
    if (status == 204 || status == 401 || status == 403 || status == 404) return l._end(status);
    if (!r.ok || !r.body || !/^text\/event-stream\b/i.test(r.headers.get("content-type") || ""))
      return l._lost(retryAfter(r.headers.get("retry-after")));
    l._up();
    const push = reader(
      e => {
        l._good();
        if (!signal.aborted) on(e);
      },
      ms => (l._base = Math.min(ms, 30_000)),
    );
    const text = new TextDecoder();
    const body = r.body.getReader();
    for (;;) {
      const { done, value } = await body.read();
      if (done || signal.aborted) break;
      l._alive();
      push(text.decode(value, { stream: true }));
    }
    if (!signal.aborted) l._lost();
  };
  run().catch(() => signal.aborted || l._lost());
  return () => ctl.abort();
}
