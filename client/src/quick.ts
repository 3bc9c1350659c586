// Frames that change nothing but texts. Most do: a number in the same markup. For a slot whose last frame
// changed only texts we remember its payload, cut at the texts that became text nodes, so that the next
// payload is compared piece by piece, and only what differs is written.
//
// Which part becomes which text node is found out by the parser, or the language, itself: the payload is read
// once more with a mark in the place of each text, and the tree of that is laid beside the one in the page.
// What stands elsewhere too, or not by itself, has no node; a change there goes the long way.

import { type Owned, type V, version, write } from "./dom";

/** A text of a payload, what stands before it there, and the node that it is in, with what is around it. */
interface Hole {
  _before: string;
  _text: string;
  /** The character after it. */
  _after: string | undefined;
  _v: V;
  _around: string[];
}

/** What a slot's server version remembers of its last frame. */
export interface Known {
  _sx: boolean;
  _holes: Hole[];
  _rest: string;
  _era: number;
}

let era = 0;
/** Forgets what is known: another way of changing versions, or the language's definitions, has intervened. */
export const forget = () => void era++;

/** The texts of HTML; only the parser knows whether they are. */
const runs = (html: string): [number, number][] =>
  [...html.matchAll(/(?<=^|>)(?!\n)[^<>&\0\r]*[^<>&\0\s][^<>&\0\r]*(?=<|$)/g)].map(m => [m.index, m.index + m[0].length]);

// What a text may become without being read in another way. In HTML one that is blank may vanish; in wire
// text it is a string, or a number as it would be printed.
const TEXT = /(?!\n)[^<>&\0\r]*[^<>&\0\s][^<>&\0\r]*/y;
const STRING = /[^"\\\0-\x1f\ud800-\udfff]+/y;
const NUMBER = /-?(?:[1-9]\d{0,9}(?:\.\d{0,4}[1-9])?|0\.\d{0,4}[1-9])|0/y;

/** Does a payload differ from the slot's last one in texts alone? Then they are written. */
export function quick(at: Owned, text: string, sx: boolean): boolean {
  const v = version(at);
  const known = v._known as Known | undefined;
  if (known?._era != era || known._sx != sx) return false;
  const changes: [Hole, string][] = [];
  let j = 0;
  for (const x of known._holes) {
    const { _before: before, _text: old } = x;
    if (!text.startsWith(before, j)) return miss(v);
    j += before.length;
    if (text.startsWith(old, j) && text[j + old.length] == x._after) j += old.length;
    else {
      const form = sx ? (text[j - 1] == '"' ? STRING : NUMBER) : TEXT;
      form.lastIndex = j;
      if (!form.test(text) || !x._v._node!.isConnected) return miss(v);
      changes.push([x, text.slice(j, (j = form.lastIndex))]);
    }
  }
  if (text.slice(j) != known._rest) return miss(v);
  for (const [x, s] of changes) write(x._v._node!, (x._v._text = x._around.join((x._text = s))));
  return true;
}

function miss(v: V) {
  // After a surprise it does not pay for a while.
  v._known = 4;
  return false;
}

/**
 * Remembers a frame that has just been applied and changed nothing but texts. `find` gives those of wire text.
 */
export function learn(at: Owned, text: string, read: (text: string) => V[], find = runs as (sx: string) => [number, number][]) {
  const v = at.$v;
  if (!v || text.includes("\ue000")) return;
  if (typeof v._known == "number" && v._known) return void v._known--;
  const sx = find != runs;
  const list = find(text);
  let marked = "";
  let end = 0;
  list.forEach(([a, b], i) => {
    const mark = `\ue000${i}\ue001`;
    marked += text.slice(end, a) + (sx && text[a - 1] != '"' ? `"${mark}"` : mark);
    end = b;
  });
  // For each mark its node, or nothing once it has been seen elsewhere.
  const seen = new Map<number, [V, string[]] | undefined>();
  pair(v._kids, read(marked + text.slice(end)), (s, o) => {
    const around = s.split(/\ue000(\d+)\ue001/);
    for (let k = 1; k < around.length; k += 2) {
      const i = +around[k]!;
      seen.set(i, o && around.length == 3 && !seen.has(i) ? [o, [around[0]!, around[2]!]] : undefined);
    }
  });
  const holes: Hole[] = [];
  end = 0;
  list.forEach(([a, b], i) => {
    const [o, around] = seen.get(i) || [];
    const s = text.slice(a, b);
    if (o?._text != around?.join(s) || !o) return;
    holes.push({ _before: text.slice(end, a), _text: s, _after: text[b], _v: o, _around: around! });
    end = b;
  });
  v._known = { _sx: sx, _holes: holes, _rest: text.slice(end), _era: era };
}

/** Walks two trees of one form; tells of each text, with no node where its change means more than a text. */
function pair(a: V[] | null, b: V[], tell: (text: string, o?: V) => void) {
  b.forEach((n, i) => {
    const o = a?.length == b.length && a[i]?._tag == n._tag ? a[i] : undefined;
    for (const [, s] of n._attrs) tell(s);
    tell(n._text, n._tag ? undefined : o);
    const own = o && !/^(textarea|select|option|title|style|\?)$/.test(o._tag) && !o._hold && !o._edit && !o._loose && o._slot == undefined;
    pair(own ? o._kids : null, n._kids, tell);
  });
}
