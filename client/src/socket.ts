// WebSocket regions: [data-sx-ws]. Frames come in an envelope; what goes out is one SX list as text, wrapped
// as (send "ID" …) and kept until the server has acknowledged it, across reconnections too.

import { Name } from "./names.gen";
import { type Frame, enqueue, host, resolve } from "./frame";
import { show } from "./regions";
import { fire, report } from "./report";
import { connection, type Link } from "./retry";

/** Messages kept while there is no line; further ones are refused. */
const WAITING = 100;

interface Line {
  _src: string;
  _els: Set<Element>;
  _ws: WebSocket | undefined;
  _cursor: string;
  _sent: Map<string, string>;
  /** What takes away what was shown of a message, when it is refused or the server's own comes. */
  _undo: Map<string, (refused?: boolean) => void>;
  /** Hash of the definitions that it has brought. */
  _defs?: string;
  _link: Link;
}

const lines = new Map<string, Line>();

function open(src: string): Line {
  const line: Line = { _src: src, _els: new Set(), _ws: undefined, _cursor: "", _sent: new Map(), _undo: new Map(), _link: undefined! };
  line._link = connection(
    l => {
      const url = new URL(src, location.href);
      url.protocol = url.protocol.replace("http", "ws");
      if (line._cursor) url.searchParams.set(Name.ParamLastEventID, line._cursor);
      if (line._defs) url.searchParams.set("defs", line._defs);
      const ws = (line._ws = new WebSocket(url, "sx.v1"));
      let dead = false;
      ws.onopen = () => {
        l._up();
        for (const m of line._sent.values()) ws.send(m);
      };
      ws.onmessage = e => {
        l._tries = 0;
        l._alive();
        hear(line, String(e.data));
      };
      // 1008: we broke a rule; 4401 and the like: what a status would have said.
      ws.onclose = ({ code }) => {
        if (dead) return;
        if (!/^(1008|440[134])$/.test("" + code)) return l._lost();
        l._end(code);
        if (code > 4000) host.renew(line._els, true);
      };
      return () => {
        dead = true;
        ws.close();
      };
    },
    (phase, detail) => line._els.forEach(e => show(e, phase, detail)),
    0, // the browser answers pings without telling us
  );
  return line;
}

function hear(line: Line, text: string) {
  try {
    const m = JSON.parse(text) as { event: string; id?: string; data: Frame };
    const f = m.data;
    if ((f._at = m.id || "")) line._cursor = m.id!;
    f.event = m.event;
    f._els = line._els;
    if (m.event == Name.EventAck) {
      line._sent.delete(f.id!);
      if (f.message) line._undo.get(f.id!)?.(true);
      line._undo.delete(f.id!);
      return line._els.forEach(e => fire(e, "ack", f));
    }
    if (m.event == Name.EventClose) return line._link._end();
    if (m.event == Name.EventDrain) return line._link._lost(f.delay);
    if (m.event == Name.EventReset) line._cursor = "";
    // It takes the place that it has for everybody.
    if (f.key) line._undo.get(f.key)?.();
    line._undo.delete(f.key!);
    if (m.event == Name.EventDefs) {
      line._defs = f.hash;
      delete f.hash; // that of streams is another one
    }
    enqueue(f);
  } catch (e) {
    report("message", "app", e, [...line._els][0]);
  }
}

const quote = (s: string) =>
  '"' + s.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\0/g, "\\0") + '"';

/** A value as wire text. */
function write(v: unknown): string {
  if (v == undefined) return "nil";
  if (typeof v == "string") return quote(v);
  if (Array.isArray(v)) return "[" + v.map(write).join(" ") + "]";
  if (typeof v == "object")
    return (
      "{" +
      Object.entries(v)
        .map(([k, x]) => quote(k) + " " + write(x))
        .join(" ") +
      "}"
    );
  return String(v);
}

/** What Sx.send takes besides: markup to show until the server's own arrives under the same key. */
export interface Optimistic {
  id: string;
  sx?: string;
  html?: string;
}

/**
 * Sends the message (name :key value …), or a whole list given in place of the name, over the socket of a region,
 * named by its source or an element in it. Gives the message's id; an empty string when too many are waiting.
 * Should the server refuse it, `first` is taken away and `back` called.
 */
export function send(target: string | Element, name: string, args: object = {}, first?: Optimistic, back?: () => void) {
  const src = typeof target == "string" ? target : target.closest(`[${Name.AttrWS}]`)?.getAttribute(Name.AttrWS);
  const line = lines.get(src || "");
  if (!line) return (report("send", "app", "no socket region " + (src || "around the element")), "");
  if (line._sent.size >= WAITING)
    return (report("send", "network", "too many messages are waiting", [...line._els][0]), "");
  const id = crypto.randomUUID ? crypto.randomUUID() : Date.now() + "-" + Math.random();
  const list = Object.entries(args).map(([k, v]) => (/^[\p{L}_][\p{L}\w.-]*$/u.test(k) ? ` :${k} ${write(v)}` : ""));
  const text = `(send ${quote(id)} ${name[0] == "(" ? name : `(${name}${list.join("")})`})`;
  line._sent.set(id, text);
  line._undo.set(id, refused => {
    if (first) enqueue({ id: first.id, mode: "remove", key: id });
    if (refused) back?.();
  });
  if (line._ws?.readyState == 1) line._ws.send(text);
  if (first) resolve({ mode: "append", key: id, ...first });
  return id;
}

/** Finds the socket regions that came and went. */
export function sockets() {
  const seen = new Set<Element>();
  for (const e of document.querySelectorAll(`[${Name.AttrWS}]`)) {
    const src = e.getAttribute(Name.AttrWS)!;
    seen.add(e);
    let line = lines.get(src);
    const fresh = !line;
    if (!line) lines.set(src, (line = open(src)));
    if (!line._els.has(e)) {
      line._els.add(e);
      line._cursor ||= e.getAttribute(Name.AttrCursor) || "";
      if (line._link._phase) show(e, line._link._phase);
    }
    if (fresh) line._link._start();
  }
  for (const line of lines.values()) {
    for (const e of line._els) if (!seen.has(e) || e.getAttribute(Name.AttrWS) != line._src) line._els.delete(e);
    if (!line._els.size) {
      line._link._end();
      lines.delete(line._src);
    }
  }
}
