package docs_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// tokenizer is what an editor does with a TextMate grammar, as far as ours needs it: line by line, the leftmost match of
// the patterns at the top of the stack, the first of those that begin at one place.
const tokenizer = `(grammar, text) => {
	const expand = (list) => list.flatMap((p) => {
		const rule = p.include ? grammar.repository[p.include.slice(1)] : p
		return rule.match || rule.begin ? [rule] : expand(rule.patterns)
	})
	const find = (source, line, at) => { const r = new RegExp(source, "gd"); r.lastIndex = at; return r.exec(line) }
	const out = [], stack = [{ patterns: expand(grammar.patterns) }]
	for (const line of text.split("\n")) {
		let at = 0
		for (;;) {
			const top = stack.at(-1)
			let best, rule
			if (top.end) { const m = find(top.end, line, at); if (m) best = m }
			for (const p of top.patterns) {
				const m = find(p.begin ?? p.match, line, at)
				if (m && m[0] && (!best || m.index < best.index)) { best = m; rule = p }
			}
			const name = stack.at(-1).name
			if (name) out.push([name, line.slice(at, best ? best.index : line.length)])
			if (!best) break
			if (!rule) { out.push([top.name, best[0]]); stack.pop() }
			else if (rule.begin) { out.push([rule.name, best[0]]); stack.push({ ...rule, patterns: expand(rule.patterns ?? []) }) }
			else if (rule.captures) for (const [i, c] of Object.entries(rule.captures)) { if (best[i]) out.push([c.name, best[i]]) }
			else out.push([rule.name, best[0]])
			at = best.index + best[0].length
		}
	}
	return out.filter(([, text]) => text)
}`

// The grammar for editors names what the language has, and finds its way through every file of the repository.
func TestBrowserGrammarFollowsTheLanguage(t *testing.T) {
	grammar, err := os.ReadFile("editors/sx.tmLanguage.json")
	if err != nil {
		t.Fatal(err)
	}
	tab := clienttest.Browser(t)
	tokens := func(text string) [][2]string {
		t.Helper()
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		out, err := chromedp.Run(tab, chromedp.Evaluate[[][2]string]("("+tokenizer+")("+string(grammar)+", "+string(quoted)+")"))
		if err != nil {
			t.Fatalf("%.200s: %v", text, err)
		}
		return out
	}
	scopes := func(text string) string {
		var b strings.Builder
		for _, token := range tokens(text) {
			short, _, _ := strings.Cut(strings.TrimSuffix(token[0], ".sx"), ".")
			b.WriteString(short + "<" + token[1] + "> ")
		}
		return strings.TrimSpace(b.String())
	}
	for text, want := range map[string]string{
		`(defcomp ~card (&key title)`:    `punctuation<(> keyword<defcomp> entity<~card> punctuation<(> entity<&key> variable<title> punctuation<)>`,
		`(h1 :class "a\n;b" x) ; y "z`:   `punctuation<(> entity<h1> entity<:class> string<"> string<a> constant<\n> string<;b> string<"> variable<x> punctuation<)> comment<; y "z>`,
		`(list -1.5e3 true x-1 '(a ,b))`: `punctuation<(> entity<list> constant<-1.5e3> constant<true> variable<x-1> keyword<'> punctuation<(> entity<a> keyword<,> variable<b> punctuation<)> punctuation<)>`,
		"#|raw ( ; \"\nstill| nil":       `string<#|> string<raw ( ; "> string<still> string<|> constant<nil>`,
	} {
		if got := scopes(text); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}

	app, err := page.New(os.DirFS("."), page.WithSecret("test"), page.WithData(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Shutdown(context.Background())
	var lines []string
	for _, s := range app.Program().Specials() {
		if s.Usage != "" && !strings.HasPrefix(s.Name, "~") && !strings.HasPrefix(s.Name, "assert") && s.Name != "<>" && s.Name != "!doctype" {
			lines = append(lines, "("+s.Name+" ")
		}
	}
	for i, line := range lines {
		if got := tokens(line); len(got) != 2 || got[1][0] != "keyword.control.sx" && got[1][0] != "keyword.declaration.sx" {
			t.Errorf("special form %d: %s is %v", i, line, got)
		}
	}

	err = filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".sx" || strings.Contains(name, "testdata") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := sx.Read(sx.NewSource(name, string(text)), sx.Limits{}); err != nil {
			return err
		}
		depth := 0
		for _, token := range tokens(string(text)) {
			if strings.HasPrefix(token[0], "punctuation") {
				depth += strings.Count("([{", token[1]) - strings.Count(")]}", token[1])
			}
			if strings.HasPrefix(token[0], "invalid") {
				t.Errorf("%s: %q is taken for a mistake", name, token[1])
			}
			if depth < 0 {
				break
			}
		}
		if depth != 0 {
			t.Errorf("%s: the brackets that are no text or comment do not match (%d open)", name, depth)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
