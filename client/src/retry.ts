// How a connection comes back: full-jitter exponential backoff, at once when the network, the tab or the
// page returns, a limit on connecting, and an end to waiting for a line that has gone silent.

/** Shortest and longest base of the backoff, ms. */
const FIRST = 500;
const LONGEST = 30_000;
const CONNECT = 15_000;
/** Keep-alives come every 15 s; three missed ones are a dead line. */
const SILENCE = 45_000;
const HIDDEN = 60_000;

export type Phase = "connecting" | "live" | "reconnecting" | "closed";

export interface Detail {
  delay?: number;
  status?: number;
}

/** A line that comes back. */
export interface Link {
  _phase: Phase | "";
  /** Attempts since something useful was heard. */
  _tries: number;
  /** Shortest base of the backoff. */
  _base: number;
  /** Connects now, dropping what there is. */
  _start(): void;
  /** The line is open. */
  _up(): void;
  /** Something was heard. */
  _alive(): void;
  /** The line is gone; it comes back after `delay` ms, or the backoff's. */
  _lost(delay?: number): void;
  /** No more, until _start. `quiet`: and nothing to show. */
  _end(status?: number, quiet?: boolean): void;
  /** Waiting, or resting, is pointless now. */
  _wake(): void;
  /** The page, or the tab, is out of sight. */
  _pause(idle?: boolean): void;
}

const links = new Set<Link>();

/**
 * Makes a line that `dial` opens, giving the way to drop it; `show` is told of each phase, `heard` of everything that was
 * heard, `idle` that the tab has been hidden for long. A line that says nothing for `silence` ms is dead; 0: never.
 */
export function connection(
  dial: (l: Link) => () => void,
  show: (phase: Phase, detail?: Detail) => void,
  silence = SILENCE,
  heard = () => {},
  idle = () => {},
): Link {
  let timer = 0;
  let paused = false;
  let hang: (() => void) | undefined;
  const wait = (ms: number, then: () => void) => {
    clearTimeout(timer);
    timer = setTimeout(then, ms) as unknown as number;
  };
  const set = (p: Phase, detail?: Detail) => show((link._phase = p), detail);
  const drop = () => {
    clearTimeout(timer);
    const h = hang;
    hang = undefined;
    h?.();
  };
  const lost = () => link._lost();
  const link: Link = {
    _phase: "",
    _tries: 0,
    _base: FIRST,
    _start() {
      links.add(link);
      drop();
      paused = false;
      set(link._tries || link._phase == "live" ? "reconnecting" : "connecting");
      wait(CONNECT, lost);
      hang = dial(link);
    },
    _up() {
      set("live");
      link._alive();
    },
    _alive() {
      heard();
      silence ? wait(silence, lost) : clearTimeout(timer);
    },
    _lost(delay = Math.random() * Math.min(LONGEST, link._base * 2 ** link._tries)) {
      drop();
      link._tries++;
      set("reconnecting", { delay });
      wait(delay, link._start);
    },
    _end(status, quiet) {
      links.delete(link);
      drop();
      if (quiet) link._phase = "";
      else if (link._phase != "closed") set("closed", { status });
    },
    _wake() {
      if (paused || (link._phase == "reconnecting" && !hang)) link._start();
    },
    _pause(long) {
      drop();
      paused = true;
      if (long) idle();
    },
  };
  return link;
}

let hidden: ReturnType<typeof setTimeout> | undefined;
const each = (f: (l: Link) => void) => [...links].forEach(f);
const look = () => {
  clearTimeout(hidden);
  if (document.hidden) hidden = setTimeout(() => each(l => l._pause(true)), HIDDEN);
  else each(l => l._wake());
};
// Open lines keep a page out of the back/forward cache.
addEventListener("pagehide", () => each(l => l._pause()));
for (const type of ["online", "pageshow"]) addEventListener(type, () => each(l => l._wake()));
document.addEventListener("visibilitychange", look);

/** Milliseconds that a Retry-After header asks for. */
export function retryAfter(h: string | null): number | undefined {
  const ms = h ? (/^\d+$/.test(h) ? +h * 1000 : Date.parse(h) - Date.now()) : -1;
  return ms >= 0 ? Math.min(ms, 3_600_000) : undefined;
}
