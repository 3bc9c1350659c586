package sx_test

import (
	"context"
	"fmt"

	"github.com/sx-framework/sxgo/sx"
)

func Example() {
	prog, err := sx.LoadSources([]*sx.Source{
		sx.NewSource("price.sx", `
(define (total items)
  (sum (map (fn (i) (* (get i :price) (+ 1 (tax-rate)))) items)))`),
	}, sx.WithFunc("tax-rate", "(tax-rate)", sx.Pure, func() float64 { return 0.5 }))
	if err != nil {
		fmt.Print(sx.Explain(err))
		return
	}
	total, _ := prog.Lookup("total")
	items, err := sx.FromGo([]map[string]any{{"price": 3}, {"price": 4}})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := prog.Call(context.Background(), total, items)
	fmt.Println(sx.Serialize(v), err)
	// Output: 10.5 <nil>
}

func ExampleExplain() {
	_, err := sx.LoadSources([]*sx.Source{
		sx.NewSource("greet.sx", "(define (greet name)\n  (str \"Hello \" nmae))"),
	})
	fmt.Print(sx.Explain(err))
	// Output:
	// greet.sx:2:17: undefined symbol: nmae (did you mean name?)
	//     2 |   (str "Hello " nmae))
	//       |                 ^^^^
}

func ExampleFormat() {
	out, err := sx.Format(sx.NewSource("card.sx", `
(defcomp ~card (&key title   &rest children) ; a box
(section :class "card" (h2 title)
  children))`))
	fmt.Print(out, err)
	// Output:
	// (defcomp ~card (&key title &rest children)  ; a box
	//   (section :class "card"
	//     (h2 title)
	//     children))
	// <nil>
}

func ExampleSerialize() {
	forms, _ := sx.Read(sx.NewSource("", `{:title "a \"b\""   :tags [1 nil]} 'x`), sx.Limits{})
	for _, v := range forms {
		fmt.Println(sx.Serialize(v))
	}
	// Output:
	// {:title "a \"b\"" :tags (1 nil)}
	// (quote x)
}
