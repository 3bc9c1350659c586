package live_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live"
)

type sseVector struct {
	Name, Input, Base64 string
	Events              []struct{ Type, Data, ID string }
	Retry               int
	LastID              *string
}

func (v sseVector) bytes(t testing.TB) []byte {
	if v.Base64 == "" {
		return []byte(v.Input)
	}
	b, err := base64.StdEncoding.DecodeString(v.Base64)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sseVectors(t testing.TB) []sseVector {
	data, err := os.ReadFile("testdata/vectors/sse.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Cases []sseVector }
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Cases
}

func TestDecoderVectors(t *testing.T) {
	for _, v := range sseVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			in := v.bytes(t)
			var want []live.Event
			last := ""
			for _, e := range v.Events {
				want = append(want, live.Event{Name: e.Type, Data: e.Data, ID: e.ID})
				last = e.ID
			}
			check := func(how string, pieces ...[]byte) {
				t.Helper()
				got, id, retry, err := live.Decode(1<<20, 1<<20, pieces...)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("%s:\ngot  %q, %v\nwant %q", how, got, err, want)
				}
				if want := time.Duration(v.Retry) * time.Millisecond; retry != want {
					t.Errorf("%s: retry is %v, want %v", how, retry, want)
				}
				if v.LastID != nil && id != *v.LastID || v.LastID == nil && len(want) > 0 && id != last {
					t.Errorf("%s: last id is %q", how, id)
				}
			}
			check("whole", in)
			var single [][]byte
			for i := range in {
				single = append(single, in[i:i+1])
				if i < 2000 {
					check("split", in[:i], in[i:])
				}
			}
			check("byte by byte", single...)
		})
	}
}

func TestDecoderBounds(t *testing.T) {
	for name, in := range map[string]string{
		"line":  "data: " + strings.Repeat("x", 100),
		"lines": strings.Repeat("data: xxxxxxxxxxxxxxx\n", 100),
		"whole": "data: " + strings.Repeat("x", 100) + "\n\n",
	} {
		if _, _, _, err := live.Decode(50, 200, []byte(in)); !errors.Is(err, live.ErrTooLarge) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Whatever is written reads back.
func FuzzEventRoundTrip(f *testing.F) {
	f.Add("sx-resolve", "abc-1", "a\nb\r\nc\rd")
	f.Add("", "", "\n")
	f.Fuzz(func(t *testing.T, name, id, data string) {
		b, err := live.Event{Name: name, ID: id, Data: data}.AppendTo(nil)
		bad := strings.ContainsAny(name+id, "\r\n\x00")
		if (err != nil) != bad {
			t.Fatalf("error %v", err)
		}
		if bad || name == "" && data == "" {
			return
		}
		got, _, _, err := live.Decode(1<<20, 1<<20, b)
		if err != nil || len(got) != 1 {
			t.Fatalf("%q: %d events, %v", b, len(got), err)
		}
		if name == "" {
			name = "message"
		}
		valid := func(s string) string {
			out, _, _, _ := live.Decode(1<<20, 1<<20, []byte("data:"+s+"\n\n"))
			return out[0].Data
		}
		lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(data), "\n")
		for i, l := range lines {
			lines[i] = valid(" " + l)
		}
		if want := (live.Event{Name: got[0].Name, ID: got[0].ID, Data: strings.Join(lines, "\n")}); got[0] != want {
			t.Fatalf("got %q want %q", got[0], want)
		}
		if valid(" "+name) != got[0].Name || valid(" "+id) != got[0].ID {
			t.Fatalf("%q %q arrive as %q", name, id, got[0])
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, v := range sseVectors(f) {
		f.Add(v.bytes(f), 3)
	}
	f.Fuzz(func(t *testing.T, in []byte, at int) {
		if at < 0 || at > len(in) {
			at = 0
		}
		a, _, _, err1 := live.Decode(1000, 1000, in)
		b, _, _, err2 := live.Decode(1000, 1000, in[:at], in[at:])
		if !reflect.DeepEqual(a, b) || (err1 == nil) != (err2 == nil) {
			t.Fatalf("whole %q %v\nsplit at %d %q %v", a, err1, at, b, err2)
		}
	})
}

func TestEventText(t *testing.T) {
	for _, c := range []struct {
		e    live.Event
		want string
	}{
		{live.Event{Name: "tick", ID: "e-1", Retry: 1500 * time.Millisecond, Data: "a"}, "event: tick\nid: e-1\nretry: 1500\ndata: a\n\n"},
		{live.Event{Data: "a\nb\r\nc\rd\n"}, "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"},
		{live.Event{Name: "sx-close"}, "event: sx-close\ndata: \n\n"},
		{live.Event{Retry: 2 * time.Second}, "retry: 2000\n\n"},
		{live.Event{ID: "e-0"}, "id: e-0\n\n"},
	} {
		if got, err := c.e.AppendTo(nil); err != nil || string(got) != c.want {
			t.Errorf("got  %q, %v\nwant %q", got, err, c.want)
		}
	}
	for _, e := range []live.Event{{Name: "a\ndata: x"}, {Name: "a\r"}, {ID: "1\n\ndata: x"}, {ID: "1\x00"}} {
		if got, err := e.AppendTo([]byte("kept")); err == nil || string(got) != "kept" {
			t.Errorf("%q: got %q, %v", e, got, err)
		}
	}
}
