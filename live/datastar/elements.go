package datastar

import (
	"errors"
	"fmt"
	"time"

	"github.com/sx-framework/sxgo/live"
)

// Mode says how elements are patched in. The empty mode is Outer.
type Mode string

// The modes of Datastar.
const (
	Outer   Mode = "outer" // morph the element; the default, never written
	Inner   Mode = "inner" // morph its content
	Replace Mode = "replace"
	Prepend Mode = "prepend"
	Append  Mode = "append"
	Before  Mode = "before"
	After   Mode = "after"
	Remove  Mode = "remove"
)

// Valid reports whether Datastar knows the mode; the empty one is Outer.
func (m Mode) Valid() bool {
	switch m {
	case "", Outer, Inner, Replace, Prepend, Append, Before, After, Remove:
		return true
	}
	return false
}

// Elements is a patch of elements. Only HTML must be set, or Selector with Mode Remove.
type Elements struct {
	HTML           string
	Selector       string // where; empty means the ids in HTML
	Mode           Mode
	Namespace      string // "svg" or "mathml" for elements without their root; empty means HTML
	ViewTransition bool
	EventID        string
	Retry          time.Duration // default 1s, which is not written
}

// Event returns the patch as an event, for a Stream, a live.Stream or a recording. Line ends in HTML begin another data line; in
// Selector and EventID they are errors, as is a mode or namespace that Datastar does not know.
func (e Elements) Event() (live.Event, error) {
	switch {
	case !e.Mode.Valid():
		return live.Event{}, fmt.Errorf("datastar: unknown mode %q", e.Mode)
	case e.Selector == "" && e.HTML == "":
		return live.Event{}, errors.New("datastar: a patch needs elements with ids, or a selector")
	case e.Namespace != "" && e.Namespace != "html" && e.Namespace != "svg" && e.Namespace != "mathml":
		return live.Event{}, fmt.Errorf("datastar: unknown namespace %q (there are svg and mathml)", e.Namespace)
	}
	if err := oneLine("selector", e.Selector); err != nil {
		return live.Event{}, err
	}
	var d data
	mode, namespace := string(e.Mode), e.Namespace
	if e.Mode == Outer {
		mode = ""
	}
	if namespace == "html" {
		namespace = ""
	}
	// The client takes the lines in any order. This one is that of the reference implementations, which put the selector first
	// only beside a view transition.
	if e.ViewTransition {
		d.line("selector", e.Selector)
		d.line("mode", mode)
		d.line("useViewTransition", "true")
	} else {
		d.line("mode", mode)
		d.line("selector", e.Selector)
	}
	d.line("namespace", namespace)
	d.lines("elements", e.HTML)
	return d.event("datastar-patch-elements", e.EventID, e.Retry)
}

// PatchElements writes a patch of elements.
func (s *Stream) PatchElements(e Elements) error {
	ev, err := e.Event()
	if err != nil {
		return err
	}
	return s.Send(ev)
}

// PatchComponent evaluates a component, which must give HTML, and writes it as e.HTML. It needs live.WithComponents.
func (s *Stream) PatchComponent(component string, args map[string]any, e Elements) error {
	f, err := s.Evaluate(component, args)
	if err != nil {
		return err
	}
	if f.SX != "" {
		return fmt.Errorf("datastar: component %s gives wire text, expected HTML", component)
	}
	e.HTML = f.HTML
	return s.PatchElements(e)
}
