package sx

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Program is everything that was loaded: definitions, primitives and the forms that other packages add.
// It is immutable; any number of goroutines evaluate it at once.
type Program struct {
	defs     map[string]*Def
	order    []*Def
	prims    map[string]*Primitive
	special  map[string]*Special
	heads    []func(string) *Special
	aliases  map[string]string
	dests    []Dest
	limits   Limits
	dev      bool
	diags    Diagnostics
	main     *fnExpr
	suites   []*suite
	tests    []testCase
	sources  []*Source
	read     map[*Source]readForms
	customs  map[place]*customRec
	analyzed []string
	seen     *seenUses // nil unless asked for; see WithUses
	frozen   bool
	gensyms  atomic.Int64

	readsOnce sync.Once
	reads     map[*Binding]*Part // see Reads
	pool      sync.Pool
}

// Def is a top-level definition.
type Def struct {
	Name string
	Site *Site
	Doc  string
	File string // path of the file it stands in

	kind    defKind
	form    *Form
	state   int8 // 0 untouched, 1 being analysed, 2 analysed
	ready   int8 // the same for the value
	expr    Expr
	comp    *Component
	val     Value
	effects Effect
	refs    []*Def // what it mentions, once each
	prims   []*Primitive
	acts    bool // on more than its own value while the program loads; see base.go
}

type defKind uint8

const (
	defValue defKind = iota
	defComp
	defMacro
)

// Component is a component: a function from keyword arguments and children to markup.
type Component struct {
	Name     string // with its ~
	Affinity string // "auto", "client" or "server"
	Doc      string
	Def      *Def

	fn       *fnExpr
	code     *Code
	external func(m *Machine, args *Dict, children Value) // for components written in Go, or nil
	extRest  bool
	size     int  // of its body, for inlining
	recurses bool // reaches itself
	spread   bool // may return a spread
}

// Option configures loading.
type Option func(*loader)

// WithPrimitives registers primitives. A name that is registered already is a panic: a programming
// mistake.
func WithPrimitives(ps ...*Primitive) Option {
	return func(l *loader) {
		for _, p := range ps {
			if _, dup := l.prog.prims[p.Name]; dup {
				panic("sx: primitive " + p.Name + " is registered twice")
			}
			p.seal()
			l.prog.prims[p.Name] = p
		}
	}
}

// WithSpecials registers special forms.
func WithSpecials(ss ...*Special) Option {
	return func(l *loader) {
		for _, s := range ss {
			l.prog.special[s.Name] = s
		}
	}
}

// WithAlias registers another name for a special form or a component, such as the full name of one that has
// a short name.
func WithAlias(alias, name string) Option {
	return func(l *loader) { l.prog.aliases[alias] = name }
}

// WithHeads registers a resolver for heads that nothing defines, such as element names.
func WithHeads(f func(name string) *Special) Option {
	return func(l *loader) { l.prog.heads = append(l.prog.heads, f) }
}

// WithDests registers the destinations of markup; a Machine names one by its index.
func WithDests(ds ...Dest) Option {
	return func(l *loader) { l.prog.dests = append(l.prog.dests, ds...) }
}

// WithDefinition registers a top-level definition form such as defpage. The handler runs once for each
// such form, when all names are known.
func WithDefinition(head string, handle func(a *Analyzer, f *Form)) Option {
	return func(l *loader) { l.custom[head] = handle }
}

// WithComponent registers a component written in Go. usage names its keywords as in a defcomp's parameter
// list: "(&key title (tone :default \"plain\") &rest children)".
func WithComponent(name, usage string, fn func(m *Machine, args *Dict, children Value)) Option {
	return func(l *loader) { l.goComps = append(l.goComps, goComp{name, usage, fn}) }
}

// WithLimits bounds every evaluation of the program.
func WithLimits(lim Limits) Option { return func(l *loader) { l.prog.limits = lim } }

// WithContext gives the context in which the values of definitions are computed while the program loads; without it
// nothing ends that but the limits.
func WithContext(ctx context.Context) Option { return func(l *loader) { l.ctx = ctx } }

// WithDevelopment turns on the checks that only run in development, such as types of arguments that are
// known only at run time.
func WithDevelopment() Option { return func(l *loader) { l.prog.dev = true } }

// WithMain says that top-level forms that define nothing are the program's main body: "value" gives the
// last one's value, "markup" keeps markup. Without it they are errors.
func WithMain(mode string) Option { return func(l *loader) { l.main = mode } }

// WithLibrary adds the .sx files below fsys, whose components have names that begin with "~ns:".
func WithLibrary(ns string, fsys fs.FS) Option {
	return func(l *loader) { l.libs = append(l.libs, library{ns, fsys}) }
}

type library struct {
	ns   string
	fsys fs.FS
}

type goComp struct {
	name, usage string
	fn          func(m *Machine, args *Dict, children Value)
}

// Load reads every .sx file below the root of fsys and compiles them to a program. The error is a
// Diagnostics with everything that is wrong; warnings alone are no error, see Program.Diagnostics.
func Load(fsys fs.FS, opts ...Option) (*Program, error) {
	srcs, err := ReadFiles(fsys, "")
	if err != nil {
		return nil, err
	}
	return LoadSources(srcs, opts...)
}

// ReadFiles reads the .sx files below the root of fsys, sorted by name. Files and folders that begin with
// a dot, and folders named node_modules, dist, data and testdata, are left out. prefix is put before their names.
// old are sources from an earlier reading, to be given again where a file's size and time say that it was not
// written since.
func ReadFiles(fsys fs.FS, prefix string, old ...*Source) ([]*Source, error) {
	var srcs []*Source
	known := make(map[string]*Source, len(old))
	for _, s := range old {
		known[s.Name] = s
	}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "dist" || base == "data" || base == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".sx") || strings.HasPrefix(base, ".") {
			return nil
		}
		info, err := d.Info()
		if d.Type()&fs.ModeSymlink != 0 {
			info, err = fs.Stat(fsys, name) // what it leads to may change under it
		}
		if err != nil {
			return err
		}
		if s := known[prefix+name]; s != nil && s.current(info) {
			srcs = append(srcs, s)
			return nil
		}
		began := time.Now()
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		s := NewSource(prefix+name, string(text))
		s.written, s.read = info.ModTime(), began
		srcs = append(srcs, s)
		return nil
	})
	sort.Slice(srcs, func(i, j int) bool { return srcs[i].Name < srcs[j].Name })
	return srcs, err
}

// LoadSources compiles sources to a program; see Load. A program comes back along with an error when the
// sources could be read, so that tools can look at what is right in it; it must not be evaluated then.
func LoadSources(srcs []*Source, opts ...Option) (*Program, error) {
	l := newLoader()
	for _, o := range opts {
		o(l)
	}
	p := l.load(srcs)
	if bad := p.diags.Errors(); len(bad) > 0 {
		return p, bad
	}
	return p, nil
}

// Diagnostics returns the warnings, and for a program that failed to load the errors, by position.
func (p *Program) Diagnostics() Diagnostics { return p.diags }

// Sources returns the sources the program was loaded from.
func (p *Program) Sources() []*Source { return p.sources }

// Lookup returns the value of a top-level definition.
func (p *Program) Lookup(name string) (Value, bool) {
	d := p.defs[name]
	if d == nil || d.kind == defMacro || d.ready != 2 {
		return Nil, false
	}
	return d.val, true
}

// Component returns a component by its name, with the ~.
func (p *Program) Component(name string) (*Component, bool) {
	d := p.defs[name]
	if d == nil || d.comp == nil {
		return nil, false
	}
	return d.comp, true
}

// Components returns all components in the order of their definition.
func (p *Program) Components() []*Component {
	var out []*Component
	for _, d := range p.order {
		if d.comp != nil {
			out = append(out, d.comp)
		}
	}
	return out
}

// Definitions returns all top-level definitions in their order.
func (p *Program) Definitions() []*Def { return p.order }

// Primitives returns all primitives, sorted by name.
func (p *Program) Primitives() []*Primitive {
	out := make([]*Primitive, 0, len(p.prims))
	for _, q := range p.prims {
		out = append(out, q)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Specials returns the special forms, sorted by name.
func (p *Program) Specials() []*Special {
	out := make([]*Special, 0, len(p.special))
	for _, s := range p.special {
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Development reports whether the program was loaded with WithDevelopment.
func (p *Program) Development() bool { return p.dev }

// Machine makes a machine for one evaluation; give it back with Release. dest is the index of a
// destination given to WithDests.
func (p *Program) Machine(ctx context.Context, dest int) *Machine {
	m, _ := p.pool.Get().(*Machine)
	if m == nil {
		m = &Machine{prog: p, stack: make([]Value, 256)}
	}
	m.ctx, m.dest = ctx, dest
	m.limits = p.limits
	m.steps, m.budget = 0, p.limits.Steps
	return m
}

// Release gives a machine back. Nothing of it may be used afterwards; the caller keeps m.Out if it wants.
func (m *Machine) Release() {
	clear(m.stack[:min(m.high, len(m.stack))])
	*m = Machine{prog: m.prog, stack: m.stack, calls: m.calls[:0]}
	if len(m.stack) > 1<<16 {
		m.stack = make([]Value, 256)
	}
	m.prog.pool.Put(m)
}

// Fork makes a machine for a concurrent part of the evaluation, with its own budget of steps and the
// dynamic scope of now. The caller must have frozen what both see.
func (m *Machine) Fork(ctx context.Context) *Machine {
	f := m.prog.Machine(ctx, m.dest)
	f.dyn, f.Host, f.limits = m.dyn, m.Host, m.limits
	f.calls = append(f.calls, m.calls...)
	return f
}

// Protect runs f, which evaluates on m, and gives what it raised as an error.
func (m *Machine) Protect(f func()) error {
	if err := m.protect(f); err != nil {
		return err
	}
	return nil
}

// Call calls fn with args and gives its value.
func (p *Program) Call(ctx context.Context, fn Value, args ...Value) (Value, error) {
	m := p.Machine(ctx, 0)
	var v Value
	err := m.protect(func() { v = m.Call(fn, args...) })
	m.Release()
	if err != nil {
		return Nil, err
	}
	return v, nil
}

// Main evaluates the main body (see WithMain) and gives its value.
func (p *Program) Main(ctx context.Context) (Value, error) {
	if p.main == nil {
		return Nil, errors.New("the program has no main body")
	}
	return p.Call(ctx, p.MainLambda())
}

// MainLambda returns the main body as a function without parameters, or nil.
func (p *Program) MainLambda() Value {
	if p.main == nil {
		return Nil
	}
	return LambdaOf(&Lambda{code: newCode(p, p.main, nil), frozen: true})
}
