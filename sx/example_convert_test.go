package sx_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// Go data is handed to a program as it is: structs are dicts, slices are lists, and nothing is copied.
func ExampleFromGo() {
	type Item struct {
		Title string
		Price float64 `sx:"price-eur"`
	}
	prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("shop.sx",
		`(define (total items) (sum (map (fn (i) (get i :price-eur)) items)))`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	items, err := sx.FromGo([]Item{{"Tea", 2.5}, {"Cake", 4}})
	if err != nil {
		fmt.Println(err)
		return
	}
	total, _ := prog.Lookup("total")
	v, err := prog.Call(context.Background(), total, items)
	fmt.Println(sx.Serialize(v), err)
	fmt.Println(sx.Serialize(items))
	// Output:
	// 6.5 <nil>
	// ({:title "Tea" :price-eur 2.5} {:title "Cake" :price-eur 4})
}

// Any Go function becomes a primitive; its types say how arguments are converted and what is wrong with them.
func ExampleWithFunc() {
	shout := func(s string, times int) string { return strings.Repeat(strings.ToUpper(s)+"!", times) }
	opt := sx.WithFunc("shout", "(shout s times)", sx.Pure, shout)
	for _, text := range []string{`(shout "hey" 2)`, `(shout "hey" 1.5)`} {
		prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("main.sx", text)}, sx.WithMain("value"), opt)
		if err != nil {
			fmt.Println(err)
			continue
		}
		v, err := prog.Main(context.Background())
		fmt.Println(sx.Serialize(v), err)
	}
	// Output:
	// "HEY!HEY!" <nil>
	// nil main.sx:1:1: shout: argument 2 must be an integer, got number 1.5
}
