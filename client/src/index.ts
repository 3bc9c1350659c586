// Start-up and the global Sx. The script may be included any number of times, as a module or plainly. The
// language and sockets are parts that follow in the same file, or are fetched when they are needed.

import { Name } from "./names.gen";
import { type Frame, host, resolve } from "./frame";
import { connect, disconnect, regions, scan } from "./regions";
import { loading, type Owned, version as versionOf } from "./dom";
import { slot } from "./patch";
import { state } from "./state";
import { part, parts, send, sockets } from "./parts";

const VERSION = "0.1.0";

const w = window as unknown as {
  Sx?: unknown;
  __sxPending?: [string, string][];
  __sxResolve?: (id: string, sx: string) => void;
};

/** What the part for requests is for. */
const ASKS = "form,[sx-boost],[sx-send],[sx-trigger],[sx-preload]" + ["get", "post", "put", "patch", "delete"].map(v => `,[sx-${v}]`).join("");

/** Is nothing behind a node yet? */
const last = (n: Node | null): boolean => !n || (!n.nextSibling && last(n.parentNode));

/** Looks for slots, regions and triggers below a node. */
function process(root: ParentNode = document) {
  // The baseline is read before the person can change anything, but not before the parser has come to its end.
  for (const e of root.querySelectorAll<Owned>(`[${Name.AttrSuspense}]`)) e.$v || (loading && last(e)) || versionOf(e);
  for (const e of root.querySelectorAll("[sx-trigger]")) host.attend?.(e);
  if (!ALL && !host.attend && root.querySelector(ASKS)) void part("request.js");
  scan();
  sockets();
}

if (!w.Sx) {
  regions();
  if (!ALL) {
    // Each is there after the part has been loaded.
    host.visit = async (url, replace) =>
      (await part("request.js")) ? host.visit(url, replace) : location[replace ? "replace" : "assign"](url);
    host.renew = async (els, refused) => void ((await part("request.js")) && host.renew(els, refused));
  }
  // A chunk may name a slot that the parser has not come to yet.
  const early: [string, string][] = (w.__sxPending || []).splice(0);
  const resolveSuspense = (id: string, sx: string) => {
    // Without an id: definitions, which the chunks after it need.
    if (!id) resolve({ event: Name.EventDefs, sx });
    else if (loading && !slot(id)) early.push([id, sx]);
    else resolve({ id, sx });
  };
  const retry = () => {
    for (const [id, sx] of early.splice(0)) resolveSuspense(id, sx);
  };
  w.Sx = {
    version: VERSION,
    state,
    resolve: (f: Frame) => resolve({ ...f }),
    resolveSuspense,
    process,
    connect,
    disconnect,
    send,
  };
  w.__sxResolve = resolveSuspense;
  new MutationObserver(records => {
    retry();
    records.some(r => r.attributeName == "sx-trigger" || [...r.addedNodes].some(n => n.nodeType == 1)) ? process() : (scan(), sockets());
  }).observe(document, {
    childList: true,
    subtree: true,
    attributeFilter: [Name.AttrLive, Name.AttrCursor, Name.AttrWS, "sx-trigger"],
  });
  document.addEventListener("DOMContentLoaded", () =>
    setTimeout(() => {
      retry();
      process();
    }),
  );
  // What the server sent, before the person changes it: forms and links compare with it.
  const all = () => void versionOf(document.body);
  document.readyState == "complete" ? all() : addEventListener("load", all);
  parts(w.Sx as object);
  // After the parts that follow in this file.
  queueMicrotask(() => {
    process();
    retry();
  });
}
