package sx_test

import (
	"errors"
	"testing"

	"github.com/sx-framework/sxgo/sx"
	"github.com/sx-framework/sxgo/sx/sxtest"
)

// diagnostics loads src and gives its errors and warnings.
func diagnostics(src *sx.Source) sx.Diagnostics {
	prog, err := sx.LoadSources([]*sx.Source{src})
	if err == nil {
		return prog.Diagnostics()
	}
	var all sx.Diagnostics
	if errors.As(err, &all) {
		return all
	}
	var e *sx.Error
	if errors.As(err, &e) {
		return sx.Diagnostics{e}
	}
	return sx.Diagnostics{{Kind: sx.GoError, Message: err.Error()}}
}

// TestLoadErrors holds that programs which must not load give exactly the diagnostics that their text says.
func TestLoadErrors(t *testing.T) {
	sxtest.CheckChunks(t, "testdata/errors/*.sx", diagnostics)
}
