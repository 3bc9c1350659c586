package sx

import (
	"context"
	"strings"
)

// Effect says what a primitive reaches. Effects add up along calls.
type Effect uint16

// Effects.
const (
	Pure      Effect = 0
	IO        Effect = 1 << iota >> 1 // reads or changes the world outside: server only
	Request                           // reads the request, its session or its user: never shared
	Response                          // changes the response's status, headers, cookies or session
	Write                             // changes data: db-exec, publish!
	Nondeterm                         // gives another value each time (gensym): pure, but never folded
)

// Primitive is a function written in Go. At least one of F0 to FN and Func is set. F0 to F3 serve calls with
// exactly that many arguments and spare the argument slice; FN serves every other number that Usage allows. F0 to
// FN raise errors with Machine.Fail and its relatives; Func returns them.
type Primitive struct {
	Name    string
	Usage   string // "(take coll n)", "(round x digits?)", "(max x ...)": arity and docs come from it
	Doc     string // one sentence
	Effects Effect

	F0   func(m *Machine) Value
	F1   func(m *Machine, a Value) Value
	F2   func(m *Machine, a, b Value) Value
	F3   func(m *Machine, a, b, c Value) Value
	FN   func(m *Machine, args []Value) Value // args may be reused after the call returns
	Func func(ctx context.Context, args []Value) (Value, error)

	min, max int // max < 0: any number
	params   []string
}

// seal derives arity and parameter names from Usage: "x ..." means one or more, "x? ..." any number.
func (p *Primitive) seal() {
	words := strings.Fields(strings.Trim(p.Usage, "()"))
	if len(words) > 0 {
		words = words[1:]
	}
	p.min, p.max, p.params = 0, 0, nil
	for _, w := range words {
		switch {
		case w == "...":
			p.max = -1
			continue
		case strings.HasSuffix(w, "?"):
			w = w[:len(w)-1]
		default:
			p.min++
		}
		if p.max >= 0 {
			p.max++
		}
		p.params = append(p.params, w)
	}
}

// Arity returns the accepted numbers of arguments; most < 0 means any number.
func (p *Primitive) Arity() (least, most int) { return p.min, p.max }

// Params returns the names of the parameters, for messages.
func (p *Primitive) Params() []string { return p.params }
