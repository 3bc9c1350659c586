package bundle

import "testing"

func TestStrip(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`if (x) fail("kind", ` + "`a ${f(\"}`\")} b`" + `, place(x));`, `if (x) fail();`},
		{`const at = place(x), n = 1;`, `const at = null, n = 1;`},
		{`return v ?? deny("a)", 'b\')', [1, (2)]) + 1;`, `return v ?? deny() + 1;`},
		{"  now._at = at;\n  run();\n", "  run();\n"},
		{`export const fail = (kind: string) => 1; a.fail(2); unfail(3);`, `export const fail = (kind: string) => 1; a.fail(2); unfail(3);`},
		{`x ? wrong(0, "a", v) : bad("b")`, `x ? wrong() : bad()`},
		{`fail("never closed`, `fail()`},
	} {
		if got := strip(c.src); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.src, got, c.want)
		}
	}
}
