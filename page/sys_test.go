package page

import (
	"context"
	"runtime"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func TestSystem(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the sys-* primitives read /proc")
	}
	s := &system{disk: "."}
	for _, p := range s.primitives() {
		var args []sx.Value
		if p.Name == "sys-history" {
			args = []sx.Value{sx.String("memory"), sx.Int(10)}
		}
		v, err := p.Func(context.Background(), args)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		switch p.Name {
		case "sys-cpu", "sys-memory", "sys-disk":
			if f := v.Float(); f < 0 || f > 100 {
				t.Errorf("%s: got %s, want per cent", p.Name, sx.Serialize(v))
			}
		case "sys-load":
			if v.List().Len() != 3 {
				t.Errorf("%s: got %s", p.Name, sx.Serialize(v))
			}
		case "sys-processes", "sys-uptime":
			if v.Float() < 1 {
				t.Errorf("%s: got %s", p.Name, sx.Serialize(v))
			}
		case "sys-network":
			if _, ok := v.Dict().Lookup("in"); !ok {
				t.Errorf("%s: got %s", p.Name, sx.Serialize(v))
			}
		case "sys-info":
			if n, _ := v.Dict().Lookup("cpus"); n.Float() != float64(runtime.NumCPU()) {
				t.Errorf("%s: got %s", p.Name, sx.Serialize(v))
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&system{}).cpuPercent(ctx); err == nil {
		t.Error("a cancelled measurement succeeded")
	}
}
