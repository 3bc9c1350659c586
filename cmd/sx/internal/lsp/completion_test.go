package lsp_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/cmd/sx/internal/lsp"
)

type completion struct {
	IsIncomplete bool
	Items        []item
}

type item struct {
	Label, Detail, FilterText, SortText string
	Kind                                int
	Documentation                       struct{ Value string }
	TextEdit                            lsp.TextEdit
}

func (l completion) labels() (out []string) {
	for _, x := range l.Items {
		out = append(out, x.Label)
	}
	return out
}

func TestCompletion(t *testing.T) {
	c := connect(t, shop(t), object{})
	for _, tt := range []struct {
		text        string
		has, hasNot string // separated by blanks
	}{
		{"(defcomp ~n () (~ca|))", "~card", "list let div"},
		{"(defcomp ~n () (|))", "~card let list div total twice ~suspense", "defpage id"},
		{"(defcomp ~n () (se|", "section select", "zip"},
		{"|", "defcomp defpage define", "let div"},
		{"(def|", "defcomp defpage define deftest", "div"},
		{"(defcomp ~n () (~card |", ":title :tone total", ":children"},
		{"(defcomp ~n () (~card :title 1 :|))", ":tone", ":title"},
		{"(defcomp ~n () (~card :t|", ":title :tone", "list"},
		{"(defcomp ~n () (~card :title |", "total limit list", ":tone"},
		{"(defcomp ~n () (a :h|))", ":href :hidden", ":src"},
		{"(defcomp ~n () (img :|))", ":src :alt :class", ":href"},
		{"(defpage n :|)", ":path :data :content :layout", ":href"},
		{"(defpage n :path \"/<slug>\" :data {:one 1 :two (str |)} :content 1)", "slug one", "two"},
		{"(defpage n :path \"/<slug>\" :data {:one 1 :two 2} :content (str |))", "slug one two", ""},
		{"(defpage n :path \"/\" :layout |", "~card", "list"},
		{"(defpage n :path \"/\" :auth :|", ":login :public", ":path"},
		{"(defpage n :path \"/\" :content (url-for \"|\"))", "item items add", "list"},
		{"(defaction n :path \"/<int:id>\" (&key (name :as |))", "string number file", "reduce :required"},
		{"(defcomp ~n (&key (name :|) x) 1)", ":as :default :required", ":href"},
		{"(defaction n :path \"/<int:id>\" (&key (name :as string) other) (str |", "id name other", ""},
		{"(defcomp |", "", "~card list"},
		{"(defcomp ~n (|", "&key &rest", "list div"},
		{"(defcomp ~n (&key |) 1)", "&rest", "&key :class list"},
		{"(define (f x) (let ((|", "", "list x div"},
		{"(define (f x) (let (a 1 |", "", "list x div"},
		{"(define (f x) (let (a |", "list x", ""},
		{"(defcomp ~n () (~|))", "~card", "~sx-live ~sx-socket"},
		{"(defcomp ~n (&key first &rest kids) (let ((a 1) (b |", "first kids children a", "b"},
		{"(defcomp ~n (&key first) (let ((a 1) (b 2)) (fn (c) (|", "first a b c", ""},
		{"(define (f x) (define y 1) (match x {:k v} (list |) _ 2))", "x y v f", ""},
		{"(define (f x) (let loop ((i 0)) (|", "loop i x", ""},
		{"(define (f x) (try x (catch err (|", "err", ""},
		{"(define s \"to|", "", "total"},
		{"; to|", "", "total"},
		{"(define (f x) (to|", "total", "limit"},
		{"(defsuite \"s\" (|", "deftest", "div"},
		{"(define x (string-|", "", "div"},
		{"(define (f 日本 𝒳) (str 日|", "日本", ""},
	} {
		before, after, _ := strings.Cut(tt.text, "|")
		c.open("new.sx", before+after)
		p := object{"textDocument": object{"uri": c.uri("new.sx")}, "position": c.position(before+after, len(before))}
		var list completion
		c.call("textDocument/completion", p, &list)
		got := list.labels()
		for _, want := range strings.Fields(tt.has) {
			if !slices.Contains(got, want) {
				t.Errorf("%s: no %s in %q", tt.text, want, got)
			}
		}
		for _, not := range strings.Fields(tt.hasNot) {
			if slices.Contains(got, not) {
				t.Errorf("%s: %s is offered", tt.text, not)
			}
		}
		if (strings.HasPrefix(tt.text, ";") || strings.Contains(tt.text, "define s")) && len(got) > 0 {
			t.Errorf("%s: %q", tt.text, got)
		}
		for _, x := range list.Items {
			if x.TextEdit.NewText == "" || strings.ContainsAny(x.TextEdit.NewText, "$\n") {
				t.Errorf("%s: %+v", tt.text, x)
			}
		}
	}
}

// What is taken replaces what was typed of it, whatever an editor takes for a word.
func TestCompletionReplaces(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("new.sx", "(defcomp ~n () (~car :ti 1))\n")
	for _, tt := range []struct{ at, label, want string }{
		{"(~ca|r", "~card", "(defcomp ~n () (~card :ti 1))\n"},
		{":t|i", ":title", "(defcomp ~n () (~card :title 1))\n"},
	} {
		if strings.HasPrefix(tt.label, ":") {
			c.edit("new.sx", "~car ", "~card ")
		}
		var list completion
		c.call("textDocument/completion", c.at("new.sx", tt.at), &list)
		i := slices.Index(list.labels(), tt.label)
		if i < 0 {
			t.Fatalf("%s: %q", tt.at, list.labels())
		}
		if got := c.applied("new.sx", []lsp.TextEdit{list.Items[i].TextEdit}); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	var list completion
	c.call("textDocument/completion", c.at("new.sx", "(~car|"), &list)
	if d := list.Items[0]; d.Detail == "" || d.Documentation.Value != "A box with a title." {
		t.Errorf("got %+v", d)
	}
}

// What fits best comes first: what must be given, what the element or the callee has of its own, what begins so.
func TestCompletionOrder(t *testing.T) {
	c := connect(t, shop(t), object{})
	for _, tt := range []struct{ text, first string }{
		{"(defcomp ~n () (a :|))", ":href"},
		{"(defcomp ~n () (~card |))", ":title"},
		{"(defcomp ~n () (img :|))", ":src"},
		{"(defcomp ~n (&key tone) (str to|))", "tone"},
		{"(define (f x) (tot|))", "total"},
		{"(defcomp ~n () (sec|))", "section"},
	} {
		before, after, _ := strings.Cut(tt.text, "|")
		c.open("new.sx", before+after)
		var list completion
		c.call("textDocument/completion", object{"textDocument": object{"uri": c.uri("new.sx")}, "position": c.position(before+after, len(before))}, &list)
		slices.SortStableFunc(list.Items, func(a, b item) int { return strings.Compare(a.SortText, b.SortText) })
		if got := list.labels(); len(got) == 0 || got[0] != tt.first {
			t.Errorf("%s: got %q", tt.text, got[:min(len(got), 5)])
		}
	}
}
