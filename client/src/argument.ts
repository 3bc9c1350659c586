// Arguments of primitives: what their types are called, and the errors about wrong ones. The primitive that is
// running is known, so that its name need not be passed around.

import { serialize } from "./serialize";
import { fail, Fn, isDict, isList, Kw, typeOf } from "./values";

/** The name of the primitive that was called last. */
export const running = { _name: "" };

/** An error of the running primitive. */
export const deny = (kind: string, why: string): never => fail(kind, running._name + ": " + why);

export const wrong = (i: number, want: string, v: any): never =>
  deny("type", `argument ${i + 1} must be a${/^[aei]/.test(want) ? "n" : ""} ${want}, got ${v === null ? "nil" : typeOf(v) + (/^(list|dict|lambda|primitive|component|element|spread)$/.test(typeOf(v)) ? "" : " " + serialize(v))}`);

const string = (v: any) => typeof v === "string" ? v : undefined;

/** What types are called, by their letters. */
export const types: Record<string, string> = { n: "number", i: "integer", I: "integer", s: "string", k: "string", l: "list", d: "dict", f: "function" };

/** By the letter of a type: what an argument is turned into; undefined is of the wrong type. */
export const takes: Record<string, (v: any) => any> = {
  a: v => v,
  n: v => typeof v === "number" ? v : undefined,
  i: v => Number.isInteger(v) ? v : undefined,
  I: v => v === null || Number.isInteger(v) ? v : undefined,
  s: string,
  k: v => v instanceof Kw ? v._name : string(v),
  l: v => v === null ? [] : isList(v) ? v : undefined,
  d: v => v === null ? new Map() : isDict(v) ? v : undefined,
  f: v => v instanceof Fn && v._t !== "macro" ? v : undefined,
};

/** Checks that v has the type of a letter. */
export const take = (letter: string, v: any, i: number) => {
  const r = takes[letter](v);
  return r === undefined ? wrong(i, types[letter], v) : r;
};
