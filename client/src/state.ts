// Client state: one object that signals merge into (JSON merge patch, RFC 7396).

import { fire } from "./report";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Patch = { [key: string]: Json };

/** Read as Sx.state. */
export const state: Patch = {};

const dict = (v: unknown): v is Patch => !!v && typeof v == "object" && !Array.isArray(v);

function into(to: Patch, patch: Patch, missing?: boolean) {
  for (const key of Object.keys(patch)) {
    const v = patch[key]!;
    const keep = missing && Object.hasOwn(to, key);
    if (/^(__proto__|constructor|prototype)$/.test(key)) delete patch[key];
    else if (dict(v)) {
      if (!dict(to[key]))
        if (keep) continue;
        else to[key] = {};
      into(to[key] as Patch, v, missing);
    } else if (keep) continue;
    else if (v === null) delete to[key];
    else to[key] = v;
  }
}

export function merge(patch: Patch, missing?: boolean) {
  if (!dict(patch)) throw new Error("the patch of sx-signals is not an object");
  into(state, patch, missing);
  fire(document, "signals", patch);
}
