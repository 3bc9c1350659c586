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

const bools = /^(allowfullscreen|async|auto(focus|play)|checked|controls|default(checked|muted|selected)?|defer|disable(d|pictureinpicture|remoteplayback)|(form)?novalidate|inert|ismap|itemscope|loop|multiple|muted|nomodule|open|playsinline|readonly|required|reversed|selected|shadowroot(clonable|delegatesfocus|serializable)|compact|declare|no(resize|shade|wrap)|truespeed|typemustmatch)$/;
export const isBool = (name: string) => bools.test(name.toLowerCase());
const enums = /^(aria-.*|contenteditable|draggable|spellcheck|writingsuggestions|externalresourcesrequired|focusable|preservealpha)$/;
const urls = /^(href|src|(form)?action|poster|cite|data|manifest|xlink:href|background|longdesc|dynsrc|lowsrc|usemap|profile|icon)$/;
const lists = /^(ping|attributionsrc|(image)?srcset)$/;
const loads = /^(codebase|archive|sx-(get|post|put|patch|delete|push-url|replace-url)|data-sx-(live|ws))$|^(link x?.*href|i?frame src)$/;

/** The scheme of a URL as the most forgiving parser would see it, with its colon; "" without one. */
const scheme = (u: string) => /^[^:/?#\\]*:|/.exec(u.replace(/[\0- \x7f-\xa0\xad\u2000-\u200f\u2028-\u202f\u3000\ufeff\ufffd]/g, "").toLowerCase())![0];

const safe = (u: string, image?: boolean) => /^((https?|mailto|tel|sms):)?$/.test(scheme(u)) || image && /^\s*data:\s*image\//i.test(u);

const sameOrigin = (u: string) => !scheme(u) && !/[\0-\x1f\x7f]|^ *([/\\]{2}|\\)/.test(u);

/** What an attribute may hold, by the element and the name in lower case. */
type Rule = "never" | "enum" | "bool" | "class" | "style" | "json" | "load" | "list" | "values" | "image" | "url" | "";

export const rule = (tag: string, name: string): Rule =>
  /^(on.*|srcdoc|http-equiv)$/.test(name) ? "never" : enums.test(name) ? "enum" : bools.test(name) ? "bool"
    : name === "class" || name === "style" ? name
    : loads.test(name) || loads.test(tag + " " + name) ? "load"
    : /^(data|sx)-/.test(name) ? "json"
    : lists.test(name) ? "list"
    : /^(animate|set)/.test(tag) && /^(to|from|by|values)$/.test(name) ? "values"
    : name === "poster" || name === "src" && /^(img|source)$/.test(tag) ? "image" : urls.test(name) ? "url" : "";

const atom = (v: Value, name: string): string =>
  typeof v === "string" || typeof v === "number" ? "" + v : isSym(v) || isKw(v) ? v._v : fail("type", `attribute :${name} cannot be a ${typeOf(v)}`);

const classes = (v: Value): string =>
  v === null || typeof v === "boolean" ? "" : isList(v) ? v.map(classes).filter(c => c).join(" ")
    : isDict(v) ? [...v].filter(([k, on]) => k && truthy(on)).map(([k]) => k).join(" ") : atom(v, "class");

/** One declaration, or "" when it is not safe: it must not end early, load anything, or leave a bracket open. */
const declaration = (name: string, v: string): string => {
  let open = "", quote = "";
  for (const c of v) {
    if (quote) c === quote && (quote = "");
    else if (/["']/.test(c)) quote = c;
    else if (c === "(") open += ")";
    else if (c === "[") open += "]";
    else if (/[)\]]/.test(c)) {
      if (!open.endsWith(c)) return "";
      open = open.slice(0, -1);
    }
  }
  return open || quote || !/^[-_a-z][-\w]*$/i.test(name) || /^(behavior|-moz-binding)$/i.test(name) ||
    /[\0-\x08\n-\x1f\x7f;{}\\]|\/\*|\*\/|(url|expression|src|image|image-set)\(/i.test(v) ? "" : name + ":" + v;
};

/** A string stays as it is when all of it is safe. */
const style = (v: Value): string => {
  // What is plain is safe; the rest is for the whole language.
  if (SMALL) return typeof v === "string" && /^( *(?!behavior)[a-z][a-z-]*: *[\w#%. -]+;?)+$/.test(v) ? v : fail("type", "not here");
  if (isDict(v)) return [...v].filter(([, x]) => x !== null && typeof x !== "boolean").map(([k, x]) => declaration(k, atom(x, k))).filter(d => d).join(";");
  const s = atom(v, "style"), list = s.split(";").filter(d => d.trim());
  const good = list.map(d => {
    const [, name, text] = /^([^:]*):([^]*)/.exec(d) || [];
    return name ? declaration(name.trim(), text.trim()) : "";
  }).filter(d => d);
  return good.length < list.length ? good.join(";") : s;
};

/** The text of an attribute with value v; null leaves it out. trusted: v stands in the source. */
export const attr = (kind: Rule, name: string, v: Value, trusted: boolean): string | null => {
  if (v === null || kind === "never") return null;
  if (kind === "enum" && typeof v === "boolean") return "" + v;
  if (v === false) return null;
  if (kind === "bool") return "";
  if (kind === "class") return clean(classes(v)) || null;
  if (v === true) return kind === "style" ? null : "";
  if (kind === "style") return clean(trusted ? v as string : style(v)) || null;
  if (!SMALL && kind === "json" && isDict(v)) return clean(json(v));
  if (!SMALL && isTrusted(v)) return v._v;
  const s = clean(atom(v, name));
  return kind === "load" ? safe(s) && (trusted || sameOrigin(s)) ? s : bad
    : kind === "list" ? s.replace(/[\d.]+[wxh],|\S+/g, u => u.split(",").every(p => safe(p)) ? u : bad + /,*$/.exec(u)![0])
    : kind === "values" ? s.split(";").map(p => safe(p) ? p : bad).join(";")
    : /^(url|image)$/.test(kind) && !safe(s, kind === "image") ? bad : s;
};

/** Merges data into an element's attributes: classes and styles are joined, the rest is replaced. */
export const mergeSpread = (tag: string, out: Attrs, d: Dict) => {
  for (const [name, v] of d) {
    const low = name.toLowerCase(), old = out.find(a => a[0].toLowerCase() === low);
    if (!/^[a-z_:@\xc0-\u1fff][-\w.:@\xc0-\u1fff]*$/i.test(name) || /^(on|sx-|data-sx-)/.test(low)) fail("markup", `attribute ${name} cannot come from data`);
    const s = attr(rule(tag, low), low, v, false);
    if (s === null) {
      if (old && low !== "class" && low !== "style") out.splice(out.indexOf(old), 1);
      continue;
    }
    if (old) old[1] = low === "class" ? old[1] + " " + s : low === "style" ? old[1].replace(/;?$/, ";") + s : s;
    else out.push([name, s]);
  }
};
