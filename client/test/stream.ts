// The reader of event streams, for the shared vectors.

import { type Event, reader } from "../src/sse";

interface Case {
  name: string;
  input?: string;
  base64?: string;
  events: { type: string; id: string; data: string }[];
  retry?: number;
}

function run(c: Case, pieces: Uint8Array[]): string {
  const events: Event[] = [];
  let retry: number | undefined;
  const push = reader(
    e => events.push(e),
    ms => (retry = ms),
  );
  const text = new TextDecoder();
  for (const p of pieces) push(text.decode(p, { stream: true }));
  const got = JSON.stringify([events.map(({ type, id, data }) => ({ type, id, data })), retry]);
  const want = JSON.stringify([(c.events || []).map(({ type, id, data }) => ({ type, id, data })), c.retry]);
  return got == want ? "" : `${c.name}: got ${got}, want ${want}`;
}

/** Feeds each case whole, byte by byte, and split at every offset; gives what went wrong. */
function vectors(cases: Case[]): string[] {
  const bad: string[] = [];
  for (const c of cases) {
    const bytes = c.base64 ? Uint8Array.from(atob(c.base64), x => x.charCodeAt(0)) : new TextEncoder().encode(c.input);
    const ways = [[bytes], [...bytes].map((_, i) => bytes.subarray(i, i + 1))];
    const step = Math.max(1, Math.floor(bytes.length / 400));
    for (let i = 1; i < bytes.length; i += step) ways.push([bytes.subarray(0, i), bytes.subarray(i)]);
    const wrong = ways.map(w => run(c, w)).find(Boolean);
    if (wrong) bad.push(wrong);
  }
  return bad;
}

Object.assign(window, { vectors });
