package render_test

import (
	"context"
	"fmt"
	"os"
	"testing/fstest"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// A component is loaded once and rendered with arguments from Go. What the arguments hold cannot change the markup.
func Example() {
	files := fstest.MapFS{"card.sx": {Data: []byte(`
(defcomp ~card (&key title link &rest children)
  (section :class "card" (h2 (a :href link title)) children))`)}}
	prog, err := sx.Load(files, render.Options()...)
	if err != nil {
		fmt.Print(sx.Explain(err))
		return
	}
	card, err := render.New(prog).Component("~card")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = card.HTML(context.Background(), os.Stdout,
		sx.Arg{Name: "title", Value: sx.String("Tea & <cake>")},
		sx.Arg{Name: "link", Value: sx.String("javascript:steal()")})
	fmt.Println()
	fmt.Println(err)
	// Output:
	// <section class="card"><h2><a href="about:invalid#sx">Tea &amp; &lt;cake&gt;</a></h2></section>
	// <nil>
}

// The data of a frame, as every transport carries it.
func ExampleFrame_AppendData() {
	f := render.Frame{ID: "log", SX: `(~line :text "hi")`, Mode: render.ModeAppend}
	data, err := f.AppendData(nil)
	fmt.Printf("%s %v\n", data, err)
	// Output: {"id":"log","sx":"(~line :text \"hi\")","mode":"append"} <nil>
}
