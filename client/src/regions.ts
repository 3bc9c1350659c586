// Live regions: [data-sx-live] elements, the sources they name, and the one request that carries all of
// them. A source's cursor is kept here, so that whoever connects next goes on where the last one stopped.

import { type Frame, enqueue, host } from "./frame"
import { fire, report } from "./report"
import { Link, type Phase } from "./retry"
import { type Event, stream } from "./sse"

interface Source {
  _src: string
  _els: Set<Element>
  _cursor: string
  /** Refused or closed by the server: not asked for again. */
  _over: boolean
}

const sources = new Map<string, Source>()
let hash = ""

/** Remembers which definitions are loaded. */
export const loaded = (h: string) => {
  hash = h
}

const PHASES = ["connecting", "live", "reconnecting", "offline"].map((p) => "sx-" + p)
const offline = new WeakMap<Element, number>()

/** Shows the phase of a connection on a region. */
export function show(e: Element, phase: Phase, detail?: { delay?: number; status?: number }) {
  const cls = "sx-" + phase
  clearTimeout(offline.get(e))
  if (!e.classList.contains(cls) || phase != "reconnecting") {
    e.classList.remove(...PHASES)
    if (phase != "closed") e.classList.add(cls)
  }
  // Short interruptions are nobody's business.
  if (phase == "reconnecting")
    offline.set(e, setTimeout(() => e.classList.add("sx-offline"), 500) as unknown as number)
  if (phase == "live") fire(e, "open")
  if (phase == "closed") fire(e, "close", detail)
  if (phase == "reconnecting" && detail) fire(e, "retry", detail)
}

const link = new Link(
  (l) => stream(l, address(), take, () => false),
  (phase, detail) => {
    for (const s of sources.values()) if (!s._over) for (const e of s._els) show(e, phase, detail)
  },
)

function address(): string {
  const q: string[] = []
  for (const s of sources.values())
    if (!s._over) q.push("s=" + encodeURIComponent(s._src) + "&c=" + encodeURIComponent(s._cursor))
  if (hash) q.push("defs=" + encodeURIComponent(hash))
  return "/_sx/live?" + q.join("&")
}

/** Takes one event of the stream. */
function take(e: Event) {
  let f: Frame
  try {
    f = JSON.parse(e.data)
  } catch (err) {
    return report("event", "app", err)
  }
  f.event = e.type == "message" ? "" : e.type
  const list = f.src == undefined ? [...sources.values()] : [sources.get(f.src)]
  for (const s of list) {
    if (!s) continue
    if (f.event == "sx-reset") {
      // What follows is a snapshot. Slots that append without keys start from nothing.
      s._cursor = ""
      for (const r of s._els) for (const b of r.querySelectorAll("[data-suspense]")) host.stale.add(b)
    }
    if (f.event == "sx-close" || (f.event == "sx-error" && f.status)) over(s, f)
    if (e.own && (f.src != undefined || list.length == 1)) s._cursor = e.id
  }
  if (f.event == "sx-drain") return link._lost(f.delay || 0)
  if (f.event == "sx-close" || f.event == "sx-reset") return
  if (f.event == "sx-error" && f.status) return
  enqueue(f)
}

function over(s: Source, f: Frame) {
  s._over = true
  for (const e of s._els) show(e, "closed", { status: f.status })
  if (f.event == "sx-error") report("source", "app", f.message || "refused: " + f.status, [...s._els][0], { src: s._src, status: f.status })
  if ([...sources.values()].every((x) => x._over)) link._end()
}

let planned = false

/** Finds the regions that came and went; connects anew when the set of sources has changed. */
export function scan() {
  if (planned) return
  planned = true
  queueMicrotask(() => {
    planned = false
    let changed = false
    const seen = new Set<Element>()
    for (const e of document.querySelectorAll("[data-sx-live]")) {
      const src = e.getAttribute("data-sx-live")!
      seen.add(e)
      let s = sources.get(src)
      if (!s) {
        s = { _src: src, _els: new Set(), _cursor: e.getAttribute("data-sx-cursor") || "", _over: false }
        sources.set(src, s)
        changed = true
      }
      if (!s._els.has(e)) {
        s._els.add(e)
        if (link._phase && !s._over) show(e, link._phase)
      }
    }
    for (const s of sources.values()) {
      for (const e of s._els) if (!seen.has(e) || e.getAttribute("data-sx-live") != s._src) s._els.delete(e)
      if (!s._els.size) {
        sources.delete(s._src)
        changed = !s._over || changed
      }
    }
    if (!changed) return
    ;[...sources.values()].some((s) => !s._over) ? link._start() : link._phase && link._end()
  })
}

/** Connects, even what has ended. */
export function connect() {
  for (const s of sources.values()) s._over = false
  scan()
  if (sources.size) link._start()
}

/** Ends the connection until connect(). */
export const disconnect = () => link._end()
