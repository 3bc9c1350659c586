// Which literals of wire text reach the page as they are: children of elements, and arguments of components
// that do nothing with them but place them as children. Frames that differ in those alone need no evaluation.

import { defs } from "./eval";
import { isElement } from "./markup";
import { parse } from "./reader";
import { specials } from "./special";
import { isComponent, isDict, isKw, isList, isSym, type List, type Value } from "./values";

type Spot = [from: number, to: number];

/** Tells of all atoms below x whether they are placed as they are, and their spots in the text; null: it is the
 * name of an element. */
const visit = (x: Value, placed: boolean, tell: (x: Value, placed: boolean | null, spot?: Spot) => void, spot?: Spot): void => {
  if (isDict(x)) return x.forEach(v => visit(v, false, tell));
  if (!isList(x)) return tell(x, placed, spot);
  const name = placed && !x._data && isSym(x[0]) ? x[0]._v : "", fn = name[0] === "~" && through(defs.get(name));
  const tag = name === "<>" || isElement(name) && !defs.has(name) && !specials[name];
  // The name of the argument that is next; children have none.
  let key = "";
  x.forEach((k, i) => {
    if (!i && tag) tell(k, null);
    else if (i && (fn || tag) && !key && isKw(k)) key = k._v;
    else if (i || !fn) {
      visit(k, key ? fn && !isList(k) && fn.has(key) : tag || fn && fn.has("children"), tell, x._spots?.[i]);
      key = "";
    }
  });
};

const known = new WeakMap<object, Set<string>>();

/** Names of the parameters that a component only places. */
const through = (f: any): Set<string> => {
  let names = f && known.get(f);
  if (names) return names;
  names = new Set<string>();
  if (!isComponent(f)) return names;
  // What calls itself, or checks its arguments, looks at them.
  known.set(f, names);
  const { _rules, _keys, _pos, _rest } = f._params;
  if (_rules || _pos.length || f._forms.length !== 1) return names;
  const all = [..._keys?.keys() || [], "children"], bad = new Set([_rest && _rest !== "children" && "children"]), heads = new Set();
  visit(f._forms[0], true, (x, placed) => !placed && isSym(x) && (placed === null ? heads : bad).add(x._v));
  // Where a parameter has the name of an element, its value may be called.
  if (!all.some(n => heads.has(n))) for (const n of all) bad.has(n) || names.add(n);
  return names;
};

/** Offsets of such literals. */
export const texts = (sx: string): Spot[] => {
  const out: Spot[] = [], forms: List = parse(sx, "", true);
  forms.forEach((x, i) => visit(x, true, (x, placed, spot) => {
    if (!placed || !spot || !/^(string|number)$/.test(typeof x)) return;
    const quote = +(typeof x === "string"), from = spot[0] + quote, to = spot[1] - quote;
    if (from < to && !sx.slice(from, to).includes("\\") && sx[from - 1] !== "#") out.push([from, to]);
  }, forms._spots?.[i]));
  return out;
};
