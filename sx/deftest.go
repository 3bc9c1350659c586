package sx

import (
	"context"
	"fmt"
	"strings"
)

// suite is a defsuite or a deftest, before it is run.
type suite struct{ form *Form }

// TestResult is the outcome of one deftest.
type TestResult struct {
	Suite string // the names of the suites around it, joined by " / "
	Name  string
	Pos   Pos
	Err   *Error // nil when it passed
}

// RunTests runs every deftest of the program, in order. Each runs on a machine of its own, for a
// destination given to WithDests.
func (p *Program) RunTests(ctx context.Context, dest int) []TestResult {
	var out []TestResult
	for _, t := range p.tests {
		r := TestResult{Suite: t.suite, Name: t.name, Pos: t.fn.At.Pos()}
		m := p.Machine(ctx, dest)
		l := LambdaOf(&Lambda{code: newCode(p, t.fn, nil), frozen: true})
		r.Err = m.protect(func() { m.Call(l) })
		m.Release()
		out = append(out, r)
	}
	return out
}

type testCase struct {
	suite, name string
	fn          *fnExpr
}

// tests analyses the suites of the program.
func (a *Analyzer) tests(f *Form, path []string) {
	head := f.headSymbol()
	if f.Len() < 2 || f.Form(1).v.tag() != KindString {
		a.Errorf(f.site, FormError, "%s: a name in quotes is expected", head)
		return
	}
	name := f.Form(1).v.Text()
	if head == "defsuite" {
		for _, g := range f.Forms(2) {
			switch g.headSymbol() {
			case "defsuite", "deftest":
				a.tests(g, append(path[:len(path):len(path)], name))
			default:
				a.Errorf(g.site, FormError, "defsuite holds deftest and defsuite forms, found %s", describe(g.v))
			}
		}
		return
	}
	fn := &fnExpr{ExprBase: ExprBase{f.site}, name: "test " + name}
	fn.caps = a.function(func(*fnScope) { fn.body = a.body(f.Forms(2), false, f.site) })
	a.prog.tests = append(a.prog.tests, testCase{strings.Join(path, " / "), name, fn})
}

type assertExpr struct {
	ExprBase
	op   string
	args []Expr
}

func (e *assertExpr) Walk(f func(Expr)) { walk(f, e.args...) }

func (a *Analyzer) formAssert(f *Form) Expr {
	least, most := 2, 3
	switch f.headSymbol() {
	case "assert-true", "assert-false", "assert-nil":
		least, most = 1, 2
	case "assert-throws":
		least, most = 1, 2
	}
	if !a.need(f, least, most) {
		return a.nothing(f.site)
	}
	e := &assertExpr{ExprBase: ExprBase{f.site}, op: f.headSymbol()}
	a.inner(func() { e.args = a.subs(f.Forms(1)) })
	return e
}

func (g *Gen) assert(e *assertExpr) Node {
	n := &assertNode{op: e.op, site: g.Site(e.At)}
	if e.op == "assert-html" {
		n.markup = g.Emit(e.args[1])
		n.args = g.Values(e.args[:1])
		return n
	}
	n.args = g.Values(e.args)
	if _, ok := e.args[0].(*fnExpr); ok && e.op == "assert-throws" {
		n.thunk = true
	}
	return n
}

type assertNode struct {
	op     string
	site   *Site
	args   []Node
	markup Emit
	thunk  bool
}

func (n *assertNode) fail(m *Machine, format string, args ...any) {
	m.at = n.site
	m.Fail(UserError, "%s failed: %s", n.op, fmt.Sprintf(format, args...))
}

func show(v Value) string {
	s, err := SerializeLimited(v, 2000)
	if err != nil {
		return "a large " + v.TypeName()
	}
	return s
}

func (n *assertNode) Eval(m *Machine) Value {
	switch n.op {
	case "assert-throws":
		n.throws(m)
	case "assert-html":
		want := n.args[0].Eval(m)
		start := len(m.Out)
		n.markup.Emit(m)
		got := string(m.Out[start:])
		m.Out = m.Out[:start]
		if !want.IsString() || want.Text() != got {
			n.fail(m, "expected %s, got %s", show(want), show(String(got)))
		}
	case "assert-true", "assert-false", "assert-nil":
		v := n.args[0].Eval(m)
		ok := v.Truthy()
		want := "a truthy value"
		switch n.op {
		case "assert-false":
			ok, want = !ok, "nil or false"
		case "assert-nil":
			ok, want = v.IsNil(), "nil"
		}
		if !ok {
			n.fail(m, "expected %s, got %s", want, show(v))
		}
	default:
		a, b := n.args[0].Eval(m), n.args[1].Eval(m)
		switch n.op {
		case "assert-equal":
			if !m.equal(a, b) {
				n.fail(m, "expected %s, got %s", show(a), show(b))
			}
		case "assert-contains":
			p := m.prog.prims["contains?"]
			m.at = n.site
			if !p.call(m, []Value{a, b}).Truthy() {
				n.fail(m, "%s does not contain %s", show(a), show(b))
			}
		case "assert-length":
			p := m.prog.prims["len"]
			m.at = n.site
			if got := p.call(m, []Value{b}); !m.equal(a, got) {
				n.fail(m, "expected a length of %s, got %s", show(a), show(got))
			}
		}
	}
	return Nil
}

func (n *assertNode) throws(m *Machine) {
	var v Value
	err := m.protect(func() {
		v = n.args[0].Eval(m)
		if n.thunk || v.tag() == KindLambda {
			m.at = n.site
			v = m.Call(v)
		}
	})
	if err == nil {
		n.fail(m, "expected an error, got %s", show(v))
	}
	if err.Kind == CancelledError {
		panic(err)
	}
	if len(n.args) == 2 {
		want := n.args[1].Eval(m)
		if !want.IsString() || !strings.Contains(err.Message, want.Text()) {
			n.fail(m, "expected an error with %s, got %q", show(want), err.Message)
		}
	}
}
