// Arguments of primitives: what their types are called, and the error about a wrong one.

import { serialize } from "./serialize";
import { fail, Fn, isDict, isList, Kw, typeOf, Value } from "./values";

/** What an argument is turned into; undefined: of the wrong type. */
export const takes: Record<string, [string, (v: any) => any]> = {
  a: ["", v => v],
  n: ["number", v => typeof v === "number" ? v : undefined],
  i: ["integer", v => Number.isInteger(v) ? v : undefined],
  I: ["integer", v => v === null || Number.isInteger(v) ? v : undefined],
  s: ["string", v => typeof v === "string" ? v : undefined],
  k: ["string", v => v instanceof Kw ? v._name : typeof v === "string" ? v : undefined],
  l: ["list", v => v === null ? [] : isList(v) ? v : undefined],
  d: ["dict", v => v === null ? new Map() : isDict(v) ? v : undefined],
  f: ["function", v => v instanceof Fn && v._t !== "macro" ? v : undefined],
};

export const wrong = (name: string, i: number, want: string, v: Value): never => {
  const s = typeof v === "object" && v !== null ? "" : " " + serialize(v);
  return fail("type", `${name}: argument ${i + 1} must be ${want}, got ${typeOf(v)}${v === null || s.length > 40 ? "" : s}`);
};
