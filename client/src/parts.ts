// Parts of the client that not every page's script carries: requests, sockets and the language. They stand behind the
// core in the same file, or are fetched from beside it when something needs them. Scripts that the page has
// already may import others under any policy that let them run.

import { adopt, adoptKids, make, parseHTML, trust, V } from "./dom";
import { enqueue, flush, glide, host, read, resolve, slide } from "./frame";
import { use, whole } from "./language";
import { Name } from "./names.gen";
import { apply, slot } from "./patch";
import { show } from "./regions";
import { fire, report } from "./report";
import { connection } from "./retry";
import type { Optimistic } from "./socket";
import { pump, reader } from "./sse";
import { state } from "./state";

/** What the socket part gives. */
export interface Sockets {
  send(target: string | Element, name: string, args?: object, first?: Optimistic, back?: () => void): string;
  sockets(): void;
}
let socket: Sockets | undefined;

const PLACE = "/_sx/client/";
const script =
  (document.currentScript as HTMLScriptElement | null) ||
  document.querySelector<HTMLScriptElement>(`script[src*="${PLACE}"]`);
/** Where the script and its parts are. */
export const here = new URL(".", script?.src || location.href);

/** The script of this version, whatever its parts, is one and the same; other addresses stay. */
export const ours = (src: string) => (src.startsWith(PLACE) && src.startsWith(here.pathname) ? PLACE : src);

const TRIES = 4;
const fetched = new Map<string, Promise<boolean>>();

/** Fetches a part; false when that fails for some seconds. */
export function part(name: string): Promise<boolean> {
  const load = (n = 0): Promise<boolean> =>
    // Browsers may remember that an address failed.
    import(here + name + (n ? "?" + n : "")).then(
      () => true,
      async e => {
        if (n < TRIES) {
          await new Promise(r => setTimeout(r, 250 * 2 ** n));
          return load(n + 1);
        }
        fetched.delete(name);
        return (report("script", "network", e), false);
      },
    );
  const p = fetched.get(name) || load();
  fetched.set(name, p);
  return p;
}

/** Sends a message over the WebSocket of a region; see the socket part. */
export const send: Sockets["send"] = (target, name, args, first, back) =>
  socket ? socket.send(target, name, args, first, back) : (report("send", "app", "no socket region"), "");

/** Finds the socket regions that came and went. */
export function sockets() {
  if (ALL || socket) socket?.sockets();
  else if (document.querySelector(`[${Name.AttrWS}]`)) void part("socket.js").then(ok => ok && socket!.sockets());
}

/** What parts get of the core, as the global __sx. Parts are built apart, with the same short names for private members. */
const shared = (Sx: object) => ({
  Sx,
  _V: V,
  _adopt: adopt,
  _adoptKids: adoptKids,
  _apply: apply,
  _connection: connection,
  _enqueue: enqueue,
  _fire: fire,
  _flush: flush,
  _glide: glide,
  _host: host,
  _make: make,
  _ours: ours,
  _parseHTML: parseHTML,
  _pump: pump,
  _read: read,
  _reader: reader,
  _report: report,
  _resolve: resolve,
  _send: send,
  _show: show,
  _slide: slide,
  _slot: slot,
  _state: state,
  _trust: trust,
  _whole: whole,
  use,
  /** Takes the socket part. */
  socket(s: Sockets) {
    socket = s;
  },
});
export type Shared = ReturnType<typeof shared>;

/** Makes the table of parts, which may add to the global Sx. */
export function parts(Sx: object) {
  (window as unknown as { __sx: Shared }).__sx = shared(Sx);
}
