// Arguments of primitives: what their types are called, and the errors about wrong ones. The primitive that is
// running is known, so that its name need not be passed around.

import { serialize } from "./serialize";
import { fail, isFn, isKw, isMacro, typeOf } from "./values";

/** The name of the primitive that was called last. */
export const running = { _name: "" };

/** An error of the running primitive. */
export const deny = (kind: string, why: string): never => fail(kind, running._name + ": " + why);

/** An argument has the right type, but not a value that can be. */
export const off = () => deny("range", "an argument is out of range");

/** A value in a message. */
export const named = (v: any): string => {
  const t = SMALL ? "" : typeOf(v);
  return t + (/^(nil|list|dict|lambda|primitive|component|element|spread)$/.test(t) ? "" : " " + serialize(v));
};

export const wrong = (i: number, want: string, v: any): never =>
  deny("type", `argument ${i + 1} must be a${/^[aei]/.test(want) ? "n" : ""} ${want}, got ` + named(v));

/** What types are called, by their letters: I may be nil, k is a keyword too, as its name. */
const types: Record<string, string> = { n: "number", i: "integer", I: "integer", s: "string", k: "string", l: "list", d: "dict", f: "function" };

/** v as the type of a letter has it; argument i. */
export const take = (letter: string, v: any, i: number): any => {
  const want = types[letter], nil = v === null;
  return typeof v === want || !want ? v
    : letter === "k" && isKw(v) ? v._v
    : letter === "f" && isFn(v) && !isMacro(v) || want === "integer" && Number.isInteger(v) || !SMALL && letter === "I" && nil || typeOf(v) === want ? v
    : nil && want === "list" ? [] : nil && want === "dict" ? new Map() : wrong(i, want === "integer" && typeof v !== "number" ? "number" : want, v);
};
