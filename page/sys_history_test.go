package page_test

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

func TestHistoryKeepsTheNewestAndOneForEachTick(t *testing.T) {
	var h page.History
	now := time.Unix(1000, 0)
	for i := range 700 {
		h.Add("cpu", float64(i), 3, now)
		h.Add("cpu", -1, 3, now) // the same reading: not kept again
		now = now.Add(time.Second)
	}
	if got := h.Add("cpu", -1, 3, now.Add(-time.Second)); !slices.Equal(got, []float64{697, 698, 699}) {
		t.Errorf("got %v", got)
	}
	if got := h.Add("cpu", -1, 10_000, now.Add(-time.Second)); len(got) != page.HistoryLength {
		t.Errorf("kept %d readings, want %d", len(got), page.HistoryLength)
	}
	if got := h.Add("memory", 5, 3, now); !slices.Equal(got, []float64{5}) {
		t.Errorf("another measure: got %v", got)
	}
}

func TestHistoryPrimitive(t *testing.T) {
	p := primitive(t, probe(t), "sys-history")
	if v, err := p.Func(context.Background(), []sx.Value{sx.String("disk"), sx.Int(5)}); err == nil && v.List().Len() != 1 {
		t.Errorf("got %s, want one reading", sx.Serialize(v))
	}
	_, err := p.Func(context.Background(), []sx.Value{sx.String("heat"), sx.Int(5)})
	if err == nil || !strings.Contains(err.Error(), `no measure "heat"`) {
		t.Errorf("got %v", err)
	}
	if _, err := p.Func(context.Background(), []sx.Value{sx.Int(1), sx.Int(5)}); err == nil {
		t.Error("a number was taken for a name")
	}
}

// What a page shows as a number and as the last point of a chart is one reading, whenever others ask.
func TestNumbersAndChartsAgree(t *testing.T) {
	app := probe(t)
	memory, past := primitive(t, app, "sys-memory"), primitive(t, app, "sys-history")
	cpu, network := primitive(t, app, "sys-cpu"), primitive(t, app, "sys-network")
	call := func(p *sx.Primitive, args ...sx.Value) sx.Value {
		v, err := p.Func(t.Context(), args)
		if err != nil {
			t.Skip(err) // not a system that tells
		}
		return v
	}
	last := func(measure string) float64 {
		l := call(past, sx.String(measure), sx.Int(10)).List()
		return l.Items[l.Len()-1].Float()
	}
	in := func(v sx.Value) float64 { x, _ := v.Dict().Lookup("in"); return x.Float() }
	agreed := 0
	for range 40 {
		before, percent, received := call(memory), call(cpu), call(network)
		ballast := make([]byte, 8<<20)
		for i := range ballast {
			ballast[i] = byte(i)
		}
		points := [3]float64{last("memory"), last("cpu"), last("network-in")}
		// Only readings that were asked for again within their time must be the same.
		if after := call(memory); after.Float() == before.Float() && points[0] != before.Float() {
			t.Errorf("memory is %v and its chart ends with %v", before.Float(), points[0])
		}
		if after := call(cpu); after.Float() == percent.Float() && points[1] != percent.Float() {
			t.Errorf("cpu is %v and its chart ends with %v", percent.Float(), points[1])
		}
		if after := call(network); in(after) == in(received) && math.Abs(points[2]-in(received)) > 1 {
			t.Errorf("the network receives %v and its chart ends with %v", in(received), points[2])
		} else if in(after) == in(received) {
			agreed++
		}
		runtime.KeepAlive(ballast)
	}
	if agreed == 0 {
		t.Error("no two readings within one interval")
	}
}
