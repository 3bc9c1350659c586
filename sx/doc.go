// Package sx is the SX language: a small Lisp for web pages, read, analysed and compiled once, then
// evaluated by any number of goroutines. It knows no HTML; package render adds elements, and applications
// add primitives, through the same options.
//
// # Model
//
// A [Source] is read into data with places ([Read]). [Load] expands macros, resolves every name, checks the
// whole program and reports all that is wrong with it at once ([Diagnostics]). What comes out is a [Program]:
// frozen, immutable, and compiled so that evaluation never looks up a name. An evaluation runs on a [Machine],
// which belongs to one goroutine and keeps [Limits] in steps, depth, bytes and collection sizes; SX code
// cannot catch what exceeds them, nor a cancelled context. A [Value] is two words, numbers unboxed.
//
//	prog, err := sx.LoadSources([]*sx.Source{
//		sx.NewSource("price.sx", `(define (total items) (sum (map (fn (i) (get i :price)) items)))`),
//	}, sx.WithFunc("tax-rate", "(tax-rate)", sx.Pure, func() float64 { return 0.19 }))
//	if err != nil {
//		log.Fatal(sx.Explain(err)) // file:line:col, the source line with a caret, notes
//	}
//	total, _ := prog.Lookup("total")
//	items, err := sx.FromGo([]map[string]any{{"price": 3}, {"price": 4}})
//	v, err := prog.Call(ctx, total, items)
//	fmt.Println(sx.Serialize(v)) // 7
//
// # Safe for concurrent use
//
// Programs, sources, components, primitives and frozen values. Lists and dicts that are not frozen belong to
// one goroutine, and so does a Machine.
//
// # Errors
//
// Every error is an *[Error] with kind, message, position and call frames, or [Diagnostics] of them; use
// errors.As. [Explain] writes them for people, [ExplainJSON] for programs. A panic in a Go primitive becomes
// an error at the call.
//
// # Text
//
// [Read], [Serialize] and [Format] agree: what is written reads back equal, formatting changes nothing but
// layout. Reading never evaluates and takes any bytes from anywhere: nesting is bounded, memory is a small
// multiple of the input, recursion is not used.
//
// The language is specified in suites that also run in the browser; docs/pages/reference.sx maps every rule to its tests.
package sx
