// The language, as the core uses it.

import { emit, loadDefs } from "./eval";
import type { Language } from "./language";
import { texts } from "./literal";
import { parse } from "./reader";

export const lang: Omit<Language, "whole"> = { emit: (sx, to) => emit(parse(sx), to), defs: loadDefs, texts };
