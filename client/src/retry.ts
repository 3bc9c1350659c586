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

const links = new Set<Link>();

export class Link {
  _tries = 0;
  _base = FIRST;
  _phase: Phase | "" = "";
  _timer = 0;
  _hang: (() => void) | undefined;
  /** Told when something was heard. */
  _heard: (() => void) | undefined;
  /** Told that the tab has been hidden for long. */
  _idle: (() => void) | undefined;
  _paused = false;
  /** `dial` opens the line and gives the way to drop it; `show` is told of each phase. */
  constructor(
    public _dial: (l: Link) => () => void,
    public _show: (phase: Phase, detail?: { delay?: number; status?: number }) => void,
    /** How long a line may say nothing, ms; 0: for ever. */
    public _silence = SILENCE,
  ) {}

  _set(p: Phase, detail?: { delay?: number; status?: number }) {
    this._phase = p;
    this._show(p, detail);
  }

  /** Connects now, dropping what there is. */
  _start() {
    links.add(this);
    this._drop();
    this._paused = false;
    this._phase = this._tries || this._phase == "live" ? "reconnecting" : "connecting";
    this._show(this._phase);
    this._wait(CONNECT, () => this._lost());
    this._hang = this._dial(this);
  }

  /** The line is open. */
  _up() {
    this._set("live");
    this._alive();
  }

  /** Something was heard. */
  _alive() {
    this._heard?.();
    if (this._silence) this._wait(this._silence, () => this._lost());
    else clearTimeout(this._timer);
  }

  /** Something useful was heard: the next trouble is a new one. */
  _good() {
    this._tries = 0;
  }

  /** The line is gone; it comes back after `delay` ms, or the backoff's. */
  _lost(delay?: number) {
    this._drop();
    delay ??= Math.random() * Math.min(LONGEST, this._base * 2 ** this._tries);
    this._tries++;
    this._set("reconnecting", { delay });
    this._wait(delay, () => this._start());
  }

  /** No more: for good, or until _start. */
  _end(status?: number) {
    links.delete(this);
    this._drop();
    if (this._phase != "closed") this._set("closed", { status });
  }

  /** Waiting, or resting, is pointless now. */
  _wake() {
    if (this._paused || (this._phase == "reconnecting" && !this._hang)) this._start();
  }

  /** No more, and nothing to show. */
  _rest() {
    links.delete(this);
    this._drop();
    this._phase = "";
  }

  _pause() {
    this._drop();
    this._paused = true;
  }

  _drop() {
    clearTimeout(this._timer);
    const hang = this._hang;
    this._hang = undefined;
    hang?.();
  }

  _wait(ms: number, then: () => void) {
    clearTimeout(this._timer);
    this._timer = setTimeout(then, ms) as unknown as number;
  }
}

let hidden = 0;
const kick = () => {
  clearTimeout(hidden);
  for (const l of [...links]) l._wake();
};
addEventListener("online", kick);
addEventListener("pageshow", kick);
addEventListener("pagehide", () => {
  // Open lines keep a page out of the back/forward cache.
  for (const l of links) l._pause();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return kick();
  clearTimeout(hidden);
  hidden = setTimeout(() => {
    for (const l of links) {
      l._pause();
      l._idle?.();
    }
  }, HIDDEN) as unknown as number;
});

/** Milliseconds that a Retry-After header asks for. */
export function retryAfter(h: string | null): number | undefined {
  if (!h) return;
  const s = Number(h);
  const ms = isNaN(s) ? Date.parse(h) - Date.now() : s * 1000;
  return ms >= 0 ? Math.min(ms, 3_600_000) : undefined;
}
