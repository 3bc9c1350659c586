// Slots, frames and streams alone, without evaluator, requests and sockets: what the size of the core means.

import { type Frame, host, resolve } from "./frame";
import { connect, disconnect, regions, scan } from "./regions";
import { state } from "./state";

host.visit = url => location.assign(url);
regions();
new MutationObserver(() => scan()).observe(document, { childList: true, subtree: true });
scan();
Object.assign(window, { Sx: { resolve: (f: Frame) => resolve({ ...f }), connect, disconnect, state } });
