package sx

import (
	"fmt"
	"strings"
)

// ErrorKind says what sort of thing went wrong; its text stands in JSON diagnostics and in docs.
type ErrorKind string

// The kinds of errors.
const (
	SyntaxError    ErrorKind = "syntax"    // the reader could not read the text
	UndefinedError ErrorKind = "undefined" // a symbol or component that does not exist
	ArityError     ErrorKind = "arity"     // too few or too many arguments
	TypeError      ErrorKind = "type"      // a value of the wrong type
	KeywordError   ErrorKind = "keyword"   // an unknown, missing or dangling keyword argument
	DuplicateError ErrorKind = "duplicate" // a name defined twice
	FormError      ErrorKind = "form"      // a special form that is written wrongly
	CallError      ErrorKind = "call"      // calling what cannot be called
	FrozenError    ErrorKind = "frozen"    // changing what is immutable
	RangeError     ErrorKind = "range"     // a number or index outside its range
	MatchError     ErrorKind = "match"     // no pattern matches
	UserError      ErrorKind = "error"     // raised by (error …) or a failed assertion
	MarkupError    ErrorKind = "markup"    // markup that would be unsafe or not valid
	LimitError     ErrorKind = "limit"     // a limit was exceeded; SX code cannot catch it
	CancelledError ErrorKind = "cancelled" // the context was cancelled; SX code cannot catch it
	GoError        ErrorKind = "go"        // an error or a panic of a Go primitive
	EffectError    ErrorKind = "effect"    // IO where none is allowed
	WarningKind    ErrorKind = "warning"   // a diagnostic that does not stop loading
)

// A CallFrame is one call of the chain that led to an error: what was being evaluated, and where it was called.
type CallFrame struct {
	Name string // "~card", "page home", "lambda f"
	Pos  Pos
}

// Error is every error of this package. Use errors.As to get at it.
type Error struct {
	Kind    ErrorKind
	Message string      // lower case, no position
	Pos     Pos         // where; zero when unknown
	End     int         // byte offset at which the form ends, for the caret line; 0 when unknown
	Notes   []Note      // further places, such as where a component is defined
	Frames  []CallFrame // innermost first
	Data    Value       // the second argument of (error msg data)
	Form    string      // source text of the form, for catch
	Warning bool        // a load-time diagnostic that does not stop loading
	Cause   error       // a Go error, or nil

	src    *Source
	passes bool // cannot be caught by SX code: limits, cancellation, redirects
}

// Note is a further place that an error speaks of.
type Note struct {
	Message string
	Pos     Pos
}

// Error returns one line: file:line:col: message.
func (e *Error) Error() string {
	if e.Pos.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Pos.File, e.Pos.Line, e.Pos.Col, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Source returns the source that Pos speaks of, or nil.
func (e *Error) Source() *Source { return e.src }

// Uncatchable makes an error that try, try-call and catch let pass, as redirect and abort need it; finally
// still runs.
func Uncatchable(err error) error { return &passThrough{err} }

type passThrough struct{ error }

func (p *passThrough) Unwrap() error { return p.error }

// Diagnostics is the errors and warnings of loading, sorted by file and position. It is an error value.
type Diagnostics []*Error

// Error returns a line for each diagnostic.
func (d Diagnostics) Error() string {
	lines := make([]string, len(d))
	for i, e := range d {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the diagnostics one by one.
func (d Diagnostics) Unwrap() []error {
	errs := make([]error, len(d))
	for i, e := range d {
		errs[i] = e
	}
	return errs
}

// Errors returns those that stop loading.
func (d Diagnostics) Errors() Diagnostics {
	var out Diagnostics
	for _, e := range d {
		if !e.Warning {
			out = append(out, e)
		}
	}
	return out
}
