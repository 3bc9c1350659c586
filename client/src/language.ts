// The language as applying frames sees it. A page's script may have none, a small one without the rare forms
// and primitives, or the whole. What the one that is there cannot do waits until the whole has been fetched,
// and is then done again from the start: evaluating changes nothing before it has succeeded.

import type { V } from "./dom";
import { part } from "./parts";
import { forget } from "./quick";
import { report } from "./report";

/** What a script with a language gives. */
export interface Language {
  /** All forms and primitives. What another one refuses may still be right. */
  whole: boolean;
  /** The markup of wire text, as content of an element. */
  read(sx: string, of: Element): V[];
  /** Takes definitions. */
  defs(sx: string): void;
  /** Offsets of the literals whose value reaches the page as it is, and nothing else. */
  texts(sx: string): [number, number][];
}

let lang: Language | undefined;
/** Of the definitions that are loaded, for the server. */
export let hash = "";
/** Definitions so far, for a language that comes later. */
let given: string[] = [];
let failed: Error | undefined;

const LACK = {};
/** Does this error mean that the whole language is needed? */
export const lacks = (e: unknown) => !ALL && e == LACK;

/** Takes a language; the whole one stays. */
export function use(l: Language) {
  if (!ALL && lang?.whole) return;
  lang = l;
  if (ALL) return;
  forget();
  const list = given;
  given = [];
  for (const sx of list)
    try {
      defs(sx);
    } catch (e) {
      report("frame", "app", e);
    }
}

/** Takes definitions, whose hash the server wants to hear again. */
export function defs(sx: string, of?: string) {
  forget();
  if (ALL || lang?.whole) lang!.defs(sx);
  else {
    given = given.filter(x => x != sx);
    given.push(sx);
    try {
      lang?.defs(sx);
    } catch {
      lang = undefined;
    }
  }
  if (of) hash = of;
}

/** The markup of wire text, or throws what `lacks` knows. */
export function read(sx: string, of: Element): V[] {
  if (sx.includes("(def")) forget();
  if (ALL) return lang!.read(sx, of);
  if (!lang) throw failed || LACK;
  try {
    return lang.read(sx, of);
  } catch (e) {
    throw lang.whole ? e : failed || LACK;
  }
}

/** Fetches the whole language. Resolves when it is there, or cannot be had for now: then emit says why. */
export async function whole() {
  if (ALL || lang?.whole || (await part("language.js"))) return;
  failed = new Error("the script of the language cannot be loaded");
  setTimeout(() => (failed = undefined), 30_000);
}

/** Offsets of such literals; after emit. */
export const texts = (sx: string) => lang!.texts(sx);
