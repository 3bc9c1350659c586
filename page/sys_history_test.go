package page_test

import (
	"context"
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
		h.Add("cpu", -1, 3, now.Add(page.HistoryInterval/2)) // within the tick: not kept
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
