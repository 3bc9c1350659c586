// What pages carry in development: a reload of the program patches the page in place, an error shows over it.
// Trusted Types are on, so that the overlay is built of nodes and markup is parsed through a policy.
(() => {
  const policy = self.trustedTypes ? trustedTypes.createPolicy("sx-development", { createHTML: (s) => s }) : { createHTML: (s) => s };
  const look = "position:fixed;inset:auto 1rem 1rem;z-index:2147483647;max-height:60vh;overflow:auto;margin:0;padding:1.1rem 1.3rem;" +
    "background:#1d1216;color:#ffe3e0;border-left:4px solid #ff5d6c;border-radius:.6rem;box-shadow:0 12px 40px rgb(0 0 0/40%);" +
    "font:14px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;tab-size:4";
  const { nonce, dataset } = document.currentScript;
  let shown = dataset.turn; // which of the programs that this server has loaded made the page
  let overlay;
  const show = (text) => {
    if (!overlay) {
      overlay = document.createElement("pre");
      overlay.id = "sx-overlay";
      overlay.setAttribute("role", "alert");
      overlay.style.cssText = look;
    }
    overlay.textContent = text;
    document.documentElement.append(overlay); // beside the body, which reloads patch
  };
  const hide = () => overlay?.remove();
  const sheets = (doc) => [...doc.querySelectorAll("link[rel=stylesheet]")];
  const scripts = (doc) => [...doc.querySelectorAll("script[src]")].map((s) => s.getAttribute("src")).sort().join();

  // A style sheet whose fingerprint changed is loaded before the old one goes, so that the page is never bare.
  const restyle = (doc) => {
    const has = (list, e) => list.some((o) => o.getAttribute("href") === e.getAttribute("href"));
    const now = sheets(document), next = sheets(doc);
    const gone = now.filter((e) => !has(next, e));
    return Promise.all(next.filter((e) => !has(now, e)).map((e) => new Promise((done) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.onload = link.onerror = done;
      link.href = e.getAttribute("href");
      (gone[0] || document.head.lastChild).after(link);
    }))).then(() => gone.forEach((e) => e.remove()));
  };

  let turn = 0;
  const reload = async () => {
    const mine = ++turn;
    const r = await fetch(location.href, { headers: { Accept: "text/html", "Sx-Request": "1" }, cache: "no-store" });
    // What is parsed is subject to this page's policy, which knows this page's nonce.
    const text = (await r.text()).replace(/ nonce="[^"]*"/g, ` nonce="${nonce}"`);
    const doc = new DOMParser().parseFromString(policy.createHTML(text), "text/html");
    if (mine !== turn) return; // a newer reload is under way
    if (r.status >= 500) return show(doc.querySelector("pre")?.textContent || doc.body.textContent.trim());
    if (r.redirected || !window.Sx || scripts(doc) !== scripts(document)) return location.reload();
    await restyle(doc);
    for (const t of doc.querySelectorAll("template[for]")) {
      for (const s of doc.querySelectorAll("[data-suspense]")) {
        if (s.getAttribute("data-suspense") !== t.getAttribute("for")) continue;
        s.replaceChildren(t.content);
        s.removeAttribute("aria-busy");
        t.remove();
      }
    }
    document.title = doc.title;
    hide();
    Sx.resolve({ selector: "body", mode: "inner", html: doc.body.innerHTML });
  };

  addEventListener("sx:overlay", (e) => show(e.detail.text), true);
  addEventListener("sx:reload", (e) => {
    if (e.detail.turn == shown) return hide(); // the page came later than that
    shown = e.detail.turn;
    reload().catch(() => location.reload());
  }, true);
  addEventListener("DOMContentLoaded", () => {
    const region = document.createElement("div");
    region.hidden = true;
    // A server that comes back may be another program: sx serve has built a Go application anew.
    // A stream that only begins again, because another tab wants something, is not lost.
    let lost = false;
    region.addEventListener("sx:retry", () => (lost = true));
    region.addEventListener("sx:open", () => {
      if (lost) reload().catch(() => {});
      lost = false;
    });
    region.setAttribute("data-sx-live", "/_sx/live/(development)" /* developmentSource in reload.go */);
    document.documentElement.append(region);
  });
})();
