package page

import (
	"strings"

	"github.com/sx-framework/sxgo/client"
	"github.com/sx-framework/sxgo/sx"
)

// lacking returns the first form or primitive in definitions that only the whole language has, or "". Names that
// a definition binds, types and quoted data are no uses.
func lacking(definitions []sx.Value) string {
	for _, def := range definitions {
		w := wordSearch{bound: map[string]bool{}}
		w.collect(def, true)
		if w.rare == "" {
			w.look(def)
		}
		if w.rare != "" {
			return w.rare
		}
	}
	return ""
}

// wordSearch looks through one definition.
type wordSearch struct {
	bound map[string]bool // names that it binds
	rare  string          // the first use of something rare
}

func (w *wordSearch) look(v sx.Value) {
	switch v.Kind() {
	case sx.KindSymbol:
		if name := v.Text(); w.rare == "" && !w.bound[name] && client.Lacks(name) {
			w.rare = name
		}
	case sx.KindList:
		items := v.List().Items
		if headed(items, "quote") {
			return
		}
		for i, item := range items {
			if i == 0 || items[i-1].Kind() != sx.KindKeyword || items[i-1].Text() != "as" { // not a type
				w.look(item)
			}
		}
	case sx.KindDict:
		d := v.Dict()
		for i := range d.Len() {
			_, x := d.At(i)
			w.look(x)
		}
	}
}

// collect notes the names that v binds, wherever in it, and the rare ways of binding: inner definitions, named lets and
// patterns.
func (w *wordSearch) collect(v sx.Value, top bool) {
	if v.Kind() != sx.KindList {
		return
	}
	items := v.List().Items
	switch {
	case headed(items, "fn"), headed(items, "lambda"):
		w.params(items, 1)
	case headed(items, "define"), headed(items, "defcomp"):
		if !top {
			w.rare = "define in a body"
		}
		w.params(items, 1) // (define (f a) …)
		w.params(items, 2)
	case headed(items, "let"), headed(items, "let*"):
		w.bindings(items)
	}
	for _, item := range items {
		w.collect(item, false)
	}
}

// params notes the names in a list of parameters, if items[i] is one.
func (w *wordSearch) params(items []sx.Value, i int) {
	if i < len(items) && items[i].Kind() == sx.KindList {
		for _, p := range items[i].List().Items {
			if p.Kind() == sx.KindList && len(p.List().Items) > 0 {
				p = p.List().Items[0] // (name :as type …)
			}
			w.bind(p)
		}
	}
}

// bindings notes the names of a let, whose bindings are written in either style.
func (w *wordSearch) bindings(let []sx.Value) {
	if len(let) < 2 || let[1].Kind() != sx.KindList {
		w.rare = "named let"
		return
	}
	list := let[1].List().Items
	flat := len(list) > 0 && list[0].Kind() != sx.KindList
	for i, b := range list {
		switch {
		case flat && i%2 == 0:
			w.bind(b)
		case !flat && b.Kind() == sx.KindList && len(b.List().Items) > 0:
			w.bind(b.List().Items[0])
		}
	}
}

func (w *wordSearch) bind(name sx.Value) {
	switch {
	case name.Kind() != sx.KindSymbol:
		w.rare = "pattern"
	case !strings.HasPrefix(name.Text(), "&"):
		w.bound[name.Text()] = true
	}
}

func headed(items []sx.Value, name string) bool {
	return len(items) > 0 && items[0].Kind() == sx.KindSymbol && items[0].Text() == name
}
