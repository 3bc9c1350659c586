// Equality as = sees it.

import { renderToString } from "./sink";
import { same, typeOf, Value } from "./values";

/** Deep equality; markup is equal to what is written the same. */
export const equal = (a: any, b: any): boolean => {
  const t = typeOf(a);
  return same(a, b) || t === typeOf(b) && (
    t === "list" ? a.length === b.length && a.every((v: Value, i: number) => equal(v, b[i]))
      : t === "dict" ? a.size === b.size && [...a].every(([k, v]) => equal(v, b.get(k)))
      : !SMALL && (t === "spread" ? equal(a._v, b._v) : t === "element" && renderToString(a) === renderToString(b)));
};
