package page_test

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// probe returns an application of one page, and options.
func probe(t testing.TB, opts ...page.Option) *page.App {
	t.Helper()
	app, err := page.New(files("app.sx", `(defconfig :fetch-allow ("127.0.0.0/8")) (defpage home :path "/" :content (p "x"))`), append(opts, page.WithSecret("x"), page.WithData(t.TempDir()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Shutdown(context.Background()) })
	return app
}

// primitive returns a primitive of an application.
func primitive(t testing.TB, app *page.App, name string) *sx.Primitive {
	t.Helper()
	for _, p := range app.Program().Primitives() {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("there is no primitive %s", name)
	return nil
}

func TestSystem(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the sys-* primitives read /proc")
	}
	app := probe(t)
	for _, p := range app.Program().Primitives() {
		if !strings.HasPrefix(p.Name, "sys-") {
			continue
		}
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
	if _, err := primitive(t, probe(t), "sys-cpu").Func(ctx, nil); err == nil {
		t.Error("a cancelled measurement succeeded")
	}
}
