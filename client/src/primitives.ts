// Primitives stand in tables whose keys say all about their arguments: "round:n?i" is round with a number and
// perhaps an integer. A letter is a type (see `takes`), "?" begins what may be missing, "*" repeats the last
// one. "a|b" are two names for one primitive. A number that comes out is checked to be in range.

import { mathTable } from "./prim_math";
import { stringTable } from "./prim_string";
import { listTable } from "./prim_list";
import { dictTable } from "./prim_dict";
import { dataTable } from "./prim_data";
import { controlTable } from "./prim_control";
import { takes, wrong } from "./argument";
import { num } from "./number";
import { fail, Fn } from "./values";

export type Table = Record<string, (...args: any[]) => any>;

let all: Map<string, Fn> | undefined;

/** All primitives; they are made when the first is looked up. */
export const primitives = (): Map<string, Fn> => {
  if (!all) {
    all = new Map();
    [mathTable, stringTable, listTable, dictTable, dataTable, controlTable].forEach(add);
  }
  return all;
};

const add = (table: Table) => {
  for (const key in table) {
    const colon = key.lastIndexOf(":"), f = table[key];
    for (const name of key.slice(0, colon).split("|")) {
      const types = key.slice(colon + 1).replace(/[?*]/g, ""), least = (key.slice(colon + 1) + "?").indexOf("?");
      const most = key.endsWith("*") ? Infinity : types.length, last = types.length - 1;
      const arity = (n: number) => {
        if (n < least || n > most) fail("arity", `${name}: takes ${least === most ? least : most < Infinity ? `${least} to ${most}` : `at least ${least}`} argument${least === 1 && most === 1 ? "" : "s"}, got ${n}`);
      };
      const fn = new Fn("primitive", name, args => {
        const n = args.length, a: any[] = [];
        arity(n);
        for (let i = 0; i < n; i++) {
          const t = takes[types[i < last ? i : last]], v = t[1](args[i]);
          a.push(v === undefined ? wrong(name, i, "a " + t[0], args[i]) : v);
        }
        const r = f(...a);
        return typeof r === "number" ? num(r, name) : r === undefined ? null : r;
      });
      fn._doc = arity;
      all!.set(name, fn);
    }
  }
};
