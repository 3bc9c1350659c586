package sx

import "sync/atomic"

// Expr is an analysed form. Trees of Expr are immutable once loading ends; any number of goroutines
// generate code from them.
type Expr interface {
	Site() *Site
	// Walk calls f for each direct subexpression.
	Walk(f func(Expr))
}

// ExprBase is the part that every Expr has; custom expressions embed it.
type ExprBase struct{ At *Site }

// Site returns the place of the form.
func (b *ExprBase) Site() *Site { return b.At }

// Walk does nothing: there are no subexpressions.
func (b *ExprBase) Walk(func(Expr)) {}

// Custom is an expression that another package defines, such as an element.
type Custom interface {
	Expr
	// IsMarkup tells whether the form is markup by its head, so that bodies keep it.
	IsMarkup() bool
	// GenValue generates code for value position; GenEmit for render position.
	GenValue(g *Gen) Node
	GenEmit(g *Gen) Emit
	// Effects are those of the form itself, without its subexpressions.
	Effects() Effect
}

type (
	constExpr struct {
		ExprBase
		v  Value
		kw bool // written as a literal keyword
	}
	localExpr struct {
		ExprBase
		b *Binding
	}
	globalExpr struct {
		ExprBase
		def *Def
	}
	primExpr struct { // a primitive as a value
		ExprBase
		p *Primitive
	}
	ifExpr struct {
		ExprBase
		cond, then, other Expr // other may be nil
	}
	andExpr struct {
		ExprBase
		items []Expr
	}
	orExpr struct {
		ExprBase
		items []Expr
	}
	caseExpr struct {
		ExprBase
		key    Expr
		labels []Expr
		bodies []Expr
		other  Expr
	}
	// letExpr binds in order. With rec every name is bound to nil first.
	letExpr struct {
		ExprBase
		names []*Binding
		vals  []Expr
		body  Expr
		rec   bool
	}
	// loopExpr is a named let whose name is only called in tail position of its own body: a real loop.
	loopExpr struct {
		ExprBase
		loop  *loopTarget
		names []*Binding
		inits []Expr
		body  Expr
	}
	// againExpr is the tail call of a loopExpr.
	againExpr struct {
		ExprBase
		loop *loopTarget
		args []Expr
	}
	// bodyExpr is several forms: those before the last run for effect, or are kept when they are markup.
	bodyExpr struct {
		ExprBase
		forms []Expr
		keep  bool // false for do and begin
	}
	fnExpr struct {
		ExprBase
		name   string
		params []*param
		rest   *Binding // &rest, or nil
		attrs  *Binding // &rest-attrs, or nil
		nkey   int      // how many of params, at the end, are keyword parameters
		hasKey bool
		body   Expr
		caps   []*Binding
		doc    string
		spread bool // a call may give one; of top-level functions, once loading is done

		kidsAlias *Binding // the name children, where &rest has another name
	}
	setExpr struct {
		ExprBase
		b   *Binding
		def *Def // a top-level name, or nil
		v   Expr
	}
	callExpr struct {
		ExprBase
		fn   Expr
		args []Expr
		kw   bool // some argument is a literal keyword

		orElement bool // the head names an element too: it is that when its value is no function
	}
	primCall struct {
		ExprBase
		p    *Primitive
		args []Expr
	}
	// CompCall is a call of a component whose definition is known.
	CompCall struct {
		ExprBase
		Comp     *Component
		args     []kwArg
		attrs    []kwArg // unknown keywords, for &rest-attrs
		children []Expr
		caps     []*Binding // what the children capture
		inFn     *fnScope
	}
	dataList struct {
		ExprBase
		items []Expr
	}
	dictExpr struct {
		ExprBase
		keys []string
		vals []Expr
	}
	matchExpr struct {
		ExprBase
		subject Expr
		clauses []matchClause
	}
	tryExpr struct {
		ExprBase
		body, handler, finally Expr
		errName                *Binding
	}
	scopeExpr struct {
		ExprBase
		name string
		val  Expr
		body Expr
	}
	windExpr struct {
		ExprBase
		before, thunk, after Expr
	}
)

type kwArg struct {
	param *param // nil in attrs
	name  string
	val   Expr
	site  *Site
}

type matchClause struct {
	pat   pattern
	guard Expr
	body  Expr
}

// Binding is a local name.
type Binding struct {
	Name     string
	site     *Site
	fn       *fnScope
	mutated  bool // set! changes it after it was bound
	captured bool // an inner function refers to it
	used     bool
	early    bool // may be captured before it has its value (define, letrec)
	kids     bool // the children of a component
	given    bool // by a definition form such as defpage, and written nowhere as a name
	loop     *loopTarget
	is       *fnExpr // the function that is written as its value
}

func (b *Binding) boxed() bool { return b.captured && (b.mutated || b.early) }

type loopTarget struct {
	params []*Binding
}

type param struct {
	*Binding
	key      bool
	required bool
	typ      string // "" when not annotated
	def      Expr   // default, or nil
	check    *constraint
	known    atomic.Pointer[byte] // the bytes of a name that a caller in Go gave for it; see is
}

// constraint is :min :max :in of a parameter.
type constraint struct {
	min, max *float64
	in       []Value
}

func walk(f func(Expr), es ...Expr) {
	for _, e := range es {
		if e != nil {
			f(e)
		}
	}
}

func (e *ifExpr) Walk(f func(Expr))    { walk(f, e.cond, e.then, e.other) }
func (e *andExpr) Walk(f func(Expr))   { walk(f, e.items...) }
func (e *orExpr) Walk(f func(Expr))    { walk(f, e.items...) }
func (e *letExpr) Walk(f func(Expr))   { walk(f, e.vals...); walk(f, e.body) }
func (e *loopExpr) Walk(f func(Expr))  { walk(f, e.inits...); walk(f, e.body) }
func (e *againExpr) Walk(f func(Expr)) { walk(f, e.args...) }
func (e *bodyExpr) Walk(f func(Expr))  { walk(f, e.forms...) }
func (e *setExpr) Walk(f func(Expr))   { walk(f, e.v) }
func (e *callExpr) Walk(f func(Expr))  { walk(f, e.fn); walk(f, e.args...) }
func (e *primCall) Walk(f func(Expr))  { walk(f, e.args...) }
func (e *dataList) Walk(f func(Expr))  { walk(f, e.items...) }
func (e *dictExpr) Walk(f func(Expr))  { walk(f, e.vals...) }
func (e *tryExpr) Walk(f func(Expr))   { walk(f, e.body, e.handler, e.finally) }
func (e *scopeExpr) Walk(f func(Expr)) { walk(f, e.val, e.body) }
func (e *windExpr) Walk(f func(Expr))  { walk(f, e.before, e.thunk, e.after) }
func (e *caseExpr) Walk(f func(Expr)) {
	walk(f, e.key)
	walk(f, e.labels...)
	walk(f, e.bodies...)
	walk(f, e.other)
}
func (fn *fnExpr) Walk(f func(Expr)) {
	for _, p := range fn.params {
		walk(f, p.def)
	}
	walk(f, fn.body)
}
func (e *CompCall) Walk(f func(Expr)) {
	for _, a := range e.args {
		walk(f, a.val)
	}
	for _, a := range e.attrs {
		walk(f, a.val)
	}
	walk(f, e.children...)
}
func (e *matchExpr) Walk(f func(Expr)) {
	walk(f, e.subject)
	for _, c := range e.clauses {
		walk(f, c.guard, c.body)
		c.pat.walk(f)
	}
}

// IsMarkup reports whether e is markup by its form, so that a body keeps it: an element, a fragment, a
// component, or a control form around them.
func IsMarkup(e Expr) bool {
	switch e := e.(type) {
	case Custom:
		return e.IsMarkup()
	case *CompCall:
		return true
	case *ifExpr:
		return IsMarkup(e.then) || e.other != nil && IsMarkup(e.other)
	case *letExpr:
		return IsMarkup(e.body)
	case *loopExpr:
		return IsMarkup(e.body)
	case *scopeExpr:
		return IsMarkup(e.body)
	case *tryExpr:
		return IsMarkup(e.body) || e.handler != nil && IsMarkup(e.handler)
	case *bodyExpr:
		for i, f := range e.forms {
			if (e.keep || i == len(e.forms)-1) && IsMarkup(f) {
				return true
			}
		}
	case *andExpr:
		return len(e.items) > 0 && IsMarkup(e.items[len(e.items)-1])
	case *orExpr:
		for _, x := range e.items {
			if IsMarkup(x) {
				return true
			}
		}
	case *caseExpr:
		for _, b := range e.bodies {
			if IsMarkup(b) {
				return true
			}
		}
		return e.other != nil && IsMarkup(e.other)
	case *matchExpr:
		for _, c := range e.clauses {
			if IsMarkup(c.body) {
				return true
			}
		}
	case *primCall:
		if e.p.Name == "raw!" {
			return true
		}
		if (e.p.Name == "map" || e.p.Name == "map-indexed") && len(e.args) == 2 {
			if f, ok := e.args[0].(*fnExpr); ok {
				return IsMarkup(f.body)
			}
			if g, ok := e.args[0].(*globalExpr); ok && g.def.comp != nil {
				return true
			}
		}
	}
	return false
}
