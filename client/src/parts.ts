// Parts of the client that not every page's script carries: requests, sockets and the language. They stand behind the
// core in the same file, or are fetched from beside it when something needs them. Scripts that the page has
// already may import others under any policy that let them run.

import { adopt, adoptKids, make, parseHTML, trust, V, written } from "./dom";
import { enqueue, flush, glide, host, read, resolve } from "./frame";
import { use, whole } from "./language";
import { Name } from "./names.gen";
import { apply, slot } from "./patch";
import { show } from "./regions";
import { fire, report } from "./report";
import { connection } from "./retry";
import type { Optimistic } from "./socket";
import type { Sink } from "./sink";
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
const here = new URL(".", script?.src || location.href);

/** The script of this version, whatever its parts, is one and the same; other addresses stay. */
export const ours = (src: string) => (src.startsWith(PLACE) && src.startsWith(here.pathname) ? PLACE : src);

const TRIES = 4;
const fetched = new Map<string, Promise<boolean>>();

/** Fetches a part; false when that fails for some seconds. */
export function part(name: string): Promise<boolean> {
  let p = fetched.get(name);
  if (!p) {
    fetched.set(name, (p = load(name)));
    void p.then(ok => ok || fetched.delete(name));
  }
  return p;
}

async function load(name: string): Promise<boolean> {
  for (let n = 0; ; n++)
    try {
      // Browsers may remember that an address failed.
      await import(here + name + (n ? "?" + n : ""));
      return true;
    } catch (e) {
      if (n == TRIES) return (report("script", "network", e), false);
      await new Promise(r => setTimeout(r, 250 * 2 ** n));
    }
}

/** Sends a message over the WebSocket of a region; see the socket part. */
export const send: Sockets["send"] = (target, name, args, first, back) =>
  socket ? socket.send(target, name, args, first, back) : (report("send", "app", "no socket region"), "");

/** Finds the socket regions that came and went. */
export function sockets() {
  if (socket) socket.sockets();
  else if (document.querySelector(`[${Name.AttrWS}]`)) void part("socket.js").then(ok => ok && socket!.sockets());
}

/** What parts get of the core, as the global __sx. Parts are built apart: the names stay as they are. */
const shared = () => ({
  V,
  adopt,
  adoptKids,
  apply,
  connection,
  enqueue,
  fire,
  flush,
  glide,
  host,
  ours,
  parseHTML,
  pump,
  read,
  reader,
  report,
  resolve,
  send,
  show,
  slot,
  state,
  trust,
  use,
  whole,
  /** Takes the socket part. */
  socket(s: Sockets) {
    socket = s;
  },
  /** What `write` writes, as nodes. */
  nodes(write: (to: Sink) => void): DocumentFragment {
    const out = document.createDocumentFragment();
    out.append(...written(write).map(make));
    return out;
  },
});
export type Shared = ReturnType<typeof shared> & { Sx: object };

/** Makes the table of parts, which may add to the global Sx. */
export function parts(Sx: object) {
  (window as unknown as { __sx: Shared }).__sx = { ...shared(), Sx };
}
