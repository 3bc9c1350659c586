// Datastar's client, and the protocol of its version 1.0. The newest version on npm is an earlier one that calls the same events
// otherwise: here they get the names that it listens for. With a client of 1.0 all but an import goes away, and attributes are
// written data-on:click instead of data-on-click.
import "@starfederation/datastar/bundles/datastar"

type Args = Record<string, string>

const events = "datastar-sse"
const again = (type: string, argsRaw: Args, elId: string) =>
  document.dispatchEvent(new CustomEvent(events, { detail: { type, argsRaw, elId } }))

// What 1.0 calls outer morphs, and replace does not.
const modes: Args = { outer: "morph", replace: "outer" }

const idsOf = (html: string) => {
  const t = document.createElement("template")
  t.innerHTML = html
  return [...t.content.children].map((e) => "#" + CSS.escape(e.id)).join()
}

// A script is an element that is appended, with an expression that removes it.
const scriptOf = (html: string): Args | undefined => {
  const e = new DOMParser().parseFromString(html, "text/html").querySelector("script")
  const attributes = [...(e?.attributes ?? [])].filter((a) => a.name != "data-effect").map((a) => a.name + " " + a.value)
  return e ? { script: e.text, autoRemove: "" + e.hasAttribute("data-effect"), attributes: (attributes.length ? attributes : ["type module"]).join("\n") } : undefined
}

// Null removes a signal: its path is found, and the rest is merged.
const takeNulls = (signals: object, at = ""): string[] =>
  Object.entries(signals).flatMap(([k, v]) => {
    if (v === null) return delete (signals as any)[k], [at + k]
    return typeof v == "object" && !Array.isArray(v) ? takeNulls(v, at + k + ".") : []
  })

document.addEventListener(events, (e) => {
  const { type, argsRaw, elId } = (e as CustomEvent<{ type: string; argsRaw: Args; elId: string }>).detail
  if (type == "datastar-patch-elements") {
    const { elements = "", selector = "", mode = "outer", useViewTransition = "false" } = argsRaw
    const script = selector == "body" && mode == "append" && /^<script/i.test(elements) && scriptOf(elements)
    if (script) {
      again("datastar-execute-script", script, elId)
    } else if (mode == "remove") {
      again("datastar-remove-fragments", { selector: selector || idsOf(elements), useViewTransition }, elId)
    } else {
      again("datastar-merge-fragments", { fragments: elements, selector, mergeMode: modes[mode] ?? mode, useViewTransition }, elId)
    }
  } else if (type == "datastar-patch-signals") {
    const signals = JSON.parse(argsRaw.signals), gone = takeNulls(signals)
    if (gone.length) again("datastar-remove-signals", { paths: gone.join("\n") }, elId)
    again("datastar-merge-signals", { signals: JSON.stringify(signals), onlyIfMissing: argsRaw.onlyIfMissing ?? "false" }, elId)
  }
})
