package main

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"reflect"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

//go:embed workloads
var workloads embed.FS

// sxEngines renders through the public API, from programs loaded from source text, with limits, cancellation
// and escaping on: once from Go structs, once from the same data as maps.
func sxEngines(rows []Fortune, cells [][]int, p *Product, a Article, cs []Comment, b Badge) ([]engine, error) {
	root, err := fs.Sub(workloads, "workloads")
	if err != nil {
		return nil, err
	}
	prog, err := sx.Load(root, render.Options()...)
	if err != nil {
		return nil, err
	}
	r := render.New(prog)
	comps := map[string]*render.Component{}
	for _, name := range []string{"~fortunes", "~table", "~product", "~article", "~comments", "~badge"} {
		if comps[name], err = r.Component(name); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	_ = cancel // the context stays cancellable, as a request's is
	one := func(name, arg string, data any) func(io.Writer) error {
		c := comps[name]
		return func(w io.Writer) error {
			v, err := sx.FromGo(data)
			if err != nil {
				return err
			}
			return c.HTML(ctx, w, sx.Arg{Name: arg, Value: v})
		}
	}
	art, badge := comps["~article"], comps["~badge"]
	article := func(w io.Writer) error {
		return art.HTML(ctx, w, sx.Arg{Name: "reader", Value: sx.String(a.Reader)}, sx.Arg{Name: "date", Value: sx.String(a.Date)})
	}
	small := func(w io.Writer) error {
		return badge.HTML(ctx, w, sx.Arg{Name: "tone", Value: sx.String(b.Tone)},
			sx.Arg{Name: "id", Value: sx.String(b.ID)}, sx.Arg{Name: "value", Value: sx.Int(b.Value)})
	}
	return []engine{
		{"sx", [6]func(io.Writer) error{
			one("~fortunes", "rows", &rows), one("~table", "rows", &cells), one("~product", "product", p),
			article, one("~comments", "items", &cs), small,
		}},
		{"sx (maps)", [6]func(io.Writer) error{
			one("~fortunes", "rows", asMaps(rows)), one("~table", "rows", asMaps(cells)), one("~product", "product", asMaps(*p)),
			article, one("~comments", "items", asMaps(cs)), small,
		}},
	}, nil
}

// asMaps returns the data as an application has it that decodes JSON: []any and map[string]any.
func asMaps(x any) any {
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = asMaps(v.Index(i).Interface())
		}
		return out
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			out[kebab[name]] = asMaps(v.Field(i).Interface())
		}
		return out
	}
	return x
}

var kebab = map[string]string{
	"ID": "id", "Message": "message", "Href": "href", "Label": "label", "Active": "active", "Name": "name", "Value": "value",
	"Author": "author", "Title": "title", "Text": "text", "Stars": "stars", "Verified": "verified", "Image": "image",
	"Badge": "badge", "Price": "price", "Brand": "brand", "Description": "description", "Stock": "stock", "Nav": "nav",
	"Crumbs": "crumbs", "Features": "features", "Specs": "specs", "Reviews": "reviews", "Related": "related",
}
