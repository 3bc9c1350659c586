package sx_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// TestProgramsAreShared evaluates one program from several goroutines at once, from its first use on, which
// is when code is generated. It says most with -race.
func TestProgramsAreShared(t *testing.T) {
	for _, src := range specSources(t) {
		if name := filepath.Base(src.Name); name == "evaluation_test.sx" && os.Getenv("SX_SLOW") == "" {
			continue // a million turns eight times
		}
		prog, err := sx.LoadSources([]*sx.Source{src})
		if err != nil {
			t.Fatal("\n" + sx.Explain(err))
		}
		var all sync.WaitGroup
		for range 8 {
			all.Add(1)
			go func() { // ends with its tests
				defer all.Done()
				for _, r := range prog.RunTests(context.Background(), 0) {
					if r.Err != nil {
						t.Errorf("%s / %s\n%s", r.Suite, r.Name, sx.Explain(r.Err))
					}
				}
			}()
		}
		all.Wait()
	}
}
