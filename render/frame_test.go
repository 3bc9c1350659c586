package render_test

import (
	"encoding/json"
	"testing"

	"github.com/sx-framework/sxgo/render"
)

func TestFrameData(t *testing.T) {
	for _, c := range []struct {
		name string
		f    render.Frame
		want string
	}{
		{"sx", render.Frame{ID: "cpu", SX: `(~stat-badge :value "42%")`}, `{"id":"cpu","sx":"(~stat-badge :value \"42%\")"}`},
		{"html", render.Frame{ID: "cpu", HTML: "<b>1 & 2</b>"}, `{"id":"cpu","html":"<b>1 & 2</b>"}`},
		{"empty content", render.Frame{ID: "cpu"}, `{"id":"cpu","html":""}`},
		{"inner is not written", render.Frame{ID: "cpu", HTML: "x", Mode: render.ModeInner}, `{"id":"cpu","html":"x"}`},
		{"append", render.Frame{ID: "log", HTML: "x", Mode: render.ModeAppend, Transition: true, Key: "k1"}, `{"id":"log","html":"x","mode":"append","transition":true,"key":"k1"}`},
		{"selector", render.Frame{Selector: "#a", Mode: render.ModeRemove}, `{"mode":"remove","selector":"#a"}`},
		{"defs", render.Frame{Event: render.EventDefs, Hash: "h", SX: "(defcomp ~a ())"}, `{"hash":"h","sx":"(defcomp ~a ())"}`},
		{"signals", render.Frame{Event: render.EventSignals, Patch: json.RawMessage("{ \"a\":\n1 }"), OnlyIfMissing: true}, `{"patch":{"a":1},"onlyIfMissing":true}`},
		{"event", render.Frame{Event: render.EventDispatch, Name: "saved", Detail: json.RawMessage("3"), Selector: "#a"}, `{"name":"saved","detail":3,"selector":"#a"}`},
		{"navigate", render.Frame{Event: render.EventNavigate, URL: "/a", Replace: true}, `{"url":"/a","replace":true}`},
		{"error", render.Frame{Event: render.EventError, ID: "cpu", Message: "no data"}, `{"id":"cpu","message":"no data"}`},
		{"refused source", render.Frame{Event: render.EventError, Message: "not found", Src: "/x", Status: 404}, `{"message":"not found","status":404,"src":"/x"}`},
		{"reset", render.Frame{Event: render.EventReset, Reason: "gap"}, `{"reason":"gap"}`},
		{"drain", render.Frame{Event: render.EventDrain, Delay: 1200}, `{"delay":1200}`},
		{"close", render.Frame{Event: render.EventClose}, `{}`},
		{"close with source", render.Frame{Event: render.EventClose, Src: "/x"}, `{"src":"/x"}`},
		{"ack", render.Frame{Event: render.EventAck, ID: "7"}, `{"id":"7"}`},
		{"refusal", render.Frame{Event: render.EventAck, ID: "7", Message: "no"}, `{"id":"7","message":"no"}`},
		{"control characters", render.Frame{ID: "a\nb\r\x00", HTML: "\u2028\xff"}, `{"id":"a\nb\r\u0000","html":"\u2028` + "\uFFFD" + `"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.f.AppendData(nil)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if !json.Valid(got) {
				t.Errorf("not json: %s", got)
			}
		})
	}
}

func TestFrameRefuses(t *testing.T) {
	for name, f := range map[string]render.Frame{
		"both":           {ID: "a", SX: "b", HTML: "c"},
		"nowhere":        {HTML: "c"},
		"two places":     {ID: "a", Selector: "b", HTML: "c"},
		"mode":           {ID: "a", HTML: "c", Mode: "sideways"},
		"remove content": {ID: "a", HTML: "c", Mode: render.ModeRemove},
		"bad patch":      {Event: render.EventSignals, Patch: json.RawMessage(`{}}`)},
		"no patch":       {Event: render.EventSignals},
		"bad detail":     {Event: render.EventDispatch, Name: "n", Detail: json.RawMessage(`{`)},
		"event":          {Event: "sx-script"},
	} {
		if got, err := f.AppendData([]byte("kept")); err == nil || string(got) != "kept" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func FuzzAppendJSONString(f *testing.F) {
	f.Add("a\"\\\n<>&\u2028\xff")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		b := render.AppendJSONString(nil, s)
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		var want string
		ref, _ := json.Marshal(s)
		if err := json.Unmarshal(ref, &want); err != nil || got != want {
			t.Fatalf("got %q want %q", got, want)
		}
	})
}
