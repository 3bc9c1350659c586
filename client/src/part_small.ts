// The part of the script that is a small language: what it refuses is tried again with the whole one.

import { emit, loadDefs } from "./eval";
import { parse } from "./reader";

__sx.use({ whole: false, emit: (sx, to) => emit(parse(sx), to), defs: loadDefs });
