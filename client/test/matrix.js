// The state matrix: 19 kinds of state that a person or a script has made, 5 kinds of update around them.
// Each cell starts from a slot as the server sent it, makes the state, applies the update and then asks two
// things: has the update arrived, and is the state still there. Gives rows of cells, "" for kept.

const wait = ms => new Promise(r => setTimeout(r, ms));
const $ = s => document.querySelector(s);

class Counter extends HTMLElement {
  connectedCallback() {
    this.births = (this.births || 0) + 1;
    if (!this.shadowRoot) this.attachShadow({ mode: "open" }).innerHTML = "<slot></slot><b>0</b>";
  }
}
customElements.define("x-counter", Counter);

// Markup is a tree [tag, attributes, ...children], so that one case serves HTML and SX.
const esc = s => String(s).replace(/[&<>"]/g, c => "&#" + c.charCodeAt() + ";");
const VOID = /^(input|br|hr|img)$/;
const html = n =>
  typeof n == "string"
    ? esc(n)
    : `<${n[0]}${Object.entries(n[1])
        .map(([k, v]) => ` ${k}="${esc(v)}"`)
        .join("")}>` + (VOID.test(n[0]) ? "" : n.slice(2).map(html).join("") + `</${n[0]}>`);
const sx = n =>
  typeof n == "string"
    ? JSON.stringify(n)
    : `(${n[0]}${Object.entries(n[1])
        .map(([k, v]) => ` :${k} ${JSON.stringify(v)}`)
        .join("")}${n
        .slice(2)
        .map(k => " " + sx(k))
        .join("")})`;

const lines = Array.from({ length: 60 }, (_, i) => ["p", {}, "line " + i]);
const same = (a, b) => (a === b ? "" : `${JSON.stringify(a)} instead of ${JSON.stringify(b)}`);

const kinds = {
  focus: { node: ["input", { id: "k", name: "k" }], make: e => e.focus(), kept: e => same(document.activeElement, e) },
  selection: {
    node: ["input", { id: "k", value: "hello world" }],
    make: e => (e.focus(), e.setSelectionRange(2, 7)),
    kept: e => same(e.selectionStart + "-" + e.selectionEnd, "2-7"),
  },
  caret: {
    node: ["textarea", { id: "k" }, "one two three"],
    make: e => (e.focus(), e.setSelectionRange(5, 5)),
    kept: e => same(e.selectionStart, 5) || same(document.activeElement, e),
  },
  "typed input": {
    node: ["input", { id: "k", value: "old" }],
    make: e => (e.value = "typed"),
    kept: e => same(e.value, "typed"),
  },
  "typed textarea": {
    node: ["textarea", { id: "k" }, "old"],
    make: e => (e.value = "typed"),
    kept: e => same(e.value, "typed"),
  },
  checkbox: { node: ["input", { id: "k", type: "checkbox" }], make: e => e.click(), kept: e => same(e.checked, true) },
  select: {
    node: [
      "select",
      { id: "k" },
      ["option", { value: "a" }, "A"],
      ["option", { value: "b" }, "B"],
      ["option", { value: "c" }, "C"],
    ],
    make: e => (e.value = "c"),
    kept: e => same(e.value, "c"),
  },
  scroll: {
    node: ["div", { id: "k", style: "height: 60px; overflow: auto" }, ...lines],
    make: e => (e.scrollTop = 123),
    kept: e => same(e.scrollTop, 123),
  },
  "page scroll": {
    node: ["div", { id: "k" }, "tall"],
    make: e => {
      document.body.style.minHeight = "5000px";
      scrollTo(0, 700);
    },
    kept: () => (Math.abs(scrollY - 700) <= 200 && scrollY ? "" : "at " + scrollY),
  },
  details: {
    node: ["details", { id: "k" }, ["summary", {}, "more"], ["p", {}, "text"]],
    make: e => (e.open = true),
    kept: e => same(e.open, true),
  },
  dialog: {
    node: ["dialog", { id: "k" }, ["p", {}, "text"]],
    make: e => e.showModal(),
    kept: e => same(e.open, true) || same(e.matches(":modal"), true),
    undo: e => e.close(),
  },
  popover: {
    node: ["div", { id: "k", popover: "manual" }, "text"],
    make: e => e.showPopover(),
    kept: e => same(e.matches(":popover-open"), true),
  },
  contenteditable: {
    node: ["div", { id: "k", contenteditable: "true" }, "old"],
    make: e => {
      e.focus();
      e.firstChild.data = "typed";
      getSelection().collapse(e.firstChild, 3);
    },
    kept: e => same(e.textContent, "typed") || same(getSelection().anchorOffset, 3),
  },
  video: {
    node: ["video", { id: "k", muted: "", playsinline: "" }],
    make: async e => {
      const c = document.createElement("canvas");
      const g = c.getContext("2d");
      let i = 0;
      e.paint = setInterval(() => g.fillRect(i++ % 9, 0, 1, 1), 20);
      e.muted = true;
      e.srcObject = c.captureStream();
      await Promise.race([e.play(), wait(2000)]);
    },
    kept: e => same(e.paused, false),
    undo: e => clearInterval(e.paint),
  },
  iframe: {
    node: ["iframe", { id: "k", title: "frame" }],
    make: e => (e.contentWindow.mark = 7),
    kept: e => same(e.contentWindow.mark, 7),
  },
  "custom element": {
    node: ["x-counter", { id: "k" }, "light"],
    make: e => (e.shadowRoot.querySelector("b").textContent = e.births),
    kept: e => same(e.shadowRoot && e.shadowRoot.querySelector("b").textContent, "1"),
  },
  canvas: {
    node: ["canvas", { id: "k", width: "4", height: "4" }],
    make: e => e.getContext("2d").fillRect(0, 0, 4, 4),
    kept: e => same(e.getContext("2d").getImageData(1, 1, 1, 1).data[3], 255),
  },
  animation: {
    node: ["div", { id: "k" }, "moves"],
    make: e => (e.animation = e.animate([{ opacity: 0 }, { opacity: 1 }], 1e6)),
    kept: e => same(e.getAnimations()[0], e.animation) || same(e.animation && e.animation.playState, "running"),
  },
  "by script": {
    node: ["div", { id: "k", class: "a" }, "text"],
    make: e => {
      e.classList.add("theirs");
      e.style.color = "red";
      e.mark = 1;
      e.setAttribute("data-theirs", "1");
    },
    kept: e =>
      same(
        e.classList.contains("theirs") && e.style.color == "red" && e.mark == 1 && e.hasAttribute("data-theirs"),
        true,
      ),
  },
};

const with_ = (n, attrs) => [n[0], { ...n[1], ...attrs }, ...n.slice(2)];
const updates = {
  "text beside": {
    old: n => [["p", { id: "t" }, "v1"], n, ["p", {}, "end"]],
    next: n => [["p", { id: "t" }, "v2"], n, ["p", {}, "end"]],
    came: () => same($("#t").textContent, "v2"),
  },
  "own attribute": {
    old: n => [["p", {}, "v1"], n],
    next: n => [["p", {}, "v1"], with_(n, { "data-v": "2", class: "a fresh" })],
    came: e => same(e.getAttribute("data-v"), "2") || same(e.classList.contains("fresh"), true),
  },
  "insert before": {
    old: n => [["p", {}, "one"], n, ["p", {}, "two"]],
    next: n => [["p", {}, "zero"], ["p", {}, "one"], with_(n, {}), ["p", {}, "two"]],
    came: e => same([...e.parentNode.children].indexOf(e), 2) || same(e.parentNode.firstChild.textContent, "zero"),
  },
  reorder: {
    old: n => [n, ["p", { id: "a" }, "a"], ["p", { id: "b" }, "b"]],
    next: n => [["p", { id: "b" }, "b"], ["p", { id: "a" }, "a"], n],
    came: e => same([...e.parentNode.children].map(x => x.id).join(), "b,a,k"),
  },
  "other parent": {
    old: n => [
      ["section", { id: "l" }, n],
      ["section", { id: "r" }, ["p", {}, "p"]],
    ],
    next: n => [
      ["section", { id: "l" }, ["p", {}, "v2"]],
      ["section", { id: "r" }, ["p", {}, "p"], n],
    ],
    came: e => same(e.parentNode.id, "r") || same($("#l").textContent, "v2"),
  },
};

window.matrix = async wire => {
  const rows = [];
  for (const [kind, k] of Object.entries(kinds)) {
    const row = [kind];
    for (const u of Object.values(updates)) {
      const box = document.createElement("main");
      const slot = document.createElement("div");
      slot.setAttribute("data-suspense", "m");
      slot.innerHTML = u.old(k.node).map(html).join("");
      box.append(slot);
      document.body.append(box);
      await wait(0); // the client reads its baseline
      const e = $("#k");
      await k.make(e);
      await wait(10);
      const next = u.next(k.node);
      Sx.resolve(
        wire == "sx" ? { id: "m", sx: `(<> ${next.map(sx).join(" ")})` } : { id: "m", html: next.map(html).join("") },
      );
      await wait(10);
      const now = $("#k");
      row.push(!now ? "gone" : (u.came(now) && "not applied: " + u.came(now)) || k.kept(now));
      k.undo?.(now);
      box.remove();
      document.body.style.minHeight = "";
      scrollTo(0, 0);
    }
    rows.push(row);
  }
  return { updates: Object.keys(updates), rows };
};
