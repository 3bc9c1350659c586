// The language, as scripts of a page use it through Sx.

import { evaluate, loadDefs, markupOf } from "./eval";
import { parse } from "./reader";
import { serialize } from "./serialize";
import { html } from "./sink";
import { nodes } from "./tree";

/** Markup of source text as DOM nodes, which are in no document yet. */
const render = (src: string): DocumentFragment => nodes(markupOf(parse(src)));

/** Markup of source text as HTML. */
const renderToString = (src: string): string => html(markupOf(parse(src)));

/** What Sx offers of the language. All of them throw an SxError with kind, message, line and col. */
export const api = {
  /** Source text as data. */
  parse: (src: string) => parse(src),
  /** The value of source text's last form, written as text. */
  evaluate: (src: string) => serialize(evaluate(parse(src))),
  render,
  renderToString,
  /** Adds the definitions in source text. */
  loadComponents: loadDefs,
};
