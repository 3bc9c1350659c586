// The part of the script that is the whole language.

import { api } from "./api";
import { emit, loadDefs } from "./eval";
import { parse } from "./reader";

__sx.use({ whole: true, emit: (sx, to) => emit(parse(sx), to), defs: loadDefs });
Object.assign(__sx.Sx, api);
