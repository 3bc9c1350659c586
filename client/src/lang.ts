// The language, as the core uses it.

import { emit, loadDefs } from "./eval";
import type { Language } from "./language";
import { texts } from "./literal";
import { parse } from "./reader";
import { written } from "./tree";

export const lang: Omit<Language, "whole"> = {
  read: (sx, of) => written(to => emit(parse(sx), to), of),
  defs: loadDefs,
  texts,
};
