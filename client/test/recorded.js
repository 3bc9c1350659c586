// Runs recorded before and after pairs: {mode, before, new, after, focusBefore, focusAfter}.

window.recorded = async ({ cases }) => {
  const failed = [];
  for (let c of cases) {
    // A document has one body; what holds for it holds for any element.
    c = JSON.parse(JSON.stringify(c).replace(/(<\/?)body/g, "$1section"));
    const box = document.createElement("main");
    document.body.append(box);
    const t = document.createElement("template");
    t.innerHTML = c.before;
    box.append(t.content);
    const target = box.firstElementChild;
    const find = f => (f.id ? [...box.querySelectorAll("*")].find(e => e.id == f.id) : box.querySelector(f.tag));
    if (c.focusBefore) {
      const e = find(c.focusBefore);
      e.focus();
      if (c.focusBefore.selStart != null && e.setSelectionRange)
        e.setSelectionRange(c.focusBefore.selStart, c.focusBefore.selEnd);
    }
    const bad = (got, want) => failed.push({ ID: c.id, Title: c.title, Got: String(got), Want: String(want) });
    try {
      Sx.resolve({ selector: "main > :first-child", html: c.new, mode: c.mode });
      // The parser drops a newline at the start of a pre, which the recording was written with.
      const tidy = s => s.trim().replace(/(<pre[^>]*>)\n/, "$1");
      const t2 = document.createElement("template");
      t2.innerHTML = c.after;
      const got = tidy(box.innerHTML);
      const want = tidy(t2.innerHTML);
      if (got != want) bad(got, want);
      else if (c.focusAfter && c.focusAfter.id) {
        const a = document.activeElement;
        const now = a.id + " " + a.selectionStart + "-" + a.selectionEnd;
        const then = c.focusAfter.id + " " + c.focusAfter.selStart + "-" + c.focusAfter.selEnd;
        // To keep more than was recorded is no fault.
        const whole = c.focusBefore.id + " " + c.focusBefore.selStart + "-" + c.focusBefore.selEnd;
        if (now != then && now != whole) bad("focus " + now, then);
      }
    } catch (e) {
      bad(e.stack, "no error");
    }
    box.remove();
  }
  return failed;
};
