// Package render turns forms of SX into HTML, into SX wire text, and into the frames that bring parts of a
// page later.
//
// A program that was loaded with Options has elements, attributes, fragments and boundaries. Its components
// are compiled for each destination when they are first rendered: what is static becomes runs of bytes, also
// across the borders of components, and what is not becomes holes between them. Rendering appends to one
// pooled buffer and, in the steady state, allocates nothing.
//
//	prog, err := sx.Load(os.DirFS("app"), render.Options()...)
//	if err != nil {
//		return err // sx.Diagnostics: everything that is wrong, with positions
//	}
//	r := render.New(prog)
//	card, err := r.Component("~card")
//	if err != nil {
//		return err
//	}
//	err = card.HTML(ctx, w, sx.Arg{Name: "title", Value: sx.String("Tea & cake")})
//
// No value can change the structure of a page, whatever it is: text and attributes are escaped, URLs, styles
// and names from data are checked, and what could run as script must be written in source. The tables are in
// element.go and url.go; raw! and trusted-url are the only ways around, and can be searched for.
//
// A Renderer and its Components may be used by any number of goroutines. A Host belongs to one evaluation.
// Evaluations are bounded by the program's sx.Limits and stop when their context is done; nothing is written
// before an evaluation has succeeded.
//
// Standards: WHATWG HTML (https://html.spec.whatwg.org), WHATWG URL (https://url.spec.whatwg.org), SVG 2
// (https://www.w3.org/TR/SVG2), MathML Core (https://www.w3.org/TR/mathml-core).
package render
