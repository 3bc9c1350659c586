// Calls may be nested deeper than JavaScript's stack allows. Where it is nearly full, what is in progress is set
// aside: all code in progress returns `deep`, and leaves what it still has to do, from inside to outside; then the
// innermost call is made on the empty stack, and the others go on one by one with what comes back.

import { type Code, loading } from "./eval";
import { fail, limits, now } from "./values";

type Rest = (v: any, ...rest: any[]) => any;

/** Comes instead of a value from code that has been set aside. Whoever gets it returns `park(…)` in the same line:
 * the small language, which is never set aside, is built without such lines. */
export const deep: any = {};
export const tooDeep = "recursion too deep";
let parked: [Rest, any[]][] = [];

/** Sets aside what is to be done with the value to come. */
export const park = (rest: Rest, ...more: any[]): any => {
  parked.push([rest, more]);
  return deep;
};

/** Makes room, and goes on with rest then. */
export const clear = (rest: Rest, ...more: any[]): any =>
  now._level < limits.depth ? park(rest, ...more)
    : fail("limit", tooDeep + `: more than ${limits.depth} nested calls (a call in tail position needs none)`);

/** Code whose caller need not be set aside: the stack is cleared down to here only. */
export const base = (code: Code): Code => SMALL ? code : e => {
  const { _most, _level, _more } = now;
  let v = code(e), room = _most - _level, more = _more;
  if (v !== deep) return v;
  // Bases that follow each other closely use the reserve.
  if (room < 25) {
    room = 50;
    more--;
  }
  for (let todo: typeof parked = [], r: any; v === deep || todo.length; v = r[0](v, ...r[1])) {
    todo.push(...parked.reverse());
    parked = [];
    if (more < 0) fail("limit", tooDeep);
    now._most = Math.min(limits.depth, now._level + room);
    now._more = more;
    r = todo.pop();
  }
  now._most = _most;
  now._more = _more;
  return v;
};

/** Code that takes what turn gives for each of n places, and goes on with what take gives instead of e, if anything. */
export const sequence = (n: number, turn: (e: any, i: number) => any, take: (v: any, e: any, i: number) => any, end: (e: any) => any) => {
  const run = (e: any, i = 0, v?: any): any => {
    for (;; i++) {
      if (v === undefined) {
        if (i === n) return end(e);
        v = turn(e, i);
        if (v === deep) return park((v, e, i) => run(e, i, v), e, i);
      }
      const next = take(v, e, i);
      if (next === deep) return park((_, e, i) => run(e, i + 1), e, i);
      e = next || e;
      v = undefined;
    }
  };
  if (!SMALL) loading._parks = true;
  return run;
};
