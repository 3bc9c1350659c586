package main

import (
	"context"
	_ "embed"
	"html/template"
	"io"
	"sync"

	"github.com/valyala/quicktemplate"
)

//go:embed peer_html.tmpl
var htmlSource string

var htmlTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"div": func(n int) int { return n / 100 },
	"rem": func(n int) int { return n % 100 },
	"stars": func(n int) []bool {
		s := make([]bool, 5)
		for i := range s {
			s[i] = i < n
		}
		return s
	},
}).Parse(htmlSource))

// buffered writes a page at once, from a pool of buffers of its own. The other engines write at once by
// themselves; without a buffer quicktemplate would make a call for each piece, on which a real response
// spends more than the copy. quicktemplate's own pool, one for all sizes, would make it look worse than it is.
func buffered(f func(b *quicktemplate.ByteBuffer)) func(io.Writer) error {
	pool := sync.Pool{New: func() any { return new(quicktemplate.ByteBuffer) }}
	return func(w io.Writer) error {
		b := pool.Get().(*quicktemplate.ByteBuffer)
		b.Reset()
		f(b)
		_, err := w.Write(b.B)
		pool.Put(b)
		return err
	}
}

// engine renders the workloads; each function writes one page.
type engine struct {
	name  string
	pages [6]func(w io.Writer) error
}

var workloadNames = [6]string{"W1 fortunes", "W2 table", "W3 product", "W4 article", "W5 comments", "W6 badge"}

func engines() ([]engine, error) {
	ctx := context.Background()
	rows, cells, prod, art, cs, bd := fortunes(), table(), product(), article(), comments(), badge()
	tmpl := func(name string, data any) func(io.Writer) error {
		return func(w io.Writer) error { return htmlTemplates.ExecuteTemplate(w, name, data) }
	}
	ours, err := sxEngines(rows, cells, prod, art, cs, bd)
	if err != nil {
		return nil, err
	}
	return append([]engine{
		{"ideal", [6]func(io.Writer) error{
			func(w io.Writer) error { return idealFortunes(w, rows) },
			func(w io.Writer) error { return idealTable(w, cells) },
			func(w io.Writer) error { return idealProduct(w, prod) },
			func(w io.Writer) error { return idealArticle(w, art) },
			func(w io.Writer) error { return idealComments(w, cs) },
			func(w io.Writer) error { return idealBadge(w, bd) },
		}}}, append(ours,
		engine{"quicktemplate", [6]func(io.Writer) error{
			buffered(func(b *quicktemplate.ByteBuffer) { writeqtFortunes(b, rows) }),
			buffered(func(b *quicktemplate.ByteBuffer) { writeqtTable(b, cells) }),
			buffered(func(b *quicktemplate.ByteBuffer) { writeqtProduct(b, prod) }),
			buffered(func(b *quicktemplate.ByteBuffer) { writeqtArticle(b, art) }),
			buffered(func(b *quicktemplate.ByteBuffer) { writeqtComments(b, cs) }),
			buffered(func(b *quicktemplate.ByteBuffer) { writeqtBadge(b, bd) }),
		}},
		engine{"templ", [6]func(io.Writer) error{
			func(w io.Writer) error { return templFortunes(rows).Render(ctx, w) },
			func(w io.Writer) error { return templTable(cells).Render(ctx, w) },
			func(w io.Writer) error { return templProduct(prod).Render(ctx, w) },
			func(w io.Writer) error { return templArticle(art).Render(ctx, w) },
			func(w io.Writer) error { return templComments(cs).Render(ctx, w) },
			func(w io.Writer) error { return templBadge(bd).Render(ctx, w) },
		}},
		engine{"gomponents", [6]func(io.Writer) error{
			func(w io.Writer) error { return gomFortunes(w, rows) },
			func(w io.Writer) error { return gomTable(w, cells) },
			func(w io.Writer) error { return gomProduct(w, prod) },
			func(w io.Writer) error { return gomArticle(w, art) },
			func(w io.Writer) error { return gomComments(w, cs) },
			func(w io.Writer) error { return gomBadge(w, bd) },
		}},
		engine{"html/template", [6]func(io.Writer) error{
			tmpl("fortunes", rows), tmpl("table", cells), tmpl("product", prod), tmpl("article", art), tmpl("comments", cs), tmpl("badge", bd),
		}})...), nil
}
