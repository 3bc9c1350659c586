// The small language for tests: values and markup as text.

import "../src/prim_math";
import "../src/prim_string";
import "../src/prim_list";
import "../src/prim_dict";
import "../src/prim_control";
import { defs, evaluate, markupOf } from "../src/eval";
import { primitives } from "../src/primitives";
import { parse } from "../src/reader";
import { serialize } from "../src/serialize";
import { html } from "../src/sink";
import { specials } from "../src/special";
import { limits } from "../src/values";

limits.steps = 2_000_000;

const clean = (run: () => string): string | null => {
  defs.clear();
  try {
    return run();
  } catch {
    return null;
  }
};

/** What the small language gives, or null: then the whole one is asked. */
(globalThis as any).SmallTest = {
  names: () => [...Object.keys(specials), ...primitives().keys()].filter(n => n !== "__proto__").sort(),
  value: (src: string) => clean(() => serialize(evaluate(parse(src)))),
  html: (src: string) => clean(() => html(markupOf(parse(src)))),
};
