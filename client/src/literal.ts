// Which literals of wire text reach the page as they are: children of elements, and arguments of components
// that do nothing with them but place them as children. Frames that differ in those alone need no evaluation.

import { defs } from "./eval";
import { isElement } from "./markup";
import { parse } from "./reader";
import { specials } from "./special";
import { type Fn, isDict, isKw, isList, isSym, type Value } from "./values";

const LITERAL = /"((?:[^"\\]|\\.)*)"|(?<=[\s(])-?\d[\d.]*(?=[\s)])/gs;

/** Tells of all atoms below x whether they are placed as they are; null: it is the name of an element. */
function visit(x: Value, placed: boolean, tell: (x: Value, placed: boolean | null) => void) {
  if (isDict(x)) return [...x.values()].forEach(v => visit(v, false, tell));
  if (!isList(x)) return tell(x, placed);
  const [head] = x;
  const name = placed && !x._data && isSym(head) ? head._v : "";
  const fn = name[0] == "~" ? through(defs.get(name)) : undefined;
  const tag = name == "<>" || (isElement(name) && !defs.has(name) && !specials[name]);
  const ours = fn || tag;
  if (tag) tell(head!, null);
  for (let i = ours ? 1 : 0; i < x.length; i++) {
    const k = x[i];
    if (ours && isKw(k)) {
      const v = x[++i]!;
      visit(v, !!fn && !isList(v) && fn.has(k._v), tell);
    } else visit(k!, tag || (!!fn && fn.has("children")), tell);
  }
}

const known = new WeakMap<Fn, Set<string>>();

/** Names of the parameters that a component only places. */
function through(f: Fn | undefined): Set<string> {
  let names = f && known.get(f);
  if (names || !f) return names || new Set();
  // What calls itself, or checks its arguments, looks at them.
  known.set(f, (names = new Set()));
  const { _rules, _keys, _pos, _rest } = f._params;
  if (f._t != "component" || _rules || _pos.length || f._forms.length != 1) return names;
  const all = [...(_keys ? _keys.keys() : []), "children"];
  const bad = new Set<string>(_rest == "children" || !_rest ? [] : ["children"]);
  const heads = new Set<string>();
  visit(f._forms[0], true, (x, placed) => !placed && isSym(x) && (placed == null ? heads : bad).add(x._v));
  // Where a parameter has the name of an element, its value may be called.
  if (!all.some(n => heads.has(n))) for (const n of all) if (!bad.has(n)) names.add(n);
  return names;
}

/** Offsets of such literals. */
export function texts(sx: string): [number, number][] {
  const all = [...sx.matchAll(LITERAL)];
  // Comments, quotes and raw strings would need a reader.
  if (/[;#'`,{]/.test(sx.replace(LITERAL, ""))) return [];
  let n = 0;
  const marked = sx.replace(LITERAL, () => `"\ue000${n++}"`);
  const free = new Set<number>();
  for (const x of parse(marked))
    visit(x, true, (x, placed) => {
      if (placed && typeof x == "string") free.add(+x.slice(1));
    });
  return all
    .map((m, i): [number, number] => {
      const a = m.index + (m[1] == undefined ? 0 : 1);
      return free.has(i) && m[1] != "" && !m[1]?.includes("\\") ? [a, a + (m[1] ?? m[0]).length] : [0, 0];
    })
    .filter(r => r[1]);
}
