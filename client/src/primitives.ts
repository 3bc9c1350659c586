// Primitives stand in tables whose keys say all about their arguments: "round:n?i" is round with a number and
// perhaps an integer. A letter is a type (see `takes`), "?" begins what may be missing, "*" repeats the last
// one. "a|b" are two names for one primitive. A number that comes out is checked to be in range.

import { deny, running, takes, types, wrong } from "./argument";
import { num } from "./number";
import { chars, Fn } from "./values";

export type Table = Record<string, (...args: any[]) => any>;

const all = new Map<string, Fn>();
const waiting: Table[] = [];

/** Adds primitives to the script. */
export const provide = (table: Table) => waiting.push(table);

/** All primitives; they are made when the first is looked up. */
export const primitives = (): Map<string, Fn> => {
  for (let t; (t = waiting.shift());) add(t);
  return all;
};

const add = (table: Table) => {
  for (const key in table) {
    const [, names, must, may, more] = /^(.+):(\w*)\??(\w*)(\*?)$/.exec(key)!, letters = must + may, checks = [...letters].map(t => takes[t]), f = table[key], last = letters.length - 1;
    for (const name of names.split("|")) {
      const arity = (n: number) => {
        running._name = name;
        if (n < must.length || !more && n > letters.length) deny("arity", `wrong number of arguments, ${n}`);
      };
      const fn = new Fn("primitive", name);
      fn._run = (args: any[]) => {
        const n = args.length;
        arity(n);
        for (let i = 0; i < n; i++) {
          const j = i < last ? i : last, v = checks[j](args[i]);
          args[i] = v === undefined ? wrong(i, types[letters[j]], args[i]) : v;
        }
        const r = n === 1 ? f(args[0]) : n === 2 ? f(args[0], args[1]) : f(...args);
        if (typeof r === "string") chars(r.length);
        return typeof r === "number" ? num(r, name) : r ?? null;
      };
      fn._doc = arity;
      all.set(name, fn);
    }
  }
};
