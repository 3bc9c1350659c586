package render

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/sx-framework/sxgo/sx"
)

// With returns the component with arguments as a templ.Component, to be placed in .templ files, served by
// templ.Handler, or written by an echo handler. Children given to it in a .templ file become its children;
// the nonce of templ's context becomes the nonce of its script, style and link elements.
func (c *Component) With(args ...sx.Arg) templ.Component {
	args = slices.Clone(args)
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		all := args
		if c.comp.TakesChildren() && !slices.ContainsFunc(args, func(a sx.Arg) bool { return a.Name == "children" }) {
			if kids := templ.GetChildren(ctx); !isNop(kids) {
				v, err := sx.FromGo(kids)
				if err != nil {
					return err
				}
				all = append(slices.Clone(args), sx.Arg{Name: "children", Value: v})
			}
		}
		ctx = templ.ClearChildren(ctx)
		out, err := c.r.HTMLOf(ctx, &Host{Nonce: templ.GetNonce(ctx)}, func(m *sx.Machine) { m.EmitArgs(c.comp, all, nil) })
		if err != nil {
			return err
		}
		_, err = w.Write(out)
		return err
	})
}

// isNop reports whether c is what templ gives where there are no children. It is a function, which can only be
// compared by its address.
func isNop(c templ.Component) bool {
	f, ok := c.(templ.ComponentFunc)
	return ok && reflect.ValueOf(f).Pointer() == reflect.ValueOf(templ.NopComponent).Pointer()
}

// WithTempl registers markup made with templ as the component name: a templ.Component, or a Go function that
// gives one (and perhaps an error). usage is its parameter list as in defcomp, such as
// "(&key title (count :as number :default 1) &rest children)"; its keywords are, in order, the parameters of
// the function, after an optional context.Context. What a call leaves out is the zero value. Children reach
// the component as templ's children. What does not fit panics: it is a programming mistake.
func WithTempl(name, usage string, fn any) sx.Option {
	t, err := newTemplComponent(name, usage, fn)
	if err != nil {
		panic("render: WithTempl: " + err.Error())
	}
	return sx.WithComponent(name, usage, t.emit)
}

type templComponent struct {
	name  string
	keys  []string
	zeros []sx.Value
	call  *sx.Primitive
}

const templType = "templ"

func newTemplComponent(name, usage string, fn any) (*templComponent, error) {
	if c, ok := fn.(templ.Component); ok {
		fn = func() templ.Component { return c }
	}
	f := reflect.ValueOf(fn)
	if f.Kind() != reflect.Func {
		return nil, fmt.Errorf("%s: expected a templ.Component or a function that gives one, got %T", name, fn)
	}
	ft := f.Type()
	component := reflect.TypeFor[templ.Component]()
	if ft.IsVariadic() || ft.NumOut() < 1 || ft.NumOut() > 2 || !ft.Out(0).Implements(component) ||
		ft.NumOut() == 2 && ft.Out(1) != reflect.TypeFor[error]() {
		return nil, fmt.Errorf("%s: expected a function that gives a templ.Component, or that and an error, got %s", name, ft)
	}
	t := &templComponent{name: name}
	var in []reflect.Type
	for i := range ft.NumIn() {
		p := ft.In(i)
		in = append(in, p)
		if p != reflect.TypeFor[context.Context]() {
			t.zeros = append(t.zeros, zeroOf(p))
		}
	}
	var err error
	if t.keys, err = keywordsOf(usage); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(t.keys) != len(t.zeros) {
		return nil, fmt.Errorf("%s: %s names %d keywords, %s takes %d", name, usage, len(t.keys), ft, len(t.zeros))
	}
	// The same function, giving a value that carries the component through the conversion of results.
	wrapped := reflect.MakeFunc(reflect.FuncOf(in, []reflect.Type{reflect.TypeFor[sx.Value](), reflect.TypeFor[error]()}, false), func(args []reflect.Value) []reflect.Value {
		out := f.Call(args)
		v := sx.OpaqueOf(&sx.Opaque{Type: templType, Value: out[0].Interface()})
		fault := reflect.Zero(reflect.TypeFor[error]())
		if len(out) == 2 {
			fault = out[1]
		}
		return []reflect.Value{reflect.ValueOf(v), fault}
	})
	inner := strings.TrimLeft(name, "~")
	t.call, err = sx.GoFunc(inner, strings.TrimSpace("("+inner+" "+strings.Join(t.keys, " "))+")", sx.IO, wrapped.Interface())
	return t, err
}

// zeroOf returns what stands for a keyword that was left out.
func zeroOf(t reflect.Type) sx.Value {
	switch k := t.Kind(); {
	case k == reflect.String:
		return sx.String("")
	case k == reflect.Bool:
		return sx.False
	case k >= reflect.Int && k <= reflect.Float64:
		return sx.Int(0)
	case k == reflect.Slice, k == reflect.Array:
		return sx.ListOf(sx.NewList())
	case k == reflect.Struct:
		return sx.DictOf(sx.NewDict(0))
	}
	return sx.Nil
}

// keywordsOf returns the names after &key in a parameter list.
func keywordsOf(usage string) ([]string, error) {
	forms, err := sx.Read(sx.NewSource("usage", usage), sx.Limits{})
	if err != nil {
		return nil, err
	}
	if len(forms) != 1 || forms[0].List() == nil {
		return nil, fmt.Errorf("%q is not a parameter list", usage)
	}
	var keys []string
	in := false
	for _, p := range forms[0].List().Items {
		switch {
		case p.IsSymbol("&key"):
			in = true
			continue
		case p.Kind() == sx.KindSymbol && strings.HasPrefix(p.Text(), "&"):
			in = false
		}
		if !in {
			continue
		}
		if l := p.List(); l != nil && l.Len() > 0 {
			p = l.Items[0]
		}
		if p.Kind() != sx.KindSymbol {
			return nil, fmt.Errorf("%q is not a parameter list", usage)
		}
		keys = append(keys, p.Text())
	}
	return keys, nil
}

// emit renders the component. Its children are rendered first, as HTML, whatever is being written.
func (t *templComponent) emit(m *sx.Machine, args *sx.Dict, children sx.Value) {
	vals := make([]sx.Value, len(t.keys))
	for i, k := range t.keys {
		v, _ := args.Lookup(k)
		if v.IsNil() {
			v = t.zeros[i]
		}
		vals[i] = v
	}
	ctx := m.Context()
	v, err := t.call.Func(ctx, vals)
	if err != nil {
		m.Throw(err)
	}
	o, _ := v.Opaque()
	c, _ := o.Value.(templ.Component)
	if c == nil {
		m.Fail(sx.GoError, "%s: the function gave no component", t.name)
	}
	if children.Len() > 0 {
		ctx = templ.WithChildren(ctx, templ.Raw(htmlOf(m, children)))
	}
	if h := hostOf(m); h != nil && h.Nonce != "" {
		ctx = templ.WithNonce(ctx, h.Nonce)
	}
	var b bytes.Buffer
	if err := c.Render(ctx, &b); err != nil {
		m.Throw(err)
	}
	m.Dest().EmitValue(m, sx.ElementOf(&sx.Element{Markup: b.String()}))
}

// htmlOf returns a value as HTML, from a machine that may be writing wire text.
func htmlOf(m *sx.Machine, v sx.Value) string {
	if !hostIsWire(m) {
		start := len(m.Out)
		appendChild(m, v)
		s := string(m.Out[start:])
		m.Out = m.Out[:start]
		return s
	}
	in := m.Program().Machine(m.Context(), DestHTML)
	defer in.Release()
	in.Host = m.Host
	if err := in.Protect(func() { appendChild(in, v) }); err != nil {
		m.Throw(err)
	}
	return string(in.Out)
}
