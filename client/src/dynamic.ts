// Dynamic scope, and catching errors, which goes back to the scope and the markup as they were.

import { toError } from "./eval";
import { save } from "./markup";
import { now, SxError, Value } from "./values";

/** What provide binds while its body runs. */
interface Provided { _name: string; _v: Value; _emitted: Value[]; _up: Provided | null }
export const dynamic: { _top: Provided | null } = { _top: null };

/** What n is bound to. */
export const provided = (n: string) => {
  let p = dynamic._top;
  while (p && p._name !== n) p = p._up;
  return p;
};

/** Runs f; an error that programs may catch goes to g, with everything as it was before. */
export const attempt = (f: () => Value, g: (err: SxError) => Value): Value => {
  const undo = save(), { _top } = dynamic, at = now._at;
  try {
    return f();
  } catch (x) {
    const err = toError(x);
    undo();
    dynamic._top = _top;
    now._at = at;
    if (/^(limit|internal)$/.test(err.kind)) throw err;
    return g(err);
  }
};
