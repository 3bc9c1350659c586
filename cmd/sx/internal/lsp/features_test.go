package lsp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/cmd/sx/internal/lsp"
)

// shop is a small application with one of everything.
func shop(t testing.TB) string {
	return folder(t, "app.sx", `(defconfig :name "Shop")
(defguard login (session-get "user"))
(defpage item
  :path "/items/<int:id>"
  :auth :login
  :data {:thing (load-thing id) :label (str "№ " id)}
  :title (get thing "name")
  :content (~card :title label :tone "loud" (p (get thing "text") (a :href (url-for "items") "all"))))
(defpage items :path "/items" :content (~card :title "All" (total (list 1 2))))
(defaction add :path "/items" (&key (name :as string :required)) (redirect (url-for "item" {:id name})))
`, "components/card.sx", `(defcomp ~card (&key (title :as string :required) (tone :default "plain") &rest children)
  "A box with a title."
  (section :class (str "card " tone)
    (h2 title)
    (let ((size (len children))
          (wide (> size 1)))
      (p :class (if wide "wide" "narrow") size))
    children))
`, "lib.sx", `; what is bought
(define limit "The most of everything." 10)
(define (total xs) "Adds prices." (reduce (fn (sum x) (+ sum (min x limit))) 0 xs))
(define (load-thing id) (db-query-one "select * from things where id = ?" id))
(defmacro twice (form) `+"`(list ,form ,form))\n")
}

func TestHover(t *testing.T) {
	c := connect(t, shop(t), object{})
	for _, tt := range []struct{ file, at, want string }{
		{"app.sx", "(~ca|rd :title label", "(~card &key (title :as string :required) (tone :default \"plain\") &rest children)|A box with a title.|component · pure · rendered on the client · components/card.sx:1"},
		{"app.sx", ":ti|tle label", ":(title :as string :required)|parameter of ~card"},
		{"app.sx", ":title lab|el", "label = (str \"№ \" id)|from :data"},
		{"app.sx", "load-thing i|d", "id|part of the path"},
		{"app.sx", "(to|tal (list", "(total xs)|Adds prices.|function · pure · lib.sx:3"},
		{"app.sx", "load-|thing", "(load-thing id)|function · reaches the world outside"},
		{"app.sx", "(li|st 1 2)", "(list|primitive · pure"},
		{"app.sx", "(def|page item", "(defpage name|definition"},
		{"app.sx", ":au|th :login", ":auth|field of defpage"},
		{"app.sx", ":data {:th|ing", "thing = (load-thing id)|from :data"},
		{"app.sx", "<int:i|d>", "id|part of the path"},
		{"app.sx", "(&key (na|me :as string", "(name :as string :required)|parameter"},
		{"app.sx", "{:id na|me}", "(name :as string :required)|parameter"},
		{"app.sx", "(name :a|s string", "The type of the value|annotation"},
		{"app.sx", ":auth :log|in", "(defguard login|guard · app.sx:2"},
		{"app.sx", "(url-for \"it|ems\")", "(defpage items|page · app.sx:9"},
		{"app.sx", ":hr|ef", ":href|attribute of a"},
		{"components/card.sx", "(sec|tion", "(section :attribute|element"},
		{"components/card.sx", "(l|et ((size", "(let ((name value) …) body …)|special form"},
		{"components/card.sx", "wide (> si|ze", "size = (len children)|local name"},
		{"components/card.sx", "(h2 ti|tle", "(title :as string :required)|parameter of ~card"},
		{"lib.sx", "(min x li|mit)", "limit|The most of everything.|value · lib.sx:2"},
		{"lib.sx", "(+ su|m", "sum|local name"},
	} {
		var h struct{ Contents struct{ Kind, Value string } }
		c.call("textDocument/hover", c.at(tt.file, tt.at), &h)
		for _, want := range strings.Split(tt.want, "|") {
			if !strings.Contains(h.Contents.Value, want) {
				t.Errorf("%s: got\n%s\nwithout %s", tt.at, h.Contents.Value, want)
			}
		}
	}
	if m := c.try("textDocument/hover", c.at("lib.sx", "; what is| bought")); string(m.Result) != "null" {
		t.Errorf("a comment means %s", m.Result)
	}
}

// Whoever shows no markdown gets none.
func TestHoverWithoutMarkdown(t *testing.T) {
	c := connect(t, shop(t), object{"textDocument": object{"hover": object{"contentFormat": []string{"plaintext"}}}})
	var h struct{ Contents struct{ Kind, Value string } }
	c.call("textDocument/hover", c.at("app.sx", "(to|tal"), &h)
	if want := "(total xs)\n\nAdds prices.\n\nfunction · pure · lib.sx:3"; h.Contents.Kind != "plaintext" || h.Contents.Value != want {
		t.Errorf("got %q, want %q", h.Contents.Value, want)
	}
}

// where shows a location as file:line:char text.
func (c *client) where(l lsp.Location) string {
	for name := range c.files() {
		if c.uri(name) == l.URI {
			s := c.files()[name]
			return fmt.Sprintf("%s:%d:%d %s", name, l.Range.Start.Line+1, l.Range.Start.Character+1, s[c.offset(s, l.Range.Start):c.offset(s, l.Range.End)])
		}
	}
	return l.URI
}

func TestDefinition(t *testing.T) {
	c := connect(t, shop(t), object{})
	for _, tt := range []struct{ file, at, want string }{
		{"app.sx", "(~ca|rd :title label", "components/card.sx:1:10 ~card"},
		{"app.sx", "(|~card :title label", "components/card.sx:1:10 ~card"},
		{"app.sx", ":ti|tle label", "components/card.sx:1:23 title"},
		{"app.sx", ":title lab|el", "app.sx:6:34 label"},
		{"app.sx", "load-thing i|d", "app.sx:4:22 id"},
		{"app.sx", "load-|thing", "lib.sx:4:10 load-thing"},
		{"app.sx", ":auth :log|in", "app.sx:2:11 login"},
		{"app.sx", "(url-for \"it|ems\")", "app.sx:9:10 items"},
		{"app.sx", "{:id nam|e}", "app.sx:10:38 name"},
		{"app.sx", "(&key (nam|e :as", "app.sx:10:38 name"},
		{"components/card.sx", "wide (> si|ze", "components/card.sx:5:12 size"},
		{"components/card.sx", "|children))\n", "components/card.sx:1:81 children"},
		{"lib.sx", "(+ su|m", "lib.sx:3:48 sum"},
	} {
		var l lsp.Location
		c.call("textDocument/definition", c.at(tt.file, tt.at), &l)
		if got := c.where(l); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.at, got, tt.want)
		}
	}
	if m := c.try("textDocument/definition", c.at("app.sx", "(li|st 1 2)")); string(m.Result) != "null" {
		t.Errorf("a primitive is at %s", m.Result)
	}
}

func TestReferences(t *testing.T) {
	c := connect(t, shop(t), object{})
	for _, tt := range []struct {
		file, at string
		with     bool
		want     []string
	}{
		{"components/card.sx", "~ca|rd", true, []string{"app.sx:8:13 ~card", "app.sx:9:41 ~card", "components/card.sx:1:10 ~card"}},
		{"components/card.sx", "~ca|rd", false, []string{"app.sx:8:13 ~card", "app.sx:9:41 ~card"}},
		{"components/card.sx", "(h2 ti|tle", true, []string{"app.sx:8:20 title", "app.sx:9:48 title", "components/card.sx:1:23 title", "components/card.sx:4:9 title"}},
		{"app.sx", "(get th|ing \"text\")", true, []string{"app.sx:6:11 thing", "app.sx:7:15 thing", "app.sx:8:53 thing"}},
		{"app.sx", ":data {:th|ing", true, []string{"app.sx:6:11 thing", "app.sx:7:15 thing", "app.sx:8:53 thing"}},
		{"app.sx", "<int:i|d>", true, []string{"app.sx:4:22 id", "app.sx:6:29 id", "app.sx:6:50 id"}},
		{"app.sx", "(defpage it|ems", true, []string{"app.sx:8:86 items", "app.sx:9:10 items"}},
		{"lib.sx", "min x li|mit", true, []string{"lib.sx:2:9 limit", "lib.sx:3:69 limit"}},
	} {
		p := c.at(tt.file, tt.at)
		p["context"] = object{"includeDeclaration": tt.with}
		var ls []lsp.Location
		c.call("textDocument/references", p, &ls)
		var got []string
		for _, l := range ls {
			got = append(got, c.where(l))
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.at, got, tt.want)
		}
	}
	var marks []struct {
		Range lsp.Range
		Kind  int
	}
	c.call("textDocument/documentHighlight", c.at("components/card.sx", "(h2 ti|tle"), &marks)
	if len(marks) != 2 || marks[0].Kind != 3 || marks[1].Kind != 2 {
		t.Errorf("highlights: %v", marks)
	}
}

func TestFormatting(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("lib.sx", "; é\n(define   a 1)\n\n\n\n(define b   2)")
	var edits []lsp.TextEdit
	params := object{"textDocument": object{"uri": c.uri("lib.sx")}, "options": object{"tabSize": 2}}
	c.call("textDocument/formatting", params, &edits)
	if got := c.applied("lib.sx", edits); got != "; é\n(define a 1)\n\n(define b 2)\n" {
		t.Errorf("got %q", got)
	}
	c.set("lib.sx", "(define a")
	if m := c.try("textDocument/formatting", params); string(m.Result) != "null" {
		t.Errorf("a broken file: %s", m.Result)
	}
	c.set("lib.sx", "(define a 1)\n")
	if m := c.try("textDocument/formatting", params); string(m.Result) != "[]" {
		t.Errorf("a formatted file: %s", m.Result)
	}
}

// applied gives the text of a buffer after edits that do not overlap.
func (c *client) applied(name string, edits []lsp.TextEdit) string {
	s := c.files()[name]
	slices.SortFunc(edits, func(a, b lsp.TextEdit) int { return c.offset(s, b.Range.Start) - c.offset(s, a.Range.Start) })
	for _, e := range edits {
		s = s[:c.offset(s, e.Range.Start)] + e.NewText + s[c.offset(s, e.Range.End):]
	}
	return s
}

func TestSymbols(t *testing.T) {
	c := connect(t, shop(t), object{"textDocument": object{"documentSymbol": object{"hierarchicalDocumentSymbolSupport": true}}})
	c.open("lib.sx", "(defcomp ~a () 1)\n(define (f x) x) (define v 1)\n(defsuite \"s\" (deftest \"one\" (assert-true 1)))\n(defpage p :path \"/\" :content (f 1))\n(define broken (")
	type symbol struct {
		Name, Detail string
		Kind         int
		Children     []struct{ Name string }
	}
	var list []symbol
	c.call("textDocument/documentSymbol", object{"textDocument": object{"uri": c.uri("lib.sx")}}, &list)
	want := `[{~a defcomp 5 []} {f define 12 []} {v define 13 []} {s defsuite 19 [{one}]} {p defpage 1 []} {broken define 13 []}]`
	if got := fmt.Sprint(list); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var found []struct {
		Name     string
		Location lsp.Location
	}
	c.call("workspace/symbol", object{"query": "~ca"}, &found)
	if len(found) != 1 || found[0].Name != "~card" || c.where(found[0].Location) != "components/card.sx:1:10 ~card" {
		t.Errorf("workspace: %v", found)
	}
	c.call("workspace/symbol", object{"query": "item"}, &found)
	if len(found) != 2 {
		t.Errorf("workspace: %v", found)
	}
}

func TestSignatureHelp(t *testing.T) {
	c := connect(t, shop(t), object{})
	for _, tt := range []struct {
		text, label string
		active      string
	}{
		{"(define a (total |))", "(total xs)", "xs"},
		{"(define a (~card :title |))", "(~card &key (title :as string :required) (tone :default \"plain\") &rest children)", "(title :as string :required)"},
		{"(define a (~card :title 1 x|))", "(~card &key (title :as string :required) (tone :default \"plain\") &rest children)", "children"},
		{"(define a (nth xs |", "(nth coll i", "i"},
		{"(define a (if |", "(if test then else?)", ""},
		{"(define a (unknown-thing |", "", ""},
	} {
		c.open("components/new.sx", strings.Replace(tt.text, "|", "", 1))
		var h *struct {
			Signatures []struct {
				Label      string
				Parameters []struct{ Label [2]int }
			}
			ActiveParameter int
		}
		c.call("textDocument/signatureHelp", c.at("components/new.sx", tt.text), &h)
		if h == nil {
			if tt.label != "" {
				t.Errorf("%s: nothing", tt.text)
			}
			continue
		}
		s := h.Signatures[0]
		if !strings.HasPrefix(s.Label, tt.label) {
			t.Errorf("%s: got %s", tt.text, s.Label)
		}
		got := ""
		if h.ActiveParameter < len(s.Parameters) {
			p := s.Parameters[h.ActiveParameter].Label
			got = s.Label[p[0]:p[1]]
		}
		if got != tt.active {
			t.Errorf("%s: active %q, want %q in %v", tt.text, got, tt.active, s)
		}
	}
}
