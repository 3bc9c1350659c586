// The language, as the core uses it.

import { loadDefs, markupOf } from "./eval";
import type { Language } from "./language";
import { texts } from "./literal";
import { parse } from "./reader";
import { tree } from "./tree";

export const lang: Omit<Language, "whole"> = {
  read: (sx, of) => tree(markupOf(parse(sx)), of),
  defs: loadDefs,
  texts,
};
