package datastar_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/datastar"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx/sxtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// goldenEvent is one of the events that the conformance cases ask a /test endpoint to send.
type goldenEvent struct {
	Type, Elements, Selector, Mode, EventID, Script string
	RetryDuration                                   int
	UseViewTransition, OnlyIfMissing                bool
	AutoRemove                                      *bool
	Signals                                         json.RawMessage
	SignalsRaw                                      string `json:"signals-raw"`
	Attributes                                      json.RawMessage
}

// goldenHandler is the endpoint that the cases are run against.
func goldenHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Events []goldenEvent }
		if err := datastar.ReadSignals(r, &in); err != nil {
			http.Error(w, "bad signals", 400)
			return
		}
		err := datastar.Respond(w, r, func(s *datastar.Stream) error {
			for _, e := range in.Events {
				retry := time.Duration(e.RetryDuration) * time.Millisecond
				var err error
				switch e.Type {
				case "patchElements":
					err = s.PatchElements(datastar.Elements{HTML: e.Elements, Selector: e.Selector, Mode: datastar.Mode(e.Mode),
						ViewTransition: e.UseViewTransition, EventID: e.EventID, Retry: retry})
				case "patchSignals":
					values := json.RawMessage(e.SignalsRaw)
					if len(values) == 0 {
						var b bytes.Buffer
						json.Compact(&b, e.Signals)
						values = b.Bytes()
					}
					err = s.PatchSignals(datastar.Signals{Values: values, OnlyIfMissing: e.OnlyIfMissing, EventID: e.EventID, Retry: retry})
				case "executeScript":
					err = s.ExecuteScript(datastar.Script{Code: e.Script, Attributes: attributes(e.Attributes),
						Keep: e.AutoRemove != nil && !*e.AutoRemove, EventID: e.EventID, Retry: retry})
				default:
					err = fmt.Errorf("unknown type %q", e.Type)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}, datastar.AllowScripts())
		if err != nil {
			http.Error(w, err.Error(), 500)
		}
	})
}

// attributes keeps the order of a JSON object.
func attributes(raw json.RawMessage) (list []datastar.Attribute) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.Token()
	for d.More() {
		k, _ := d.Token()
		v, _ := d.Token()
		list = append(list, datastar.Attribute{Name: k.(string), Value: fmt.Sprint(v)})
	}
	return list
}

func TestGoldenCases(t *testing.T) {
	file := sxtest.Recorded(t, "datastar_golden.json")
	var doc struct {
		Cases []struct {
			ID, Method, Output string
			Input              json.RawMessage
		}
	}
	if err := json.Unmarshal(file, &doc); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/test", goldenHandler())
	ts := httptest.NewServer(mux)
	defer ts.Close()
	for _, c := range doc.Cases {
		t.Run(c.ID, func(t *testing.T) {
			var resp *http.Response
			var err error
			if c.Method == "GET" {
				resp, err = http.Get(ts.URL + "/test?datastar=" + url.QueryEscape(string(c.Input)))
			} else {
				resp, err = http.Post(ts.URL+"/test", "application/json", bytes.NewReader(c.Input))
			}
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if err != nil || string(got) != c.Output {
				t.Errorf("got  %q, %v\nwant %q", got, err, c.Output)
			}
		})
	}
	http.DefaultClient.CloseIdleConnections()
}

func respond(t *testing.T, f func(s *datastar.Stream) error, opts ...datastar.Option) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := datastar.Respond(w, httptest.NewRequest("GET", "/", nil), f, opts...); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

func TestPatches(t *testing.T) {
	for _, c := range []struct {
		name string
		send func(s *datastar.Stream) error
		want string
	}{
		{"modes", func(s *datastar.Stream) error {
			return errors.Join(
				s.PatchElements(datastar.Elements{HTML: "<i>", Mode: datastar.Inner}),
				s.PatchElements(datastar.Elements{HTML: "<i>", Mode: datastar.Prepend, Selector: "#a"}))
		}, "event: datastar-patch-elements\ndata: mode inner\ndata: elements <i>\n\n" +
			"event: datastar-patch-elements\ndata: mode prepend\ndata: selector #a\ndata: elements <i>\n\n"},
		{"default retry is not written", func(s *datastar.Stream) error {
			return s.PatchElements(datastar.Elements{HTML: "<i>", Retry: time.Second})
		}, "event: datastar-patch-elements\ndata: elements <i>\n\n"},
		{"namespace", func(s *datastar.Stream) error {
			return errors.Join(
				s.PatchElements(datastar.Elements{HTML: "<circle/>", Namespace: "svg", Mode: datastar.Append, Selector: "svg"}),
				s.PatchElements(datastar.Elements{HTML: "<i>", Namespace: "html"}))
		}, "event: datastar-patch-elements\ndata: mode append\ndata: selector svg\ndata: namespace svg\ndata: elements <circle/>\n\n" +
			"event: datastar-patch-elements\ndata: elements <i>\n\n"},
		{"line ends begin data lines", func(s *datastar.Stream) error {
			return s.PatchElements(datastar.Elements{HTML: "<i>\rdata: x\r\n\n</i>"})
		}, "event: datastar-patch-elements\ndata: elements <i>\ndata: elements data: x\ndata: elements \ndata: elements </i>\n\n"},
		{"dotted keys", func(s *datastar.Stream) error {
			return s.PatchSignals(datastar.Signals{Values: map[string]any{"user.name": "x", "user.age": 3, "b": map[string]any{"c.d": nil}}})
		}, "event: datastar-patch-signals\ndata: signals {\"b\":{\"c\":{\"d\":null}},\"user\":{\"age\":3,\"name\":\"x\"}}\n\n"},
		{"struct", func(s *datastar.Stream) error {
			return s.PatchSignals(datastar.Signals{Values: struct {
				Name string `json:"name"`
			}{"x"}})
		}, "event: datastar-patch-signals\ndata: signals {\"name\":\"x\"}\n\n"},
		{"component", func(s *datastar.Stream) error {
			return s.PatchComponent("~card", map[string]any{"n": 1}, datastar.Elements{Selector: "#c"})
		}, "event: datastar-patch-elements\ndata: selector #c\ndata: elements <b>~card 1</b>\n\n"},
		{"attributes are escaped", func(s *datastar.Stream) error {
			return s.ExecuteScript(datastar.Script{Code: "f()", Attributes: []datastar.Attribute{{Name: "data-a", Value: `"><b>`}}})
		}, "event: datastar-patch-elements\ndata: mode append\ndata: selector body\ndata: elements <script data-effect=\"el.remove()\" data-a=\"&#34;&gt;&lt;b&gt;\">f()</script>\n\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := respond(t, c.send, datastar.AllowScripts(), datastar.Live(live.WithComponents(
				func(_ context.Context, name string, args map[string]any) (render.Frame, error) {
					return render.Frame{HTML: fmt.Sprintf("<b>%s %v</b>", name, args["n"])}, nil
				})))
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for name, send := range map[string]func(s *datastar.Stream) error{
		"selector lf": func(s *datastar.Stream) error {
			return s.PatchElements(datastar.Elements{HTML: "x", Selector: "a\ndata: elements <script>"})
		},
		"selector cr": func(s *datastar.Stream) error {
			return s.PatchElements(datastar.Elements{HTML: "x", Selector: "a\rid: 1"})
		},
		"id": func(s *datastar.Stream) error {
			return s.PatchElements(datastar.Elements{HTML: "x", EventID: "1\n\ndata: x"})
		},
		"id nul": func(s *datastar.Stream) error { return s.PatchElements(datastar.Elements{HTML: "x", EventID: "1\x00"}) },
		"mode": func(s *datastar.Stream) error {
			return s.PatchElements(datastar.Elements{HTML: "x", Mode: "a\ndata: b"})
		},
		"nothing": func(s *datastar.Stream) error { return s.PatchElements(datastar.Elements{}) },
		"namespace": func(s *datastar.Stream) error {
			return s.PatchElements(datastar.Elements{HTML: "x", Namespace: "a\nid: 1"})
		},
		"signal id": func(s *datastar.Stream) error {
			return s.PatchSignals(datastar.Signals{Values: map[string]any{}, EventID: "1\rdata: x"})
		},
		"script id": func(s *datastar.Stream) error { return s.ExecuteScript(datastar.Script{Code: "f()", EventID: "1\n"}) },
		"remove":    func(s *datastar.Stream) error { return s.PatchElements(datastar.Elements{Mode: datastar.Remove}) },
		"no object": func(s *datastar.Stream) error { return s.PatchSignals(datastar.Signals{Values: 3}) },
		"bad json":  func(s *datastar.Stream) error { return s.PatchSignals(datastar.Signals{Values: json.RawMessage("{")}) },
		"twice": func(s *datastar.Stream) error {
			return s.PatchSignals(datastar.Signals{Values: map[string]any{"a": 1, "a.b": 2}})
		},
		"script end": func(s *datastar.Stream) error { return s.ExecuteScript(datastar.Script{Code: `"</SCRIPT>"`}) },
		"attribute": func(s *datastar.Stream) error {
			return s.ExecuteScript(datastar.Script{Attributes: []datastar.Attribute{{Name: "a b"}}})
		},
		"no component": func(s *datastar.Stream) error { return s.PatchComponent("~x", nil, datastar.Elements{}) },
	} {
		var err error
		if got := respond(t, func(s *datastar.Stream) error { err = send(s); return nil }, datastar.AllowScripts()); err == nil || got != "" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	respond(t, func(s *datastar.Stream) error {
		if err := s.ExecuteScript(datastar.Script{Code: "x"}); !errors.Is(err, datastar.ErrScripts) {
			t.Errorf("scripts: got %v", err)
		}
		return nil
	})
}

func TestReadSignals(t *testing.T) {
	var got struct{ A int }
	for _, r := range []*http.Request{
		httptest.NewRequest("GET", "/?datastar=%7B%22a%22:1%7D", nil),
		httptest.NewRequest("DELETE", "/?datastar=%7B%22a%22:1%7D", nil),
		httptest.NewRequest("DELETE", "/", strings.NewReader(`{"a":1}`)),
		httptest.NewRequest("POST", "/", strings.NewReader(`{"a":1}`)),
		httptest.NewRequest("PUT", "/", strings.NewReader(`{"a":1}`)),
	} {
		got.A = 0
		if err := datastar.ReadSignals(r, &got); err != nil || got.A != 1 {
			t.Errorf("%s: got %v, %v", r.Method, got, err)
		}
	}
	for name, r := range map[string]*http.Request{
		"broken query": httptest.NewRequest("GET", "/?datastar=%7B", nil),
		"broken body":  httptest.NewRequest("POST", "/", strings.NewReader(`{`)),
		"another type": httptest.NewRequest("POST", "/", strings.NewReader(`{"a":"x"}`)),
		"large":        httptest.NewRequest("PATCH", "/", strings.NewReader(`"`+strings.Repeat("x", 2<<20)+`"`)),
	} {
		var se *live.SignalsError
		if err := datastar.ReadSignals(r, &got); !errors.As(err, &se) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	got.A = 7
	for _, r := range []*http.Request{httptest.NewRequest("GET", "/", nil), httptest.NewRequest("POST", "/", nil)} {
		if err := datastar.ReadSignals(r, &got); err != nil || got.A != 7 {
			t.Errorf("%s without signals: got %v, %v", r.Method, got, err)
		}
	}
}

// Whatever is patched, the client reads one event whose lines all belong to it.
func FuzzPatchElements(f *testing.F) {
	f.Add("<b>\r\nid: 1\n\n</b>", "#a", "1")
	f.Fuzz(func(t *testing.T, html, selector, id string) {
		w := httptest.NewRecorder()
		err := datastar.Respond(w, httptest.NewRequest("GET", "/", nil), func(s *datastar.Stream) error {
			return s.PatchElements(datastar.Elements{HTML: html, Selector: selector, EventID: id})
		})
		if bad := strings.ContainsAny(selector+id, "\r\n\x00"); (err != nil) != bad {
			t.Fatalf("error %v", err)
		} else if bad {
			return
		}
		body := strings.TrimSuffix(w.Body.String(), "\n\n")
		if strings.Contains(body, "\n\n") || strings.Contains(body, "\r") {
			t.Fatalf("got %q", body)
		}
		for i, l := range strings.Split(body, "\n") {
			switch {
			case i == 0 && l == "event: datastar-patch-elements", i == 1 && id != "" && l == "id: "+id,
				strings.HasPrefix(l, "data: selector "), strings.HasPrefix(l, "data: elements "):
			default:
				t.Fatalf("line %q of %q", l, body)
			}
		}
	})
}

// Whatever signals and scripts hold, the client reads one event with nothing but their lines, and gets the text back.
func FuzzSignalsAndScripts(f *testing.F) {
	f.Add("a\r\nid: 1\n\n", "f(1)\r\n\rg()", "data-a", "x\ny")
	f.Add("\u2028\x00\xff", "", "n\"", "'")
	f.Fuzz(func(t *testing.T, value, code, name, attribute string) {
		read := func(body, key string) string {
			var text []string
			for i, l := range strings.Split(strings.TrimSuffix(body, "\n\n"), "\n") {
				rest, ok := strings.CutPrefix(l, "data: "+key+" ")
				switch {
				case ok:
					text = append(text, rest)
				case i == 0 && strings.HasPrefix(l, "event: datastar-"), l == "data: mode append", l == "data: selector body":
				default:
					t.Fatalf("line %q of %q", l, body)
				}
			}
			return strings.Join(text, "\n")
		}
		send := func(e live.Event, err error) (string, bool) {
			if err != nil {
				return "", false
			}
			b, err := e.AppendTo(nil)
			if err != nil {
				t.Fatal(err)
			}
			return string(b), true
		}
		if body, ok := send(datastar.Signals{Values: map[string]any{"v": value}}.Event()); ok {
			var got struct{ V string }
			if err := json.Unmarshal([]byte(read(body, "signals")), &got); err != nil || got.V != strings.ToValidUTF8(value, "\ufffd") && utf8.ValidString(value) {
				t.Fatalf("got %q, %v", got.V, err)
			}
		}
		raw := json.RawMessage("{" + value + "}")
		if body, ok := send(datastar.Signals{Values: raw}.Event()); ok && !json.Valid([]byte(read(body, "signals"))) {
			t.Fatalf("got %q", body)
		}
		p := datastar.Script{Code: code, Attributes: []datastar.Attribute{{Name: name, Value: attribute}}}
		if body, ok := send(p.Event()); ok {
			if text := strings.ToLower(read(body, "elements")); strings.Count(text, "</script") != 1 || !strings.HasSuffix(text, "</script>") {
				t.Fatalf("got %q", text)
			}
		}
	})
}
