// Frames that change little, at random, against what the browser makes of the same payload: what is written
// without reading a payload again must come out the same as if it had been read.

window.texts = async (rounds, seed) => {
  const bad = [];
  const rnd = n => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff), (seed >> 8) % n);
  const pick = a => a[rnd(a.length)];
  // Harmless, empty, blank, with entities, with what ends a text, with newlines, beyond the basic plane.
  const words = ["a", "42", "0", "7.50", "-3", "", " ", "x y", "&amp;", "&lt;b&gt;", "<i>i</i>", "\n", "\nz", "é", "😀", '"', ">", "a > b", "'"];
  const plain = ["a", "42", "43", "7.5", "100000", "x y", "long text"];
  const shapes = [
    w => `<p>${w()}</p>`,
    w => `${w()}<b title="${w()}">${w()}</b>${w()}`,
    w => `<table><tr><td>${w()}</td></tr>${w()}<tr><td>${w()}</table>`,
    w => `<pre>${w()}</pre><textarea>${w()}</textarea>`,
    w => `<select><option value="${w()}">${w()}</option></select>`,
    w => `<!-- ${w()} --><svg><text>${w()}</text><title>${w()}</title></svg>`,
    w => `<a title="x>${w()}<y">${w()}</a><template><i>${w()}</i></template>`,
    w => `<style>.q{color:${w()}}</style><p>${w()}<p>${w()}`,
    w => `<ul><li id="k">${w()}<li>${w()}</ul><input value="${w()}">`,
    w => `<div data-suspense="in">${w()}</div><div contenteditable="true">${w()}</div>`,
  ];
  const strings = plain.concat("", "a\\nb", '\\"', "<b>", "&amp;", "é", "😀", "\\u{1f600}", " ");
  const numbers = ["0", "1", "42", "-7", "1.5", "0.25", "10", "1e3", "1.50", "-0", "007".slice(1)];
  const lit = () => (rnd(2) ? `"${pick(strings)}"` : pick(numbers));
  Sx.loadComponents(`
    (defcomp ~t-badge (&key value) (span :class "b" value))
    (defcomp ~t-both (&key value) (span :title value value))
    (defcomp ~t-twice (&key value) (p value " and " value))
    (defcomp ~t-if (&key value) (if (= value "a") (b value) (i value)))
    (defcomp ~t-through (&key v w) (div (~t-badge :value v) (~t-if :value w)))
    (defcomp ~t-kids (&key a &rest children) (section (h2 a) children))
    (defcomp ~t-i (&key i b) (p (i i) (b b)))
    (defcomp ~t-checked (&key (n :as number :default 1)) (p n))
    (defcomp ~t-length (&key s) (p (str "n" s) s))`);
  const wires = [
    w => `(~t-badge :value ${w()})`,
    w => `(p ${w()} (b ${w()}) ${w()})`,
    w => `(<> (~t-both :value ${w()}) (~t-twice :value ${w()}))`,
    w => `(~t-through :v ${w()} :w ${w()})`,
    w => `(~t-kids :a ${w()} (p ${w()}) ${w()})`,
    w => `(div :title ${w()} (~t-length :s ${w()}) (if ${w()} "yes" "no"))`,
    w => `(~t-i :b ${w()})`,
    w => `(textarea ${w()})`,
  ];
  const slot = document.createElement("div");
  slot.setAttribute("data-suspense", "texts");
  document.body.append(slot);
  // Payloads of HTML are read in an element made for that.
  let read = 0;
  let quick = 0;
  const make = Document.prototype.createElementNS;
  Document.prototype.createElementNS = function (...a) {
    read++;
    return make.apply(this, a);
  };
  for (let r = 0; r < rounds; r++) {
    const wire = r % 2;
    const shape = pick(wire ? wires : shapes);
    // A few values, of which most stay from frame to frame.
    const values = [];
    const value = () => (wire ? lit() : rnd(3) ? pick(plain) : pick(words));
    for (let turn = 0; turn < 12; turn++) {
      let i = 0;
      const payload = shape(() => {
        const k = i++;
        if (values[k] == undefined || !rnd(3)) values[k] = value();
        return values[k];
      });
      const want = document.createElement("div");
      let ok = true;
      try {
        want.innerHTML = wire ? Sx.renderToString(payload) : payload;
      } catch {
        ok = false;
      }
      const before = slot.innerHTML;
      const then = read;
      Sx.resolve(wire ? { id: "texts", sx: payload } : { id: "texts", html: payload });
      if (!wire && before != slot.innerHTML && read == then) quick++;
      const expected = ok ? want.innerHTML : before;
      if (slot.innerHTML != expected) bad.push(`${payload}: got ${slot.innerHTML}, want ${expected}`);
      for (const t of slot.querySelectorAll("textarea")) if (t.value != t.defaultValue) bad.push(`textarea shows ${t.value}`);
    }
    if (bad.length > 5) break;
  }
  Document.prototype.createElementNS = make;
  if (quick < rounds / 4) bad.push(`only ${quick} changes were written without reading the payload`);
  slot.remove();
  return bad;
};
