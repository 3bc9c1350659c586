// One connection per browser. The tabs of an origin elect a leader with a Web Lock; it connects for all of
// them and passes on what it hears over a BroadcastChannel. When its tab goes the lock falls to the next
// one, which asks the others where they stand and goes on from there. Where either is missing, every tab
// leads itself.

import { here } from "./parts";

/** What a tab wants: the cursor of each of its sources, and whether anyone looks at it. */
export interface Wish {
  _srcs: Record<string, string>;
  _hidden: boolean;
  _defs: string;
}

/** What the crowd needs of a tab. */
export interface Roles {
  /** This tab's own wish. */
  _wish(): Wish;
  /** As leader: the wishes of all tabs may have changed. */
  _plan(): void;
  /** No longer leader. */
  _rest(): void;
  /** Takes what a leader passes on. */
  _take(message: unknown): void;
}

/** Only scripts of one version understand each other. */
const lock = () => "sx-live " + here.pathname;
/** How long a new leader waits for the others' cursors, ms. */
const ASK = 40;
/** A leader that says nothing for so long is frozen, ms. */
const FROZEN = 50_000;

/** The tab that speaks and its wish, nothing when it goes; without a tab: what a leader says, nothing to ask for wishes. */
type Message = [tab: number, what?: unknown];

/** The wishes of the other tabs. */
export const others = new Map<number, Wish>();

const me = Math.random();
let roles: Roles;
let leads = false;
let channel: BroadcastChannel | undefined;
let resign: (() => void) | undefined;
let watch: ReturnType<typeof setTimeout> | undefined;

const post = (...m: Message) => channel?.postMessage(m);
const wish = () => post(me, roles._wish());
const plan = () => leads && roles._plan();

/** Joins, or tells the others that the wish has changed. */
export function join(r: Roles) {
  roles = r;
  if (!channel) {
    if (navigator.locks && window.BroadcastChannel) {
      channel = new BroadcastChannel(lock());
      channel.onmessage = e => hear(e.data as Message);
      campaign();
    } else leads = true;
  }
  wish();
  plan();
}

/** Leaves, for the back/forward cache or for good. */
export function leave() {
  post(me);
  channel?.close();
  channel = undefined;
  step();
  others.clear();
  clearTimeout(watch);
}

/** Gives the lead to a tab that somebody looks at, if there is one. */
export function yieldLead() {
  if ([...others.values()].every(o => o._hidden)) return;
  step();
  campaign();
}

/** As leader, passes something on. */
export const say = (message: unknown) => leads && others.size && post(0, message);

function step() {
  if (leads) roles._rest();
  leads = false;
  resign?.();
  resign = undefined;
}

function campaign(steal = false) {
  const since = performance.now();
  const mine = channel;
  const lead = () => {
    if (mine != channel) return;
    leads = true;
    post(0);
    // Whoever got the lock at once is the first.
    setTimeout(plan, steal || performance.now() - since > ASK ? ASK : 0);
    return new Promise<void>(done => (resign = done));
  };
  navigator.locks.request(lock(), { steal }, lead).catch(() => {
    // Stolen: another tab took this one for frozen.
    if (mine == channel && mine) {
      step();
      campaign();
    }
  });
  heard();
}

function heard() {
  clearTimeout(watch);
  watch = setTimeout(() => leads || (document.hidden ? heard() : campaign(true)), FROZEN);
}

function hear([tab, what]: Message) {
  if (tab) {
    what ? others.set(tab, what as Wish) : others.delete(tab);
    plan();
  } else if (!what) {
    // The old leader is gone, or was told so.
    others.clear();
    wish();
  } else if (!leads) {
    heard();
    roles._take(what);
  }
}
