// Uses of the public API that must type-check, and misuses that must not. It is compiled and never run.

const frame: SxFrame = { id: "cpu", sx: "(b 1)", mode: "append", key: "k" };
Sx.resolve(frame);
Sx.resolve({ event: "sx-signals", patch: { a: { b: null } }, onlyIfMissing: true });
Sx.resolveSuspense("cpu", "(b 2)");
const id: string = Sx.send("/ws/chat", "chat-message", { text: "hello" }, { id: "messages", html: "<p>hello" });
document.body.append(Sx.render("(p 1)"), Sx.renderToString("(p 1)"), Sx.evaluate("(+ 1 2)"), id);
Sx.loadComponents("(defcomp ~x () (p 1))");
Sx.parse("(a b)").length.toFixed();
Sx.process(document.body);
Sx.connect();
Sx.disconnect();
Sx.version.length.toFixed();
Sx.state.cart = 1;
window.Sx.process();
document.addEventListener("sx:error", e => console.log(e.detail.blame == "network", e.detail.kind, e.detail.message));
document.body.addEventListener("sx:retry", e => e.detail.delay.toFixed());
document.addEventListener("sx:resolve", e => e.detail.id?.length);

// @ts-expect-error: no such mode
Sx.resolve({ id: "cpu", html: "", mode: "sideways" });
// @ts-expect-error: a slot has an id
Sx.resolveSuspense(1, "");
// @ts-expect-error: the version is read only
Sx.version = "2";
