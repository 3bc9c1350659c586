package sx_test

import (
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// TestGoDataWithoutValueOutside holds that Go data which turn out to have no value, where no evaluation is there to
// report it, panic nowhere.
func TestGoDataWithoutValueOutside(t *testing.T) {
	for name, x := range map[string]any{
		"number": []int64{1 << 60},
		"chan":   struct{ V any }{make(chan int)},
	} {
		v, err := sx.FromGo(x)
		if err != nil {
			t.Fatal(err)
		}
		w, _ := sx.FromGo([]any{x})
		if s := sx.Serialize(v); !strings.Contains(s, "#<") {
			t.Errorf("%s: Serialize gives %s", name, s)
		}
		if s := sx.CanonicalSerialize(w); !strings.Contains(s, "#<") {
			t.Errorf("%s: CanonicalSerialize gives %s", name, s)
		}
		if s, err := sx.SerializeLimited(v, 1000); err == nil {
			t.Errorf("%s: SerializeLimited gives %s", name, s)
		}
		var texts []string
		var byName map[string]string
		if sx.Decode(v, &texts) == nil || sx.Decode(v, &byName) == nil {
			t.Errorf("%s: Decode gives %v, %v", name, texts, byName)
		}
		if !sx.Equal(v, v) {
			t.Errorf("%s: not equal to itself", name)
		}
	}
}
