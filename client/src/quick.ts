// Frames that change nothing but texts. Most do: a number in the same markup. For a slot whose last frame
// changed only texts we remember its payload and which parts of it became which text nodes, so that the
// next payload is compared character by character, and only what differs is written.
//
// Which part becomes which text node is found out by the parser, or the language, itself: the payload is read
// once more with a mark in the place of each text, and the tree of that is laid beside the one in the page.
// What stands elsewhere too, or not by itself, has no node; a change there goes the long way.

import { type Owned, type V, version } from "./dom";

/** Offsets of a part of a payload that may be a text, and the node with what stands around it there. */
interface Hole {
  _at: number;
  _end: number;
  _v?: V;
  _before: string;
  _after: string;
  /** By how much its text became longer. */
  _grown: number;
}

/** What a slot's server version remembers of its last frame. */
export interface Known {
  _text: string;
  _sx: boolean;
  _holes: Hole[];
  _era: number;
}

let era = 0;
/** Forgets what is known: another way of changing versions, or the language's definitions, has intervened. */
export const forget = () => void era++;

const RUN = /(?<=^|>)(?!\n)[^<>&\0\r]+(?=<|$)/g;

/** The texts of HTML; only the parser knows whether they are. */
const runs = (html: string): [number, number][] =>
  [...html.matchAll(RUN)].filter(m => /\S/.test(m[0])).map(m => [m.index, m.index + m[0].length]);

// What a text may become without being read in another way. In HTML one that is blank may vanish; in wire
// text it is a string, or a number as it would be printed.
const TEXT = /(?!\n)[^<>&\0\r]*[^<>&\0\s][^<>&\0\r]*/y;
const STRING = /[^"\\\0-\x1f\ud800-\udfff]+/y;
const NUMBER = /-?(?:[1-9]\d{0,9}(?:\.\d{0,4}[1-9])?|0\.\d{0,4}[1-9])|0/y;

/** Does a payload differ from the slot's last one in texts alone? Then they are written. */
export function quick(at: Owned, text: string, sx: boolean): boolean {
  const v = version(at);
  const known = v._known;
  if (!known || known._era != era || known._sx != sx) return false;
  const { _text: old, _holes: holes } = known;
  const changes: [Hole, string][] = [];
  let i = 0;
  for (let j = 0, h = 0; ; h++) {
    while (i < old.length && old.charCodeAt(i) == text.charCodeAt(j)) (i++, j++);
    if (i == old.length && j == text.length) break;
    while (h < holes.length && holes[h]!._end < i) h++;
    const x = holes[h];
    if (!x || x._at > i || !x._v?._node!.isConnected) return miss(v);
    j -= i - x._at;
    const next = sx ? (text[j - 1] == '"' ? STRING : NUMBER) : TEXT;
    next.lastIndex = j;
    if (!next.test(text)) return miss(v);
    changes.push([x, text.slice(j, (j = next.lastIndex))]);
    i = x._end;
  }
  let moved = false;
  for (const [x, s] of changes) {
    const t = x._v!;
    t._node!.nodeValue = t._text = x._before + s + x._after;
    x._grown = s.length - x._end + x._at;
    moved ||= x._grown != 0;
  }
  if (moved) {
    let by = 0;
    for (const x of holes) {
      x._at += by;
      x._end += by += x._grown;
      x._grown = 0;
    }
  }
  known._text = text;
  return true;
}

function miss(v: V) {
  v._known = undefined;
  v._missed = 4;
  return false;
}

/**
 * Remembers a frame that has just been applied and changed nothing but texts. `find` gives those of wire text.
 */
export function learn(at: Owned, text: string, read: (text: string) => V[], find?: (sx: string) => [number, number][]) {
  const v = at._v;
  // After a surprise it does not pay for a while.
  if (!v || (v._missed && v._missed--) || text.includes("\ue000")) return;
  const list = (find || runs)(text);
  let marked = "";
  let end = 0;
  list.forEach(([a, b], i) => {
    marked += text.slice(end, a) + (find && text[a - 1] != '"' ? `"\ue000${i}\ue001"` : `\ue000${i}\ue001`);
    end = b;
  });
  const holes: Hole[] = list.map(([a, b]) => ({ _at: a, _end: b, _before: "", _after: "", _grown: 0 }));
  const seen = new Set<number>();
  pair(v._kids, read(marked + text.slice(end)), (o, s) => {
    const all = [...s.matchAll(/\ue000(\d+)\ue001/g)];
    for (const m of all) {
      const x = holes[+m[1]!]!;
      const alone = o && all.length == 1 && !seen.has(+m[1]!);
      seen.add(+m[1]!);
      x._v = undefined;
      if (!alone) continue;
      x._before = s.slice(0, m.index);
      x._after = s.slice(m.index + m[0].length);
      if (o._text == x._before + text.slice(x._at, x._end) + x._after) x._v = o;
    }
  });
  v._known = { _text: text, _sx: !!find, _holes: holes, _era: era };
}

const LEFT = /^(textarea|select|option|title|style|\?)$/;

/** Walks two trees of one form; tells of each text, with no node where its change means more than a text. */
function pair(a: V[] | null, b: V[], tell: (o: V | undefined, text: string) => void) {
  if (a && a.length != b.length) a = null;
  b.forEach((n, i) => {
    const o = a?.[i];
    const like = o && o._tag == n._tag;
    if (!n._tag) return tell(like ? o : undefined, n._text);
    for (const [, s] of n._attrs) tell(undefined, s);
    tell(undefined, n._text);
    const own = like && !LEFT.test(o._tag) && !o._hold && !o._edit && !o._loose && o._slot == undefined;
    pair(own ? o._kids : null, n._kids, tell);
  });
}
