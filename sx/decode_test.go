package sx_test

import (
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func TestDecode(t *testing.T) {
	type say struct {
		Text string
		N    int
		Tags []string
	}
	for _, c := range []struct{ src, want string }{
		{`{:text "a" :n 3 :tags ("x" "y")}`, ""},
		{`{}`, ""},
		{`{:text 3}`, ":text must be"},
		{`{:n 1.5}`, ":n must be"},
		{`{:n (error "boom")}`, ":n must be"},
		{`{:tags ("x" 2)}`, ":tags.1 must be"},
		{`{:txt "a"}`, "unknown keyword :txt"},
		{`"a"`, "the value must be"},
	} {
		data, err := sx.Read(sx.NewSource("test", c.src), sx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var got say
		err = sx.Decode(data[0], &got)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.src, err, c.want)
		}
		if strings.HasPrefix(c.src, `{:text "a"`) && (got.Text != "a" || got.N != 3 || len(got.Tags) != 2) {
			t.Errorf("%s: got %+v", c.src, got)
		}
	}
}
