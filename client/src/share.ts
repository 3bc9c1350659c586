// One connection per browser. The tabs of an origin elect a leader with a Web Lock; it connects for all of
// them and passes on what it hears over a BroadcastChannel. When its tab goes the lock falls to the next
// one, which asks the others where they stand and goes on from there. Where either is missing, every tab
// leads itself.

/** What a tab wants: the cursor of each of its sources, and whether anyone looks at it. */
export interface Wish {
  _srcs: Record<string, string>;
  _hidden: boolean;
  _defs: string;
}

export interface Roles {
  /** This tab's own wish. */
  wish(): Wish;
  /** As leader: the wishes of all tabs have changed. */
  plan(): void;
  /** No longer leader. */
  rest(): void;
  /** Takes what a leader passes on. */
  take(message: unknown): void;
}

const LOCK = "sx-live";
/** How long a new leader waits for the others' cursors, ms. */
const ASK = 40;
/** A leader that says nothing for so long is frozen, ms. */
const FROZEN = 50_000;

type Message = ["wish", string, Wish] | ["who"] | ["bye", string] | ["say", unknown];

export class Crowd {
  _me = Math.random().toString(36).slice(2);
  _others = new Map<string, Wish>();
  _leads = false;
  _channel: BroadcastChannel | undefined;
  _resign: (() => void) | undefined;
  _watch = 0;
  constructor(roles: Roles) {
    this._roles = roles;
  }
  _roles: Roles;

  /** Joins, or tells the others that the wish has changed. */
  _join() {
    const wish = this._roles.wish();
    if (!this._channel) {
      if (!navigator.locks || !window.BroadcastChannel) {
        this._leads = true;
        return this._roles.plan();
      }
      this._channel = new BroadcastChannel(LOCK);
      this._channel.onmessage = e => this._hear(e.data as Message);
      this._campaign();
    }
    this._post(["wish", this._me, wish]);
    if (this._leads) this._roles.plan();
  }

  /** Leaves, for the back/forward cache or for good. */
  _leave() {
    if (!this._channel) return this._step();
    this._post(["bye", this._me]);
    this._channel.close();
    this._channel = undefined;
    this._step();
    this._others.clear();
    clearTimeout(this._watch);
  }

  /** Gives the lead to a tab that somebody looks at, if there is one. */
  _yield() {
    if (![...this._others.values()].some(o => !o._hidden)) return;
    this._step();
    this._campaign();
  }

  _step() {
    if (this._leads) this._roles.rest();
    this._leads = false;
    this._resign?.();
    this._resign = undefined;
  }

  /** As leader, passes something on. */
  _say(message: unknown) {
    if (this._leads && this._others.size) this._post(["say", message]);
  }

  _post(m: Message) {
    this._channel?.postMessage(m);
  }

  _campaign(steal = false) {
    const since = performance.now();
    const channel = this._channel;
    const lead = () => {
      if (channel != this._channel) return;
      this._leads = true;
      clearTimeout(this._watch);
      this._post(["who"]);
      // Whoever got the lock at once is the first.
      setTimeout(() => this._leads && this._roles.plan(), steal || performance.now() - since > ASK ? ASK : 0);
      return new Promise<void>(done => (this._resign = done));
    };
    navigator.locks.request(LOCK, { steal }, lead).catch(() => {
      // Stolen: another tab took this one for frozen.
      if (channel == this._channel && this._channel) {
        this._step();
        this._campaign();
      }
    });
    this._heard();
  }

  _heard() {
    clearTimeout(this._watch);
    if (!this._leads)
      this._watch = setTimeout(
        () => (document.hidden ? this._heard() : this._campaign(true)),
        FROZEN,
      ) as unknown as number;
  }

  _hear(m: Message) {
    if (m[0] == "wish") {
      this._others.set(m[1], m[2]);
      if (this._leads) this._roles.plan();
    } else if (m[0] == "bye") {
      this._others.delete(m[1]);
      if (this._leads) this._roles.plan();
    } else if (m[0] == "who") {
      // The old leader is gone, or was told so.
      this._others.clear();
      this._post(["wish", this._me, this._roles.wish()]);
    } else if (!this._leads) {
      this._heard();
      this._roles.take(m[1]);
    }
  }
}
