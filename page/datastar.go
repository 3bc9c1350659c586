package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/datastar"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// A handler or an action that calls (datastar-patch …) or its relatives answers with an event stream for the client of Datastar. The
// events of one request are collected and sent when the body has returned: until then an error, a redirect or a
// cookie still decide about the response. A handler with :every or :on sends each at once; see repeat.go.

// patches is where the events of a request go.
type patches struct {
	mu     sync.Mutex
	stream *live.Stream // of a handler that repeats, or nil
	events []byte       // collected otherwise
}

// patchesMost bounds what is collected.
const patchesMost = 16 << 20

func (p *patches) send(e live.Event) error {
	if p.stream != nil {
		return p.stream.Send(e)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.events)+len(e.Data) > patchesMost {
		return fmt.Errorf("one answer carries more than %d bytes of patches", patchesMost)
	}
	var err error
	p.events, err = e.AppendTo(p.events)
	return err
}

// collected returns the events of an answer, or nothing.
func (p *patches) collected() []byte {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.events
}

// signals returns what Datastar's client sent: the JSON body, or the query parameter of requests without one. Without
// either it is an empty dict.
func (s *submission) signals() (*sx.Dict, error) {
	if s == nil {
		return sx.NewDict(0), nil
	}
	if s.json != nil {
		return s.json, nil
	}
	t := s.query.Get(datastar.Param)
	if t == "" {
		return sx.NewDict(0), nil
	}
	v, err := decodeJSON([]byte(t))
	switch {
	case err != nil:
		return nil, &live.SignalsError{Err: err}
	case v.Dict() == nil:
		return nil, &live.SignalsError{Err: fmt.Errorf("found %s, expected a JSON object", v.TypeName())}
	}
	return v.Dict(), nil
}

// patchForms are what a body writes. They are forms, not functions, so that keywords and their literals are checked when the program is
// loaded.
func patchForms() []*sx.Special {
	form := func(name, usage, doc string, options []string) *sx.Special {
		return &sx.Special{Name: name, Usage: usage, Doc: doc, Analyze: func(a *sx.Analyzer, f *sx.Form) sx.Expr {
			return analyzePatch(a, f, name, append(options, "event-id", "retry"))
		}}
	}
	return []*sx.Special{
		form("datastar-patch", "(datastar-patch markup … :selector s :mode m)",
			"Patches elements in a page of Datastar's client: by the ids in the markup, or those that :selector names. :mode is outer inner replace prepend append before after or remove; further :use-view-transition, :namespace, :event-id, :retry.",
			[]string{"mode", "namespace", "selector", "use-view-transition"}),
		form("datastar-patch-signals", "(datastar-patch-signals {:name value …} :only-if-missing true)",
			"Patches signals of Datastar's client; nil removes one, dots in names nest. Further :event-id, :retry.",
			[]string{"only-if-missing"}),
		form("datastar-script", "(datastar-script code :attributes {…})",
			"Runs JavaScript in a page of Datastar's client, where (defconfig :datastar-scripts true) allows it. :keep leaves the element there; further :event-id, :retry.",
			[]string{"attributes", "keep"}),
	}
}

// analyzePatch turns (datastar-patch a b :mode m) into (datastar-patch* (<> a b) "mode" m).
func analyzePatch(a *sx.Analyzer, f *sx.Form, name string, known []string) sx.Expr {
	items := []sx.Value{sx.Symbol(name + "*"), sx.Nil}
	var given []sx.Value
	for i := 1; i < f.Len(); i++ {
		v := f.Item(i)
		if v.Kind() != sx.KindKeyword {
			given = append(given, v)
			continue
		}
		if !slices.Contains(known, v.Text()) {
			a.Errorf(f.SiteOf(i), sx.KeywordError, "%s: unknown keyword :%s%s", name, v.Text(), didYouMean(v.Text(), known))
		}
		if i++; i == f.Len() {
			a.Errorf(f.SiteOf(i-1), sx.KeywordError, "%s: the keyword :%s has no value", name, v.Text())
			break
		}
		if m := f.Item(i); v.Text() == "mode" && (m.Kind() == sx.KindKeyword || m.Kind() == sx.KindString) && !datastar.Mode(m.Text()).Valid() {
			a.Errorf(f.SiteOf(i), sx.KeywordError, "%s: %v", name, unknownMode(m.Text()))
		}
		items = append(items, v, f.Item(i))
	}
	switch {
	case len(given) == 1:
		items[1] = given[0]
	case name == "datastar-patch" && len(given) > 1:
		items[1] = f.With(append([]sx.Value{sx.Symbol("<>")}, given...)...).Value()
	case name != "datastar-patch":
		a.Errorf(f.Site(), sx.ArityError, "%s takes one value before its keywords, found %d", name, len(given))
	}
	return a.Analyze(f.With(items...))
}

func unknownMode(mode string) error {
	return fmt.Errorf("unknown mode %q (there are outer inner replace prepend append before after remove)", mode)
}

// datastarPrimitives speak to Datastar's client.
func (a *App) datastarPrimitives() []*sx.Primitive {
	send := func(name, usage string, event func(ctx context.Context, q *request, args []sx.Value) (live.Event, error)) *sx.Primitive {
		return &sx.Primitive{Name: name + "*", Usage: usage, Doc: "What " + name + " becomes.", Effects: sx.IO | sx.Response,
			Func: func(ctx context.Context, args []sx.Value) (sx.Value, error) {
				q, err := requestOf(ctx, name)
				if err != nil {
					return sx.Nil, err
				}
				if q.patches == nil {
					return sx.Nil, fmt.Errorf("%s: this belongs in a handler or an action: a page has no patches", name)
				}
				ev, err := event(ctx, q, args)
				if err == nil {
					err = q.patches.send(ev)
				}
				if text, ours := strings.CutPrefix(fmt.Sprint(err), "datastar: "); ours {
					err = fmt.Errorf("%s: %s", name, text)
				}
				return sx.Nil, err
			}}
	}
	return []*sx.Primitive{
		{Name: "datastar-signals", Usage: "(datastar-signals)", Effects: sx.IO | sx.Request,
			Doc: "The signals that Datastar's client sent with the request, as a dict. What is no JSON object is answered with 400.",
			Func: func(ctx context.Context, _ []sx.Value) (sx.Value, error) {
				q, err := requestOf(ctx, "datastar-signals")
				if err != nil {
					return sx.Nil, err
				}
				d, err := q.sub.signals()
				return sx.DictOf(d), err
			}},
		send("datastar-patch", "(datastar-patch* markup options? ...)", a.patchElements),
		send("datastar-patch-signals", "(datastar-patch-signals* signals options? ...)", a.patchSignals),
		send("datastar-script", "(datastar-script* code options? ...)", a.patchScript),
	}
}

// patchElements makes the event of (datastar-patch markup :selector s :mode m …).
func (a *App) patchElements(ctx context.Context, q *request, args []sx.Value) (live.Event, error) {
	var e datastar.Elements
	err := patchOptions(args[1:], &e.EventID, &e.Retry, func(key string, v sx.Value) error {
		switch key {
		case "selector":
			e.Selector = plainText(v)
		case "mode":
			if e.Mode = datastar.Mode(plainText(v)); !e.Mode.Valid() {
				return unknownMode(plainText(v))
			}
		case "namespace":
			e.Namespace = plainText(v)
		case "use-view-transition":
			e.ViewTransition = v.Truthy()
		}
		return nil
	})
	if err != nil {
		return live.Event{}, fmt.Errorf("datastar-patch: %w", err)
	}
	if !args[0].IsNil() {
		host := &render.Host{OnError: func(b *render.Boundary, err error) { q.site.logError("boundary "+b.ID, err) }}
		markup, err := q.site.rend.HTMLOf(ctx, host, func(m *sx.Machine) { emitValue(m, args[0]) })
		if err != nil {
			return live.Event{}, err
		}
		e.HTML = string(markup)
	}
	return e.Event()
}

// patchSignals makes the event of (datastar-patch-signals {…} :only-if-missing true …).
func (a *App) patchSignals(_ context.Context, _ *request, args []sx.Value) (live.Event, error) {
	if args[0].Kind() != sx.KindDict {
		return live.Event{}, fmt.Errorf("datastar-patch-signals: the signals must be a dict, got %s", args[0].TypeName())
	}
	var p datastar.Signals
	err := patchOptions(args[1:], &p.EventID, &p.Retry, func(_ string, v sx.Value) error {
		p.OnlyIfMissing = v.Truthy()
		return nil
	})
	if err == nil {
		p.Values, err = signalMap(args[0].Dict(), 0)
	}
	if err != nil {
		return live.Event{}, fmt.Errorf("datastar-patch-signals: %w", err)
	}
	return p.Event()
}

// signalMap returns a dict so that dotted keys nest.
func signalMap(d *sx.Dict, depth int) (map[string]any, error) {
	if depth > jsonDepth {
		return nil, fmt.Errorf("nested deeper than %d", jsonDepth)
	}
	out := make(map[string]any, d.Len())
	for i := range d.Len() {
		k, v := d.At(i)
		var err error
		if v.Kind() == sx.KindDict {
			out[k], err = signalMap(v.Dict(), depth+1)
		} else {
			var text []byte
			text, err = encodeJSON(v)
			out[k] = json.RawMessage(text)
		}
		if err != nil {
			return nil, fmt.Errorf("signal %s: %w", k, err)
		}
	}
	return out, nil
}

// patchScript makes the event of (datastar-script "code" :attributes {…} …).
func (a *App) patchScript(_ context.Context, q *request, args []sx.Value) (live.Event, error) {
	if !q.site.config.datastarScripts {
		return live.Event{}, errors.New("datastar-script: scripts are off: see (defconfig :datastar-scripts true)")
	}
	code, ok := args[0].AsString()
	if !ok {
		return live.Event{}, fmt.Errorf("datastar-script: the code must be a string, got %s", args[0].TypeName())
	}
	p := datastar.Script{Code: code}
	err := patchOptions(args[1:], &p.EventID, &p.Retry, func(key string, v sx.Value) error {
		if key == "keep" {
			p.Keep = v.Truthy()
			return nil
		}
		if v.Kind() != sx.KindDict {
			return fmt.Errorf(":attributes must be a dict, got %s", v.TypeName())
		}
		for i := range v.Dict().Len() {
			name, value := v.Dict().At(i)
			p.Attributes = append(p.Attributes, datastar.Attribute{Name: name, Value: plainText(value)})
		}
		return nil
	})
	if err != nil {
		return live.Event{}, fmt.Errorf("datastar-script: %w", err)
	}
	return p.Event()
}

// patchOptions reads alternating names and values; the form has checked the names. nil leaves an option out.
func patchOptions(args []sx.Value, id *string, retry *time.Duration, own func(key string, v sx.Value) error) error {
	for i := 0; i+1 < len(args); i += 2 {
		v := args[i+1]
		if v.IsNil() {
			continue
		}
		switch key := plainText(args[i]); key {
		case "event-id":
			*id = plainText(v)
		case "retry":
			if !v.IsNumber() || v.Float() < 1 || v.Float() > 86_400_000 {
				return fmt.Errorf(":retry must be milliseconds, at most a day, got %s", sx.Serialize(v))
			}
			*retry = time.Duration(v.Float()) * time.Millisecond
		default:
			if err := own(key, v); err != nil {
				return err
			}
		}
	}
	return nil
}
