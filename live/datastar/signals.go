package datastar

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/live"
)

// Signals is a patch of signals.
type Signals struct {
	// Values is what to merge: JSON text as a json.RawMessage, which is written as it is, or anything that marshals as a JSON
	// object. Dots in a map's keys nest: {"user.name": "x"} is {"user": {"name": "x"}}. Null removes.
	Values        any
	OnlyIfMissing bool
	EventID       string
	Retry         time.Duration // default 1s, which is not written
}

// Event returns the patch as an event. Values that are not a JSON object are an error, as are line ends in EventID.
func (p Signals) Event() (live.Event, error) {
	text, err := signalsJSON(p.Values)
	if err != nil {
		return live.Event{}, err
	}
	var d data
	if p.OnlyIfMissing {
		d.line("onlyIfMissing", "true")
	}
	d.lines("signals", text)
	return d.event("datastar-patch-signals", p.EventID, p.Retry)
}

// PatchSignals writes a patch of signals.
func (s *Stream) PatchSignals(p Signals) error {
	ev, err := p.Event()
	if err != nil {
		return err
	}
	return s.Send(ev)
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
					return nil, fmt.Errorf("datastar: signals: %q is given twice", key)
				}
				at[name] = v
				break
			}
			next, ok := old.(map[string]any)
			if taken && !ok {
				return nil, fmt.Errorf("datastar: signals: %q is inside a value that is not an object", key)
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

// Param is the query parameter that carries the signals of requests without a body.
const Param = "datastar"

// maxSignals bounds what is read of a request.
const maxSignals = 1 << 20

// ReadSignals reads the client's signals into the value that into points at: from the query parameter "datastar" of GET and HEAD requests, and of
// DELETE requests that have it, from the body otherwise. Without any, into is left alone. What is not valid JSON, does not fit into, or is
// larger than 1 MiB is a *live.SignalsError: answer 400.
func ReadSignals(r *http.Request, into any) error {
	text, err := signalsText(r)
	if err != nil {
		return &live.SignalsError{Err: err}
	}
	if len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return &live.SignalsError{Err: err}
	}
	return nil
}

func signalsText(r *http.Request) ([]byte, error) {
	query := []byte(nil)
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodDelete, "":
		query = []byte(r.URL.Query().Get(Param))
	}
	// Clients do not agree on where DELETE carries them.
	if r.Method != http.MethodDelete && query != nil || len(query) > 0 || r.Body == nil {
		return query, nil
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxSignals+1))
	if err == nil && len(text) > maxSignals {
		err = fmt.Errorf("body is larger than %d bytes", maxSignals)
	}
	return text, err
}
