// Primitives stand in tables whose keys say all about their arguments: "round:n?i" is round with a number and
// perhaps an integer. A letter is a type (see `take`), "?" begins what may be missing, "*" repeats the last
// one. "a|b" are two names for one primitive. A number that comes out is checked to be in range.

import { deny, running, take } from "./argument";
import { num } from "./number";
import { chars, Fn } from "./values";

export type Table = Record<string, (...args: any[]) => any>;

const all = new Map<string, Fn>();
const waiting: Table[] = [];

/** Adds primitives to the script. */
export const provide = (table: Table) => waiting.push(table);

/** All primitives; they are made when the first is looked up. */
export const primitives = (): Map<string, Fn> => {
  for (let t; (t = waiting.shift());) for (const key in t) {
    const [, names, must, may, more] = /^(.+):(\w*)\??(\w*)(\*?)$/.exec(key)!, letters = must + may, f = t[key], n = letters.length;
    for (const name of names.split("|")) {
      const fn = new Fn("primitive", name), arity = fn._doc = (given: number) => {
        running._name = name;
        if (given < must.length || !more && given > n) deny("arity", `wrong number of arguments, ${given}`);
      };
      const check = (args: any[]) => {
        arity(args.length);
        for (let i = 0; i < args.length; i++) {
          const letter = letters[i] || letters[n - 1];
          if (letter !== "a") args[i] = take(letter, args[i], i);
        }
      };
      const result = (r: any) => {
        if (typeof r === "string") chars(r.length);
        return typeof r === "number" ? num(r, name) : r ?? null;
      };
      // In small steps, so that what a primitive calls finds little on the stack.
      fn._run = args => {
        check(args);
        return result(args.length === 1 ? f(args[0]) : args.length === 2 ? f(args[0], args[1]) : f(...args));
      };
      all.set(name, fn);
    }
  }
  return all;
};
