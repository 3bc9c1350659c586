// Dynamic scope, and catching errors, which goes back to the scope and the markup as they were.

import { toError } from "./eval";
import { now, save, SxError, Value } from "./values";

/** What n is bound to. */
export const provided = (n: string) => {
  let p = now._top;
  while (p && p._name !== n) p = p._up;
  return p;
};

/** Is this an error that programs may not catch? */
const final = (err?: SxError) => err && /^(limit|internal)$/.test(err.kind);

/** Runs f; an error that programs may catch goes to g, with everything as it was before. last runs in any case:
 * its error stands in for one that may be caught. */
export const attempt = (f: () => Value, g: ((err: SxError) => Value) | null, last?: () => unknown): Value => {
  const undo = save();
  let value: Value, failed: SxError | undefined;
  const guard = (f: () => unknown, g: ((err: SxError) => Value) | null) => {
    try {
      return f() as Value;
    } catch (x) {
      const err = toError(x);
      undo();
      if (g && !final(err)) return g(err);
      failed = final(failed) ? failed : err;
      return null;
    }
  };
  value = guard(() => guard(f, g), null);
  if (last) guard(last, null);
  if (failed) throw failed;
  return value;
};
