// The language, as applying frames uses it.

import type { Tree } from "./dom";
import { emit, loadDefs } from "./eval";
import { host } from "./frame";
import { parse } from "./reader";
import { loaded } from "./regions";

export function install() {
  host.lang = {
    emit: (sx: string, to: Tree) => emit(parse(sx), to),
    defs(sx, hash) {
      loadDefs(sx);
      if (hash) loaded(hash);
    },
  };
}
