// Live regions: [data-sx-live] elements, the sources they name, and the one request that carries all of
// them. A source's cursor is kept in every tab, so that whoever connects next goes on where the last stopped.

import { behind } from "./cursor";
import { loading, type Owned, pending } from "./dom";
import { Name } from "./names.gen";
import { type Frame, enqueue, fills, host } from "./frame";
import { asked } from "./morph";
import { fire, report } from "./report";
import { hash } from "./language";
import { connection, type Detail, type Phase } from "./retry";
import { join, leave, others, say, type Wish, yieldLead } from "./share";
import { type Event, stream } from "./sse";

interface Source {
  _src: string;
  _els: Set<Element>;
  _cursor: string;
  /** The newest event so far: a stream that begins earlier for a new slot repeats others. */
  _newest?: string;
  /** Refused or closed by the server: not asked for again. */
  _over: boolean;
  /** Connections that asked for it. */
  _lives: number;
  /** The newest value of each slot, for one that comes later. */
  _last: Map<string, Frame>;
}

const sources = new Map<string, Source>();

const offline = new WeakMap<Element, ReturnType<typeof setTimeout>>();

/** Shows the phase of a connection on a region. */
export function show(e: Element, phase: Phase, detail?: Detail) {
  const cls = "sx-" + phase;
  const list = e.classList;
  const had = list.contains(cls);
  if (!had) {
    clearTimeout(offline.get(e));
    list.remove("sx-connecting", "sx-live", "sx-reconnecting", "sx-offline");
    if (phase != "closed") list.add(cls);
    // Short interruptions are nobody's business.
    if (phase == "reconnecting") offline.set(e, setTimeout(() => list.add(Name.ClassOffline), 500));
    if (phase == "live") fire(e, "open");
  }
  if (phase == "closed") fire(e, "close", detail);
  if (phase == "reconnecting" && detail) fire(e, "retry", detail);
}

let phase: Phase | "" = "";

function showAll(p: Phase, detail?: Detail) {
  phase = p;
  for (const s of sources.values())
    if (!s._over) {
      if (p == "live") s._lives++;
      for (const e of s._els) show(e, p, detail);
    }
}

// As leader: where the stream stands for each source of any tab.
let at = new Map<string, string>();
let defs = "";

const link = connection(
  l => {
    const q = new URLSearchParams();
    for (const [s, c] of at) {
      q.append(Name.ParamSource, s);
      q.append(Name.ParamCursor, c);
    }
    if (defs) q.append(Name.ParamDefs, defs);
    return stream(l, Name.LivePath + "?" + q, hear);
  },
  (p, detail) => {
    showAll(p, detail);
    say([p, detail]);
  },
  undefined,
  () => say([phase]),
  yieldLead,
);

const roles = {
  _wish(): Wish {
    const srcs: Wish["_srcs"] = {};
    for (const s of sources.values()) if (!s._over) srcs[s._src] = s._cursor;
    return { _srcs: srcs, _hidden: document.hidden, _defs: hash };
  },
  _plan() {
    const wishes = [roles._wish(), ...others.values()];
    const next = new Map<string, string>();
    let anew = false;
    for (const w of wishes)
      for (const [src, c] of Object.entries(w._srcs)) {
        const old = next.get(src) ?? at.get(src);
        // A tab that is behind the stream makes it begin earlier; the others leave out what they have.
        const earlier = old == undefined || (c != old && (!c || (old && !behind(old, c))));
        // Whoever is not connected may have missed more than a snapshot repeats.
        if (earlier && old && !c && phase != "live") pass({ event: Name.EventReset, src });
        anew ||= !!earlier;
        next.set(src, earlier ? c : old);
      }
    const common = wishes.every(w => w._defs == hash) ? hash : "";
    anew ||= next.size != at.size || (defs != "" && !common);
    at = next;
    defs = common;
    if (!at.size) link._phase && link._end();
    else if (anew || !link._phase || link._phase == "closed") link._start();
    else {
      if (wishes.some(w => !w._hidden)) link._wake();
      say([phase]);
    }
  },
  _rest() {
    at.clear();
    link._end(0, true);
  },
  _take(m: unknown) {
    const [p, x, id] = m as [Phase | "frame", unknown, string];
    if (p == "frame") deliver(x as Frame, id);
    else if (p != phase || x) showAll(p, x as Detail);
  },
};

/** As leader, takes one event of the stream. */
function hear(e: Event) {
  try {
    const f = JSON.parse(e.data) as Frame;
    f.event = e.type == "message" ? "" : e.type;
    if (f.event == Name.EventDrain) return link._lost(f.delay || 0);
    const src = f.src ?? (at.size == 1 ? [...at.keys()][0] : undefined);
    if (src != undefined && at.has(src)) {
      if (f.event == Name.EventReset) at.set(src, "");
      else if (e.own) at.set(src, e.id);
      if (ends(f)) at.delete(src);
    }
    pass(f, e.own ? e.id : "");
    if (!at.size) link._end();
  } catch (err) {
    report("event", "app", err);
  }
}

const ends = (f: Frame) => f.event == Name.EventClose || (f.event == Name.EventError && f.status);

function pass(f: Frame, id?: string) {
  say(["frame", f, id]);
  deliver(f, id);
}

/** Takes a frame that concerns a source of any tab. */
function deliver(f: Frame, id?: string) {
  const s = f.src == undefined && sources.size == 1 ? [...sources.values()][0] : sources.get(f.src!);
  if (f.event == Name.EventDefs) return sources.size && enqueue(f);
  if (!s || s._over) return;
  if (id) {
    if (behind(id, s._cursor)) return;
    s._cursor = id;
    // What it repeats is for slots that have not had it yet.
    if (behind(id, s._newest)) {
      if (f.id == undefined) return;
    } else s._newest = id;
  }
  if (f.event == Name.EventReset) {
    s._cursor = "";
    s._last.clear();
  } else if (ends(f)) {
    s._over = true;
    for (const e of s._els) show(e, "closed", { status: f.status });
    if (f.status == 409) return host.renew(s._els);
    if (f.status)
      report("source", "app", f.message || "refused: " + f.status, [...s._els][0], { src: s._src, status: f.status });
    // It was not refused before: what the page's guards let pass may be over.
    if (s._lives > 1 && f.status! < 404) host.renew(s._els, true);
    return;
  }
  f = { ...f, _els: s._els, _at: id, _seen: ++host._seen };
  if (fills(f)) s._last.set(f.id!, f);
  enqueue(f);
}

let planned = false;
let forced = false;
let stopped = false;

/** Finds the regions that came and went; tells the leader when the set of sources has changed. */
export function scan(force?: boolean) {
  forced ||= !!force;
  if (planned) return;
  planned = true;
  queueMicrotask(() => {
    let changed = forced;
    planned = forced = false;
    for (const s of sources.values())
      for (const e of s._els) if (!e.isConnected || e.getAttribute(Name.AttrLive) != s._src) s._els.delete(e);
    for (const e of document.querySelectorAll<Owned>(`[${Name.AttrLive}]`)) {
      const src = e.getAttribute(Name.AttrLive)!;
      const c = e.getAttribute(Name.AttrCursor) || "";
      let s = sources.get(src);
      if (!s) {
        sources.set(src, (s = { _src: src, _els: new Set(), _cursor: c, _over: false, _lives: 0, _last: new Map() }));
        changed = true;
      }
      // A slot that came with a page shows what the page had: the stream begins there again, for this slot alone.
      // One that came in a frame is as new as the frame, one of an answer as new as its question.
      const came = e.$came || !s._els.has(e) || loading;
      e.$came = false;
      for (const x of e.querySelectorAll<Owned>(`[${Name.AttrSuspense}]`))
        if (x.$upto == undefined && x.closest(`[${Name.AttrLive}]`) == e) {
          x.$upto = came && !pending(x) ? c : "";
          if (came && s._cursor && c != s._cursor && !behind(s._cursor, c)) {
            s._cursor = c;
            changed = true;
          }
          const last = !came && s._last.get(x.getAttribute(Name.AttrSuspense)!);
          if (last && (pending(x) || last._seen! > asked!)) enqueue(last);
        }
      if (!s._els.has(e)) {
        s._els.add(e);
        if (!s._over) show(e, phase && phase != "closed" ? phase : "connecting");
      }
    }
    for (const s of sources.values())
      if (!s._els.size) {
        sources.delete(s._src);
        changed ||= !s._over;
      }
    if (changed && !stopped) join(roles);
  });
}

/** Connects, even what has ended. */
export function connect() {
  stopped = false;
  for (const s of sources.values()) s._over = false;
  scan(true);
}

/** Ends this tab's part in the connection until connect(). */
export function disconnect() {
  stopped = true;
  leave();
  showAll("closed");
}

/** The tab is shown, hidden, kept by the back/forward cache, or back from it. */
export function regions() {
  addEventListener("pagehide", leave);
  addEventListener("pageshow", e => e.persisted && scan(true));
  document.addEventListener("visibilitychange", () => sources.size && !stopped && join(roles));
}
