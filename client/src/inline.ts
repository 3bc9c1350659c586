// The script that stands inline in the head of a streamed page, before the first chunk. It queues what
// arrives before the client, and does what <template for="ID"> means (HTML Standard, out-of-order
// streaming) in browsers that do not know it. Keep it to a few hundred bytes: every page carries it.

interface Early {
  __sxPending?: [string, string][];
  __sxResolve?: (id: string, sx: string) => void;
}
const w = window as Early;
const pending: [string, string][] = (w.__sxPending ||= []);
w.__sxResolve ||= (id, sx) => pending.push([id, sx]);

const doc = document;
const known = "htmlFor" in HTMLTemplateElement.prototype;
const filled = (e: Node) => (e as Element).removeAttribute?.("aria-busy");

// A template is filled while it is being parsed: what has arrived of it moves on each turn, and the node
// that the parser is in takes its later children along.
const turn = () => {
  let open: unknown;
  for (const t of doc.querySelectorAll<HTMLTemplateElement>("body>template[for]")) {
    const id = t.getAttribute("for");
    const done = t.nextSibling || doc.readyState != "loading";
    for (const slot of doc.querySelectorAll("[data-suspense]")) {
      if (slot.getAttribute("data-suspense") != id) continue;
      const marks = [...slot.childNodes].filter(n => n.nodeType == 8);
      const start = marks.find(n => n.nodeValue!.startsWith("?start"));
      const end = marks.find(n => n.nodeValue == "?end");
      if (!end) continue;
      if (start) {
        while (start.nextSibling != end) start.nextSibling!.remove();
        start.remove();
      }
      end.before(t.content);
      if (done) {
        end.remove();
        filled(slot);
      }
    }
    done ? t.remove() : (open = 1);
  }
  if (open) requestAnimationFrame(turn);
};

new MutationObserver(records => {
  if (!known) return turn();
  // The browser takes its end mark away when a slot is filled.
  for (const r of records) for (const n of r.removedNodes) if (n.nodeType == 7 && n.nodeName == "end") filled(r.target);
}).observe(doc, { childList: true, subtree: true });
