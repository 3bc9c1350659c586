// The language, as applying frames uses it.

import type { Tree } from "./dom";
import { emit, loadDefs } from "./eval";
import { host } from "./frame";
import { texts } from "./literal";
import { forget } from "./quick";
import { parse } from "./reader";
import { loaded } from "./regions";

export function install() {
  host.lang = {
    emit(sx: string, to: Tree) {
      if (sx.includes("(def")) forget();
      emit(parse(sx), to);
    },
    texts,
    defs(sx, hash) {
      forget();
      loadDefs(sx);
      if (hash) loaded(hash);
    },
  };
}
