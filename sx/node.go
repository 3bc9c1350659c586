package sx

// Programs are compiled in two steps. Analysis (analyze.go) reads forms once, expands macros, resolves
// every name, and gives a tree of Expr, on which all checks work. Generation (generate.go) turns an Expr
// into code for one destination: a Node where a value is wanted, an Emit where markup is appended to the
// output. Code never looks a name up; generation happens once, when a definition is first used.

// Node is code that computes a value.
type Node interface {
	Eval(m *Machine) Value
}

// Emit is code that appends markup to m.Out.
type Emit interface {
	Emit(m *Machine)
}

// Site is the place of a form, with the chain of inlined components that brought it where it is.
type Site struct {
	place
	via   *inlined
	macro string // the macro that made the form; the place is that of its use
}

// inlined says that code stands where it stands because component name was expanded at a call.
type inlined struct {
	name string
	at   *Site
}

// Pos gives the position for people.
func (s *Site) Pos() Pos {
	if s == nil {
		return Pos{}
	}
	return s.place.pos()
}

// Lambda is a closure.
type Lambda struct {
	code   *Code
	caps   []Value
	frozen bool
}

// Name gives the name the lambda was defined with, or "".
func (l *Lambda) Name() string { return l.code.name }
