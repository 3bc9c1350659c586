package render

import (
	"slices"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// suspenseExpr is an analysed ~suspense.
type suspenseExpr struct {
	sx.ExprBase
	id, fallback, timeout, onError sx.Expr // nil when not given
	as, wire                       string
	body                           *sx.DelayedExpr // nil: a slot for live frames only
}

func analyzeSuspense(a *sx.Analyzer, f *sx.Form) sx.Expr {
	e := &suspenseExpr{ExprBase: sx.ExprBase{At: f.Site()}}
	var body []*sx.Form
	for i := 1; i < f.Len(); i++ {
		item := f.Item(i)
		if item.Kind() != sx.KindKeyword {
			body = append(body, f.Form(i))
			continue
		}
		at := f.SiteOf(i)
		name := item.Text()
		if i++; i >= f.Len() {
			a.Errorf(at, sx.KeywordError, "~suspense: the keyword :%s has no value", name)
			break
		}
		v := f.Item(i)
		switch name {
		case "id":
			if e.id = a.Expr(f, i); v.IsString() {
				if !ValidID(v.Text()) {
					a.Errorf(f.SiteOf(i), sx.MarkupError, "~suspense: %q cannot be an id: a letter, then letters, digits and _ . : - are allowed, 128 at most", v.Text())
				}
				a.LiteralID(slotPrefix+v.Text(), f.SiteOf(i))
			}
		case "fallback":
			e.fallback = a.Expr(f, i)
		case "timeout":
			e.timeout = a.Expr(f, i)
		case "error":
			e.onError = a.Expr(f, i)
		case "as":
			el, ok := lookupElement(atomOrNothing(v))
			if !ok || el.void || el.content != contentNormal {
				a.Errorf(f.SiteOf(i), sx.MarkupError, "~suspense: :as names an element that can hold others, as a literal; found %s", sx.Serialize(v))
				continue
			}
			e.as = el.name
		case "wire":
			if e.wire = atomOrNothing(v); e.wire != "html" && e.wire != "sx" {
				a.Errorf(f.SiteOf(i), sx.KeywordError, "~suspense: :wire is :html or :sx, found %s", sx.Serialize(v))
			}
		default:
			a.Errorf(at, sx.KeywordError, "~suspense: unknown keyword :%s (it takes :id :fallback :timeout :error :as :wire)", name)
		}
	}
	if e.id == nil {
		a.Errorf(f.Site(), sx.KeywordError, "~suspense: the required keyword :id is missing")
		e.id = &leafExpr{ExprBase: sx.ExprBase{At: f.Site()}}
	}
	if len(body) > 0 {
		// What is given to a boundary are children, as of an element: text between them counts.
		e.body = a.DelayWith(true, f.Site(), func() sx.Expr {
			all := &fragmentExpr{ExprBase: sx.ExprBase{At: f.Site()}}
			for _, k := range body {
				all.kids = append(all.kids, a.Analyze(k))
			}
			return all
		})
		prog := a.Program()
		a.Later(func() {
			if names := prog.Reaches(e.body, sx.Response); len(names) > 0 {
				a.Errorf(e.At, sx.EffectError, "%s inside a boundary: the response has begun when its body is evaluated", names[0])
			}
		})
	}
	return e
}

// checkBoundaryParents reports boundaries that stand directly in an element that does not allow their
// wrapper, also through control forms.
func checkBoundaryParents(a *sx.Analyzer, e *elementExpr) {
	for _, k := range e.kids {
		for _, b := range sx.Branches(k) {
			if s, ok := b.(*suspenseExpr); ok {
				if msg := wrapperProblem(e.el.name, s.as); msg != "" {
					a.Errorf(s.At, sx.MarkupError, "~suspense: its wrapper %s cannot stand in %s: %s (:as chooses another wrapper)", wrapper(s.as), e.el.name, msg)
				}
			}
		}
	}
}

// Walk visits everything that is evaluated.
func (e *suspenseExpr) Walk(f func(sx.Expr)) {
	for _, x := range []sx.Expr{e.id, e.fallback, e.timeout, e.onError} {
		if x != nil {
			f(x)
		}
	}
	if e.body != nil {
		f(e.body)
	}
}

// LiteralSlot returns the boundary's id and its place, when the id is a literal: pages have each id once.
func (e *suspenseExpr) LiteralSlot() (id string, at *sx.Site, ok bool) {
	v, ok := sx.IsLiteral(e.id)
	if !ok || !v.IsString() {
		return "", nil, false
	}
	return v.Text(), e.At, true
}

// IsMarkup tells that bodies keep boundaries.
func (e *suspenseExpr) IsMarkup() bool { return true }

// Effects of a boundary are those of its parts.
func (e *suspenseExpr) Effects() sx.Effect { return sx.Pure }

// GenValue returns the boundary as a value.
func (e *suspenseExpr) GenValue(g *sx.Gen) sx.Node { return g.MarkupValue(e.GenEmit(g)) }

// GenEmit appends the slot, with the content or a placeholder in it.
func (e *suspenseExpr) GenEmit(g *sx.Gen) sx.Emit {
	o := &boundaryOp{at: g.Site(e.At), as: e.as, wire: e.wire, id: g.Value(e.id), toWire: g.Dest().Wire()}
	inner := &frame{none: true, el: &element{name: wrapper(e.as)}}
	o.fallback = g.Dest().Seq(g, nil)
	if e.fallback != nil {
		o.fallback = within(g, inner, func() sx.Emit { return g.Emit(e.fallback) })
	}
	if e.timeout != nil {
		o.timeout = g.Value(e.timeout)
	}
	if e.onError != nil {
		o.onError = g.Value(e.onError)
	}
	if e.body != nil {
		o.body = g.Delay(e.body)
	}
	return o
}

// boundaryOp writes a boundary.
type boundaryOp struct {
	at                     *sx.Site
	as, wire               string
	id                     sx.Node
	timeout, onError, body sx.Node // nil when not given
	fallback               sx.Emit
	toWire                 bool
}

func (o *boundaryOp) Emit(m *sx.Machine) {
	b := &Boundary{As: o.as, Wire: o.wire, Site: o.at}
	id := o.id.Eval(m)
	m.At(o.at)
	if b.ID = string(m.AppendText(nil, id)); !ValidID(b.ID) {
		m.Fail(sx.MarkupError, "~suspense: %q cannot be an id: a letter, then letters, digits and _ . : - are allowed, 128 at most", b.ID)
	}
	if o.timeout != nil {
		if v := o.timeout.Eval(m); !v.IsNil() {
			m.At(o.at)
			b.Timeout = time.Duration(m.Num("~suspense", 0, v) * float64(time.Millisecond))
		}
	}
	if o.onError != nil {
		b.Error = o.onError.Eval(m)
	}
	if o.body == nil {
		o.open(m, b)
		if now, ok := slotNow(m, b.ID); ok && !o.toWire {
			m.Out = append(m.Out, now...)
		} else {
			o.waiting(m)
		}
		o.close(m, b)
		return
	}
	b.Body = o.body.Eval(m)
	h := hostOf(m)
	if h == nil || h.Runner == nil || o.toWire {
		o.open(m, b)
		if err := b.renderInPlace(m); err != nil {
			if !sx.Catchable(err) {
				m.Throw(err)
			}
			if h != nil && h.OnError != nil {
				h.OnError(b, err)
			}
		}
		o.close(m, b)
		return
	}
	sx.Freeze(b.Body)
	sx.Freeze(b.Error)
	m.At(o.at)
	h.Runner.Start(m, b)
	b.Start = len(m.Out)
	m.Out = appendPlaceholderStart(m.Out, b.ID, b.As)
	o.fallback.Emit(m)
	m.Out = appendPlaceholderEnd(m.Out, b.As)
	b.End = len(m.Out)
	h.Runner.Placed(m, b)
}

// slotNow asks the page for the content of a slot that live frames fill.
func slotNow(m *sx.Machine, id string) ([]byte, bool) {
	if h := hostOf(m); h != nil && h.Slot != nil {
		return h.Slot(id)
	}
	return nil, false
}

func (o *boundaryOp) open(m *sx.Machine, b *Boundary) {
	if o.toWire {
		m.Out = append(m.Out, " ("...)
		m.Out = append(m.Out, wrapper(b.As)...)
		m.Out = append(m.Out, ` :id "`+slotPrefix...)
		m.Out = append(m.Out, b.ID...)
		m.Out = append(m.Out, `" :`+AttrSuspense+` "`...)
		m.Out = append(m.Out, b.ID...)
		m.Out = append(m.Out, '"')
		return
	}
	m.Out = append(appendSlotTag(m.Out, b.ID, b.As), '>')
}

func (o *boundaryOp) close(m *sx.Machine, b *Boundary) {
	if o.toWire {
		m.Out = append(m.Out, ')')
		return
	}
	m.Out = appendSlotEnd(m.Out, b.As)
}

// waiting writes the fallback of a slot that only live frames fill. A slot that shows something meanwhile is
// busy until the first frame comes, which then takes the fallback's place whatever its mode.
func (o *boundaryOp) waiting(m *sx.Machine) {
	end := len(m.Out) - 1 // where the start tag ends
	o.fallback.Emit(m)
	if !o.toWire && len(m.Out) > end+1 {
		m.Out = slices.Insert(m.Out, end, []byte(` aria-busy="true"`)...)
	}
}
