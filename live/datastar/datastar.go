package datastar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
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

// defaultRetry is the client's own, which is not written.
const defaultRetry = time.Second

// ErrScripts is what ExecuteScript returns without AllowScripts.
var ErrScripts = errors.New("datastar: scripts are not allowed on this stream: see AllowScripts")

type config struct {
	scripts bool
	live    []live.Option
}

// Option changes a default of Serve or Respond.
type Option func(*config)

// AllowScripts lets ExecuteScript run code in the page, which a strict content security policy forbids.
func AllowScripts() Option { return func(c *config) { c.scripts = true } }

// Live passes options of package live on: hooks, keep-alive, compression, components, limits.
func Live(opts ...live.Option) Option {
	return func(c *config) { c.live = append(c.live, opts...) }
}

func configure(opts []Option) config {
	c := config{live: []live.Option{live.Retry(-1)}} // the client of Datastar has its own retry
	for _, o := range opts {
		o(&c)
	}
	return c
}

// Stream is one client's stream. Its embedded live.Stream gives the request, the last event id and Send.
type Stream struct {
	*live.Stream
	scripts bool
}

// Serve makes f a long-lived stream, as live.Serve does.
func Serve(f func(ctx context.Context, s *Stream) error, opts ...Option) http.Handler {
	c := configure(opts)
	return live.Serve(func(ctx context.Context, s *live.Stream) error {
		return f(ctx, &Stream{s, c.scripts})
	}, c.live...)
}

// Respond answers one request with the events that f sends, as live.Respond does.
func Respond(w http.ResponseWriter, r *http.Request, f func(s *Stream) error, opts ...Option) error {
	c := configure(opts)
	return live.Respond(w, r, func(s *live.Stream) error { return f(&Stream{s, c.scripts}) }, c.live...)
}

// Elements is a patch of elements. Only HTML must be set, or Selector with Mode Remove.
type Elements struct {
	HTML           string
	Selector       string // where; empty means the ids in HTML
	Mode           Mode
	ViewTransition bool
	EventID        string
	Retry          time.Duration // default 1s, which is not written
}

// PatchElements writes a patch of elements.
func (s *Stream) PatchElements(e Elements) error {
	switch e.Mode {
	case "", Outer, Inner, Replace, Prepend, Append, Before, After:
	case Remove:
		if e.Selector == "" && e.HTML == "" {
			return errors.New("datastar: removing elements needs a selector or elements with ids")
		}
	default:
		return fmt.Errorf("datastar: unknown mode %q", e.Mode)
	}
	if err := oneLine("selector", e.Selector); err != nil {
		return err
	}
	var d data
	mode := ""
	if e.Mode != Outer {
		mode = string(e.Mode)
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
	d.lines("elements", e.HTML)
	return s.send("datastar-patch-elements", d, e.EventID, e.Retry)
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

// Signals is a patch of signals.
type Signals struct {
	// Values is what to merge: JSON text as a json.RawMessage, which is written as it is, or anything that marshals as a JSON
	// object. Dots in a map's keys nest: {"user.name": "x"} is {"user": {"name": "x"}}. Null removes.
	Values        any
	OnlyIfMissing bool
	EventID       string
	Retry         time.Duration // default 1s, which is not written
}

// PatchSignals writes a patch of signals.
func (s *Stream) PatchSignals(p Signals) error {
	text, err := signalsJSON(p.Values)
	if err != nil {
		return err
	}
	var d data
	if p.OnlyIfMissing {
		d.line("onlyIfMissing", "true")
	}
	d.lines("signals", text)
	return s.send("datastar-patch-signals", d, p.EventID, p.Retry)
}

func signalsJSON(v any) (string, error) {
	var b []byte
	switch v := v.(type) {
	case json.RawMessage:
		b = v
	case map[string]any:
		nested, err := nest(v)
		if err != nil {
			return "", err
		}
		if b, err = json.Marshal(nested); err != nil {
			return "", fmt.Errorf("datastar: signals: %w", err)
		}
	default:
		var err error
		if b, err = json.Marshal(v); err != nil {
			return "", fmt.Errorf("datastar: signals: %w", err)
		}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(b, &object); err != nil || object == nil {
		return "", fmt.Errorf("datastar: signals: found %.40q, expected a JSON object", b)
	}
	return string(b), nil
}

// nest makes objects of dotted keys. Keys are taken in order, so that the result does not depend on the map's.
func nest(m map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		at := out
		path := strings.Split(key, ".")
		for i, name := range path {
			if name == "" {
				return nil, fmt.Errorf("datastar: signals: key %q has an empty part", key)
			}
			old, taken := at[name]
			if i == len(path)-1 {
				v := m[key]
				if inner, ok := v.(map[string]any); ok {
					var err error
					if v, err = nest(inner); err != nil {
						return nil, err
					}
				}
				if taken {
					return nil, fmt.Errorf("datastar: signals: %q is there twice", key)
				}
				at[name] = v
				break
			}
			next, ok := old.(map[string]any)
			if taken && !ok {
				return nil, fmt.Errorf("datastar: signals: %q is inside a value that is no object", key)
			}
			if !taken {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
	}
	return out, nil
}

// Attribute is one of a script element, as name and value.
type Attribute struct{ Name, Value string }

// Script is code to run in the page.
type Script struct {
	Code       string
	Attributes []Attribute
	Keep       bool // leave the script element in the page; it is removed by default
	EventID    string
	Retry      time.Duration // default 1s, which is not written
}

// ExecuteScript runs code in the page, if the stream has AllowScripts.
func (s *Stream) ExecuteScript(p Script) error {
	if !s.scripts {
		return ErrScripts
	}
	if lower := strings.ToLower(p.Code); strings.Contains(lower, "</script") || strings.Contains(lower, "<!--") {
		// WHATWG HTML, "Restrictions for contents of script elements".
		return errors.New(`datastar: script contains "</script" or "<!--": write "<\/script" or "\x3C!--" in its strings`)
	}
	var b strings.Builder
	b.WriteString("<script")
	if !p.Keep {
		b.WriteString(` data-effect="el.remove()"`)
	}
	for _, a := range p.Attributes {
		if a.Name == "" || strings.ContainsAny(a.Name, " \t\r\n\f\x00\"'<>/=") {
			return fmt.Errorf("datastar: %q is no attribute name", a.Name)
		}
		fmt.Fprintf(&b, ` %s="%s"`, a.Name, html.EscapeString(a.Value))
	}
	b.WriteString(">" + p.Code + "</script>")
	return s.PatchElements(Elements{HTML: b.String(), Selector: "body", Mode: Append, EventID: p.EventID, Retry: p.Retry})
}

// ReadSignals reads the client's signals into the value that into points at: from the query parameter "datastar" of GET and DELETE requests,
// from the body otherwise. Without any, into is left alone. Invalid JSON is a *live.SignalsError.
func ReadSignals(r *http.Request, into any) error {
	const most = 1 << 20
	var text []byte
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodDelete, "":
		text = []byte(r.URL.Query().Get("datastar"))
	default:
		if r.Body == nil {
			return nil
		}
		var err error
		if text, err = io.ReadAll(io.LimitReader(r.Body, most+1)); err != nil {
			return &live.SignalsError{Err: err}
		}
		if len(text) > most {
			return &live.SignalsError{Err: fmt.Errorf("body is larger than %d bytes", most)}
		}
	}
	if len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return &live.SignalsError{Err: err}
	}
	return nil
}

// data gathers the data lines of an event.
type data struct{ b strings.Builder }

// line adds one, unless the value is empty. The value is known to be one line.
func (d *data) line(key, value string) {
	if value == "" {
		return
	}
	if d.b.Len() > 0 {
		d.b.WriteByte('\n')
	}
	d.b.WriteString(key + " " + value)
}

// lines adds one for each line of text, whatever ends it for an event stream: CR, LF or CRLF.
func (d *data) lines(key, text string) {
	if text == "" {
		return
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for l := range strings.SplitSeq(text, "\n") {
		if d.b.Len() > 0 {
			d.b.WriteByte('\n')
		}
		d.b.WriteString(key + " " + l)
	}
}

func oneLine(what, text string) error {
	if i := strings.IndexAny(text, "\r\n\x00"); i >= 0 {
		return fmt.Errorf("datastar: %s %q: found %q, expected one line without NUL", what, text, text[i])
	}
	return nil
}

func (s *Stream) send(name string, d data, id string, retry time.Duration) error {
	if retry == defaultRetry {
		retry = 0
	}
	return s.Send(live.Event{Name: name, ID: id, Retry: retry, Data: d.b.String()})
}
