// Cases of three versions: what the server sent last, what it sends now, and what the page has become.
// Each gives pairs of what came out and what should have.

window.threeway = async () => {
  const bad = [];
  const one = async (name, first, act, next, look, want) => {
    const slot = document.createElement("div");
    slot.setAttribute("data-suspense", "w");
    document.body.append(slot);
    Sx.resolve({ id: "w", html: first });
    await act(slot);
    let writes = 0;
    const seen = new MutationObserver(() => 0);
    seen.observe(slot, { childList: true, subtree: true, characterData: true, attributes: true });
    for (const f of [].concat(next)) Sx.resolve(typeof f == "string" ? { id: "w", html: f } : f);
    writes = seen.takeRecords().length;
    const got = String(look(slot, writes));
    if (got != String(want)) bad.push(`${name}: got ${got}, want ${want}`);
    slot.remove();
  };
  const $ = (s, q) => s.querySelector(q);

  await one(
    "an edited field keeps the edit",
    "<input value=a>",
    s => ($(s, "input").value = "mine"),
    "<input value=b>",
    s => $(s, "input").value + $(s, "input").defaultValue,
    "mineb",
  );
  await one(
    "an unedited field follows",
    "<input value=a>",
    s => ($(s, "input").value = "a"),
    "<input value=b>",
    s => $(s, "input").value,
    "b",
  );
  await one(
    "a field set back counts as unedited",
    "<input value=a>",
    s => {
      $(s, "input").value = "x";
      $(s, "input").value = "a";
    },
    "<input value=b>",
    s => $(s, "input").value,
    "b",
  );
  await one(
    "an edited checkbox",
    "<input type=checkbox>",
    s => $(s, "input").click(),
    "<input type=checkbox class=x>",
    s => $(s, "input").checked,
    true,
  );
  await one(
    "an unedited checkbox follows",
    "<input type=checkbox>",
    () => 0,
    "<input type=checkbox checked>",
    s => $(s, "input").checked,
    true,
  );
  await one(
    "a checkbox edited twice follows",
    "<input type=checkbox>",
    s => {
      $(s, "input").click();
      $(s, "input").click();
    },
    "<input type=checkbox checked>",
    s => $(s, "input").checked,
    true,
  );
  await one(
    "an edited textarea",
    "<textarea>a</textarea>",
    s => ($(s, "textarea").value = "mine"),
    "<textarea>b</textarea>",
    s => $(s, "textarea").value + $(s, "textarea").defaultValue,
    "mineb",
  );
  await one(
    "an unedited textarea follows",
    "<textarea>a</textarea>",
    s => ($(s, "textarea").value = "a"),
    "<textarea>b</textarea>",
    s => $(s, "textarea").value,
    "b",
  );
  await one(
    "the caret of an unedited field",
    "<input value=hello>",
    s => {
      $(s, "input").focus();
      $(s, "input").setSelectionRange(2, 3);
    },
    "<input value=hullo>",
    s => $(s, "input").value + $(s, "input").selectionStart + (document.activeElement == $(s, "input")),
    "hullo2true",
  );
  await one(
    "a chosen option stays when others come",
    "<select><option>a<option>b</select>",
    s => ($(s, "select").value = "b"),
    "<select><option>z<option>a<option>b</select>",
    s => $(s, "select").value,
    "b",
  );
  await one(
    "an untouched select follows",
    "<select><option selected>a<option>b</select>",
    () => 0,
    "<select><option>a<option selected>b</select>",
    s => $(s, "select").value,
    "b",
  );
  await one(
    "a radio",
    "<input type=radio name=r value=1 checked><input type=radio name=r value=2>",
    s => s.children[1].click(),
    "<input type=radio name=r value=1 checked class=x><input type=radio name=r value=2>",
    s => s.children[1].checked,
    true,
  );
  await one(
    "opened details stay open beside a change",
    "<details><summary>a</summary>t</details>",
    s => ($(s, "details").open = true),
    "<details><summary>b</summary>t</details>",
    s => $(s, "details").open,
    true,
  );
  await one(
    "the server may close details",
    "<details open><summary>a</summary>t</details>",
    () => 0,
    "<details><summary>a</summary>t</details>",
    s => $(s, "details").open,
    false,
  );
  await one(
    "the server may close a dialog",
    "<dialog open>t</dialog>",
    () => 0,
    "<dialog>t</dialog>",
    s => $(s, "dialog").open,
    false,
  );
  await one(
    "what a script has put there stays",
    "<p>a</p><p>b</p>",
    s => s.insertBefore(document.createElement("hr"), s.lastChild),
    "<p>a</p><p>c</p>",
    s => s.innerHTML,
    "<p>a</p><hr><p>c</p>",
  );
  await one(
    "what a script took away stays away",
    "<p>a</p><p>b</p><i>x</i>",
    s => s.children[1].remove(),
    "<p>a</p><p>b</p><i>y</i><b></b>",
    s => s.innerHTML,
    "<p>a</p><i>y</i><b></b>",
  );
  await one(
    "a changed class keeps what was added",
    "<p class='a b'>t</p>",
    s => $(s, "p").classList.add("mine"),
    "<p class='b c'>t</p>",
    s => $(s, "p").className,
    "b mine c",
  );
  await one(
    "a changed style keeps what was added",
    "<p style='color: red; top: 1px'>t</p>",
    s => ($(s, "p").style.width = "9px"),
    "<p style='color: blue'>t</p>",
    s => $(s, "p").style.cssText,
    "color: blue; width: 9px;",
  );
  await one(
    "sx-preserve",
    "<p id=p sx-preserve>a</p>",
    s => ($(s, "p").textContent = "mine"),
    "<b>new</b><p id=p sx-preserve>b</p>",
    s => s.innerHTML,
    '<b>new</b><p id="p" sx-preserve="">mine</p>',
  );
  await one(
    "edited contenteditable",
    "<div contenteditable=true>a</div>",
    s => ($(s, "div").textContent = "mine"),
    "<div contenteditable=true>b</div>",
    s => $(s, "div").textContent,
    "mine",
  );
  await one(
    "untouched contenteditable follows",
    "<div contenteditable=true>a</div>",
    () => 0,
    "<div contenteditable=true>b</div>",
    s => $(s, "div").textContent,
    "b",
  );
  await one(
    "a slot within, filled on its own",
    "<h1>a</h1><div data-suspense=in aria-busy=true>wait</div>",
    () => Sx.resolve({ id: "in", html: "<b>full</b>" }),
    "<h1>b</h1><div data-suspense=in aria-busy=true>wait</div>",
    s => s.innerHTML,
    '<h1>b</h1><div data-suspense="in"><b>full</b></div>',
  );
  await one(
    "a slot within that comes filled",
    "<div data-suspense=in aria-busy=true>wait</div>",
    () => Sx.resolve({ id: "in", html: "<b>1</b>" }),
    "<div data-suspense=in><b>2</b></div>",
    s => s.innerHTML,
    '<div data-suspense="in"><b>2</b></div>',
  );
  await one(
    "the same again writes nothing",
    "<p class=a>1</p><ul><li>x</ul>",
    () => 0,
    "<p class=a>1</p><ul><li>x</ul>",
    (s, w) => w,
    0,
  );
  await one(
    "one text, one write",
    "<p class=a>1</p><ul><li>x</ul>",
    () => 0,
    "<p class=a>2</p><ul><li>x</ul>",
    (s, w) => w,
    1,
  );
  const list = a => "<ul>" + a.map(x => `<li sx-key=${x}>${x}</li>`).join("") + "</ul>";
  await one(
    "one moved item, one move",
    list([1, 2, 3, 4, 5, 6]),
    () => 0,
    list([6, 1, 2, 3, 4, 5]),
    (s, w) => s.textContent + " " + (w <= 2),
    "612345 true",
  );
  await one(
    "a swap",
    list([1, 2, 3, 4, 5, 6]),
    () => 0,
    list([1, 5, 3, 4, 2, 6]),
    (s, w) => s.textContent + " " + (w <= 4),
    "153426 true",
  );
  await one(
    "an insertion among items without keys",
    "<p>a <input></p><p>b <input></p><i>t1</i>",
    s => (s.querySelectorAll("input")[1].value = "mine"),
    "<p>n <input></p><p>a <input></p><p>b <input></p><i>t2</i>",
    s => [...s.querySelectorAll("input")].map(x => x.value).join(),
    ",,mine",
  );
  await one(
    "removal above a typed field",
    "<p>a <input></p><p>b <input></p>",
    s => (s.querySelectorAll("input")[1].value = "mine"),
    "<p>b <input></p>",
    s => $(s, "input").value,
    "mine",
  );
  await one(
    "after someone emptied the slot",
    "<p>a</p>",
    s => (s.innerHTML = ""),
    "<p>a</p>",
    s => s.innerHTML,
    "<p>a</p>",
  );
  await one(
    "SX after HTML",
    "<p class=a>1 <b>x</b></p>",
    s => (s.firstChild.mark = 1),
    { id: "w", sx: '(p :class "a" "2 " (b "x"))' },
    s => s.innerHTML + s.firstChild.mark,
    '<p class="a">2 <b>x</b></p>1',
  );
  await one(
    "a bad frame leaves all",
    "<p>1</p>",
    () => 0,
    { id: "w", sx: '(<> (p "2") (p (nth 3)))' },
    s => s.innerHTML,
    "<p>1</p>",
  );
  await one(
    "a table",
    "<table><tbody><tr><td>1</table>",
    () => 0,
    { id: "w", sx: '(table (tr (td "2")))' },
    (s, w) => s.innerHTML + w,
    "<table><tbody><tr><td>2</td></tr></tbody></table>1",
  );
  return bad;
};
