// Live regions: [data-sx-live] elements, the sources they name, and the one request that carries all of
// them. A source's cursor is kept in every tab, so that whoever connects next goes on where the last stopped.

import { Name } from "./names.gen";
import { type Frame, enqueue, host } from "./frame";
import { fire, report } from "./report";
import { Link, type Phase } from "./retry";
import { Crowd, type Wish } from "./share";
import { type Event, stream } from "./sse";

interface Source {
  _src: string;
  _els: Set<Element>;
  _cursor: string;
  /** The cursor that the page was rendered with. */
  _page: string;
  /** Refused or closed by the server: not asked for again. */
  _over: boolean;
}

const sources = new Map<string, Source>();
let hash = "";

/** Remembers which definitions are loaded. */
export const loaded = (h: string) => {
  hash = h;
};

type Detail = { delay?: number; status?: number };
const PHASES = ["connecting", "live", "reconnecting", "offline"].map(p => "sx-" + p);
const offline = new WeakMap<Element, number>();

/** Shows the phase of a connection on a region. */
export function show(e: Element, phase: Phase, detail?: Detail) {
  const cls = "sx-" + phase;
  const had = e.classList.contains(cls);
  if (!had) {
    clearTimeout(offline.get(e));
    e.classList.remove(...PHASES);
    if (phase != "closed") e.classList.add(cls);
    // Short interruptions are nobody's business.
    if (phase == "reconnecting")
      offline.set(e, setTimeout(() => e.classList.add(Name.ClassOffline), 500) as unknown as number);
  }
  if (phase == "live" && !had) fire(e, "open");
  if (phase == "closed") fire(e, "close", detail);
  if (phase == "reconnecting" && detail) fire(e, "retry", detail);
}

let phase: Phase | "" = "";

function showAll(p: Phase, detail?: Detail) {
  phase = p;
  for (const s of sources.values()) if (!s._over) for (const e of s._els) show(e, p, detail);
}

// As leader: where the stream stands for each source of any tab.
let at = new Map<string, string>();
let defs = "";

const link = new Link(
  l => stream(l, address(), hear),
  (p, detail) => {
    showAll(p, detail);
    crowd._say([p, detail]);
  },
);
link._heard = () => crowd._say([phase]);
link._idle = () => crowd._yield();

function address(): string {
  const q = [...at].map(([s, c]) => "s=" + encodeURIComponent(s) + "&c=" + encodeURIComponent(c));
  if (defs) q.push("defs=" + encodeURIComponent(defs));
  return Name.LivePath + "?" + q.join("&");
}

const crowd = new Crowd({
  wish() {
    const srcs: Wish["_srcs"] = {};
    for (const s of sources.values()) if (!s._over) srcs[s._src] = s._cursor;
    return { _srcs: srcs, _hidden: document.hidden, _defs: hash };
  },
  plan() {
    const wishes = [this.wish(), ...crowd._others.values()];
    const next = new Map<string, string>();
    let anew = false;
    for (const w of wishes)
      for (const [src, c] of Object.entries(w._srcs)) {
        const old = next.get(src) ?? at.get(src);
        // A tab that is behind the stream makes it begin earlier; the others leave out what they have.
        if (old == undefined || (c != old && (!c || (old && !behind(old, c))))) {
          if (old && !c) pass({ event: Name.EventReset, src }, "");
          anew = true;
          next.set(src, c);
        } else next.set(src, old);
      }
    const common = wishes.every(w => w._defs == hash) ? hash : "";
    if (common != defs && !common) anew = true;
    anew ||= next.size != at.size;
    at = next;
    defs = common;
    if (!at.size) link._phase && link._end();
    else if (anew || !link._phase || link._phase == "closed") link._start();
    else {
      if (wishes.some(w => !w._hidden)) link._wake();
      crowd._say([phase]);
    }
  },
  rest() {
    at.clear();
    link._rest();
  },
  take(m) {
    const [p, x, id] = m as [Phase | "frame", unknown, string];
    if (p == "frame") deliver(x as Frame, id);
    else if (p != phase || x) showAll(p, x as Detail);
  },
});

/** Is cursor a of an earlier event than b, or the same? */
function behind(a: string, b: string): boolean {
  const i = a.lastIndexOf("-");
  return a.slice(0, i) == b.slice(0, b.lastIndexOf("-")) && +a.slice(i + 1) <= +b.slice(i + 1);
}

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

function pass(f: Frame, id: string) {
  crowd._say(["frame", f, id]);
  deliver(f, id);
}

/** Takes a frame that concerns a source of any tab. */
function deliver(f: Frame, id: string) {
  const s = f.src == undefined && sources.size == 1 ? [...sources.values()][0] : sources.get(f.src!);
  if (f.event == Name.EventDefs) {
    if (sources.size) enqueue(f);
    return;
  }
  if (!s || s._over) return;
  if (id) {
    if (s._cursor && behind(id, s._cursor)) return;
    s._cursor = id;
  }
  if (f.event == Name.EventReset) {
    s._cursor = "";
    enqueue({ ...f, _els: s._els });
  } else if (ends(f)) {
    s._over = true;
    for (const e of s._els) show(e, "closed", { status: f.status });
    if (f.status == 409) renew(s);
    else if (f.status)
      report("source", "app", f.message || "refused: " + f.status, [...s._els][0], { src: s._src, status: f.status });
  } else enqueue(f);
}

/** Fetches a region anew whose address has expired; its place among the regions of the page is the same. */
async function renew(s: Source) {
  try {
    const r = await fetch(location.href, { headers: { "Sx-Request": "1", Accept: "text/html" } });
    if (r.ok) host.renew(s._els, await r.text());
  } catch (e) {
    report("region", "network", e, [...s._els][0]);
  }
}

let planned = false;

/** Finds the regions that came and went; tells the leader when the set of sources has changed. */
export function scan(force = false) {
  if (planned && !force) return;
  planned = true;
  queueMicrotask(() => {
    planned = false;
    let changed = force;
    const seen = new Set<Element>();
    for (const e of document.querySelectorAll(`[${Name.AttrLive}]`)) {
      const src = e.getAttribute(Name.AttrLive)!;
      seen.add(e);
      const c = e.getAttribute(Name.AttrCursor) || "";
      let s = sources.get(src);
      if (!s) {
        s = { _src: src, _els: new Set(), _cursor: c, _page: c, _over: false };
        sources.set(src, s);
        changed = true;
      } else if (c != s._page && s._els.has(e)) {
        // The page was rendered again: what it shows is as old as its cursor.
        if (c != s._cursor) changed = true;
        s._cursor = s._page = c;
      }
      if (!s._els.has(e)) {
        s._els.add(e);
        if (!s._over) show(e, phase && phase != "closed" ? phase : "connecting");
      }
    }
    for (const s of sources.values()) {
      for (const e of s._els) if (!seen.has(e) || e.getAttribute(Name.AttrLive) != s._src) s._els.delete(e);
      if (!s._els.size) {
        sources.delete(s._src);
        changed = !s._over || changed;
      }
    }
    if (changed && !stopped) crowd._join();
  });
}

let stopped = false;

/** Connects, even what has ended. */
export function connect() {
  stopped = false;
  for (const s of sources.values()) s._over = false;
  scan(true);
}

/** Ends this tab's part in the connection until connect(). */
export function disconnect() {
  stopped = true;
  crowd._leave();
  showAll("closed");
}

/** The tab is shown, hidden, kept by the back/forward cache, or back from it. */
export function regions() {
  addEventListener("pagehide", () => crowd._leave());
  addEventListener("pageshow", e => e.persisted && scan(true));
  document.addEventListener("visibilitychange", () => sources.size && !stopped && crowd._join());
}
