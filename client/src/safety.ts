// What markup from the wire may be, whatever it says: the same table as the server's, and besides no script,
// base, object, embed, http-equiv, event handler or srcdoc at all.

import { Attrs } from "./sink";
import { Dict, fail, isDict, isKw, isList, isSym, isTrusted, truthy, typeOf, Value } from "./values";
import { json } from "./prim_data";

const bad = "about:invalid#sx";

/** As the parser would read s: carriage returns are normalised, NUL is replaced. */
export const clean = (s: string) => /[\r\0]/.test(s) ? s.replace(/\r\n?/g, "\n").replace(/\0/g, "\ufffd") : s;

export const forbidden = (tag: string) => {
  if (/^(script|base|object|embed|applet|frame|frameset)$/i.test(tag)) fail("markup", `${tag} is not created in the browser`);
};

const bools = /^(allowfullscreen|async|auto(focus|play)|checked|controls|default(checked|muted|selected)?|defer|disable(d|pictureinpicture|remoteplayback)|(form)?novalidate|inert|ismap|itemscope|loop|multiple|muted|nomodule|open|playsinline|readonly|required|reversed|selected|shadowroot(clonable|delegatesfocus|serializable)|compact|declare|no(resize|shade|wrap)|truespeed|typemustmatch)$/i;
export const isBool = (name: string) => bools.test(name);

/** The scheme of a URL as the most forgiving parser would see it, with its colon; "" without one. */
const scheme = (u: string) =>
  /^[^:/?#\\]+:|/.exec(u.replace(/[\0- \x7f-\xa0]/g, "").replace(/^[\xad\u2000-\u200f\u2028-\u202f\u3000\ufeff\ufffd]+/, "").toLowerCase())![0];

const safe = (u: string, image?: boolean) =>
  /^((https?|mailto|tel|sms):)?$/.test(scheme(u)) || image && scheme(u) === "data:" && /^[^:]*:[ \t\r\n\f]*image\//i.test(u);

const sameOrigin = (u: string) => !scheme(u) && !/[\0-\x1f\x7f]|^ *([/\\]{2}|\\)/.test(u);

/** What an attribute may hold: n nothing, e true and false, b that it is there, c a class, s a style, l a URL
 * that loads, p URLs in a list, u candidates of a picture, v URLs between semicolons, i a URL of a picture, h another. */
export type Rule = string | undefined;

/** The rules by element and name in lower case; the first that matches holds. */
const rules: [Rule, RegExp][] = [
  ["n", / (on.*|srcdoc|http-equiv)$/],
  ["e", / (aria-.*|contenteditable|draggable|spellcheck|writingsuggestions|externalresourcesrequired|focusable|preservealpha)$/],
  ["c", / class$/],
  ["s", / style$/],
  ["l", / (codebase|archive|sx-(get|post|put|patch|delete|push-url|replace-url)|data-sx-(live|ws))$|^(link (xlink:)?href|i?frame src)$/],
  ["p", / (ping|attributionsrc)$/],
  ["u", / (image)?srcset$/],
  ["v", /^(animate|set)\S* (to|from|by|values)$/],
  ["i", / poster$|^(img|source) src$/],
  ["h", / (href|src|(form)?action|cite|data|manifest|xlink:href|background|longdesc|dynsrc|lowsrc|usemap|profile|icon)$/],
];
export const rule = (tag: string, name: string): Rule => isBool(name) ? "b" : rules.find(r => r[1].test(tag + " " + name))?.[0];

const atom = (v: any, name: string): string =>
  typeof v === "string" || typeof v === "number" ? "" + v : isSym(v) || isKw(v) ? v._v : fail("type", `attribute :${name} cannot be a ${typeOf(v)}`);

const classes = (v: Value): string =>
  v === null || typeof v === "boolean" ? "" : isList(v) ? v.map(classes).filter(c => c).join(" ")
    : isDict(v) ? [...v].filter(([k, on]) => k && truthy(on)).map(([k]) => k).join(" ") : atom(v, "class");

/** One declaration, or "" when it is not safe: it must not end early, load anything, or leave a bracket open. */
const declaration = (name: string, v: string): string => {
  let was, rest = v.replace(/"[^"]*"|'[^']*'/g, "");
  do rest = (was = rest).replace(/\([^()[\]]*\)|\[[^()[\]]*\]/g, "");
  while (rest !== was);
  return /[()[\]"']/.test(rest) || !/^[-_a-z][-\w]*$/i.test(name) || /^(behavior|-moz-binding)$/i.test(name) ||
    /[\0-\x08\n-\x1f\x7f;{}\\]|\/\*|\*\/|(url|expression|src|image|image-set)\(/i.test(v) ? "" : name + ":" + v;
};

/** A string stays as it is when all of it is safe. */
const style = (v: Value): string => {
  // What is plain is safe; the rest is for the whole language.
  if (SMALL) return typeof v === "string" && /^( *(?!behavior)[a-z][a-z-]*: *[\w#%. -]+;?)+$/.test(v) ? v : fail("type", "not here");
  if (isDict(v)) return [...v].filter(([, x]) => x !== null && typeof x !== "boolean").map(([k, x]) => declaration(k, atom(x, k))).filter(d => d).join(";");
  if (typeof v !== "string") fail("type", ":style must be a string or a dict, got " + typeOf(v));
  const s: string = v, list = s.split(";").filter(d => d.trim());
  const good = list.map(d => {
    const [, name, text] = /^([^:]*):([^]*)/.exec(d) || [];
    return name ? declaration(name.trim(), text.trim()) : "";
  }).filter(d => d);
  return good.length < list.length ? good.join(";") : s;
};

/** Several URLs, each checked. They are rare, and left to the whole language. */
const several: (kind: Rule, s: string) => string = SMALL ? () => fail("type", "") : (kind, s) =>
  kind === "v" ? s.split(";").map(u => safe(u) ? u : bad).join(";")
    : kind === "p" ? s.replace(/\S+/g, u => safe(u) ? u : bad)
    // A URL ends at a blank, its commas end the candidate; else descriptors follow, to a comma outside of brackets.
    // Others might split at every comma.
    : s.replace(/([^\s,](?:\S*[^\s,])?)(,+|(?:[^,(]|\([^)]*\)?)*)/g, (_, u, rest) => ([u, ...u.split(",")].every(p => safe(p)) ? u : bad) + rest);

/** The text of an attribute with value v; null leaves it out. trusted: v stands in the source. */
export const attr = (kind: Rule, name: string, v: any, trusted: boolean): string | null => {
  if (v === null || kind === "n") return null;
  if (kind === "e" && typeof v === "boolean") return "" + v;
  if (v === false) return null;
  if (kind === "b") return "";
  if (kind === "c") return clean(classes(v)) || null;
  if (v === true) return kind === "s" ? null : "";
  if (kind === "s") return clean(trusted && typeof v === "string" ? v : style(v)) || null;
  if (!SMALL && isTrusted(v)) return v._v;
  const s = clean(!SMALL && isDict(v) && /^(data|sx)-/.test(name) ? json(v) : atom(v, name)), check = (u: string) => safe(u, kind === "i") ? u : bad;
  return kind === "l" ? trusted || sameOrigin(s) ? check(s) : bad
    : kind && "puv".includes(kind) ? several(kind, s)
    : kind === "i" || kind === "h" ? check(s) : s;
};

/** Merges data into an element's attributes: classes and styles are joined, the rest is replaced. */
export const mergeSpread = (tag: string, out: Attrs, d: Dict) => {
  for (const [name, v] of d) {
    const low = name.toLowerCase(), i = out.findIndex(a => a[0].toLowerCase() === low), old = out[i], kind = rule(tag, low);
    if (!/^(?!\d|[-.])[-\w.:@\xc0-\xd6\xd8-\xf6\xf8-\u1fff]+$/.test(name) || (d._written ? /^on/ : /^(on|sx-|data-sx-)/).test(low)) fail("markup", `attribute ${name} cannot come from data`);
    const s = attr(kind, low, v, false), joined = kind === "c" || kind === "s";
    if (s === null) old && !joined && out.splice(i, 1);
    else if (!old) out.push([name, s]);
    else old[1] = kind === "c" ? old[1] + " " + s : kind === "s" ? old[1].replace(/;?$/, ";") + s : s;
  }
};
