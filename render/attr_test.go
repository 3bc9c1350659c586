package render_test

import "testing"

func TestDictsBecomeJSONInDataAndSXAttributes(t *testing.T) {
	got := page(t, `(div :data-x {:a "<\""} :sx-vals {:id 1 :on (list true nil)})`)
	want := `<div data-x="{&quot;a&quot;:&quot;&lt;\&quot;&quot;}" sx-vals="{&quot;id&quot;:1,&quot;on&quot;:[true,null]}"></div>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := tryHTML(`(div :title {:a 1})`); err == nil {
		t.Error("a dict as a title is accepted")
	}
}
