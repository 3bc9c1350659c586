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

/** By the letter of a type: its name, and what an argument is turned into; undefined is of the wrong type. */
export const takes: Record<string, [string, (v: any) => any]> = {
  a: ["", v => v],
  n: ["number", v => typeof v === "number" ? v : undefined],
  i: ["integer", v => Number.isInteger(v) ? v : undefined],
  I: ["integer", v => v === null || Number.isInteger(v) ? v : undefined],
  s: ["string", string],
  k: ["string", v => v instanceof Kw ? v._name : string(v)],
  l: ["list", v => v === null ? [] : isList(v) ? v : undefined],
  d: ["dict", v => v === null ? new Map() : isDict(v) ? v : undefined],
  f: ["function", v => v instanceof Fn && v._t !== "macro" ? v : undefined],
};

/** Checks that v has the type of a letter. */
export const take = (letter: string, v: any, i: number) => {
  const [want, f] = takes[letter], r = f(v);
  return r === undefined ? wrong(i, want, v) : r;
};
