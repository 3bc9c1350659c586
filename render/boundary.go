package render

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// A boundary is a part of a page that may come late. In the page it is a slot: a wrapper with an id, which
// frames fill. While its body is being evaluated the slot is a placeholder that shows the fallback between two
// markers; the content follows later in a template, as a child of body (WHATWG HTML, "template" element, the
// for attribute). A parser that knows it moves the content by itself; for the others a small script does.
//
//	<div id="sx-suspense-ID" data-suspense="ID" aria-busy="true"><?start name="ID">fallback<?end></div>
//	…
//	<template for="ID">content</template>

// slotPrefix begins the id attribute of every slot.
const slotPrefix = "sx-suspense-"

// Boundary is a boundary that was reached while a page was rendered.
type Boundary struct {
	ID      string        // of the slot
	As      string        // name of the wrapper element; "div" by default
	Wire    string        // "html", "sx", or "" for what the page says
	Timeout time.Duration // 0: none of its own
	Body    sx.Value      // delayed markup, frozen: it may be evaluated by another goroutine
	Error   sx.Value      // a function of the error that gives markup, or nil
	Site    *sx.Site      // where the boundary stands

	Start, End int // where the placeholder stands in the output it was written to
}

// Runner evaluates the bodies of boundaries while the page is being evaluated. A page implements it to stream; without
// one boundaries are rendered in place.
type Runner interface {
	// Start begins with the body of b, usually in another goroutine with its own machine (sx.Machine.Fork)
	// and host (Host.Fork). It is called before the placeholder is written to m.Out; b.Start and b.End are
	// set, and Placed called, once it stands there.
	Start(m *sx.Machine, b *Boundary)
	// Placed tells that the placeholder of b has been written.
	Placed(m *sx.Machine, b *Boundary)
}

// ValidID reports whether id can be the id of a boundary: [A-Za-z][A-Za-z0-9_.:-]{0,127}. It stands inside
// <?start …>, where nothing can be escaped.
func ValidID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '_' || c == '.' || c == ':' || c == '-'):
		default:
			return false
		}
	}
	return true
}

// AppendSlot appends a slot that holds content: what a placeholder is once its content has come. The id must
// be valid; as "" means div.
func AppendSlot(dst []byte, id, as string, content []byte) []byte {
	dst = appendSlotTag(dst, id, as)
	dst = append(dst, '>')
	dst = append(dst, content...)
	return appendSlotEnd(dst, as)
}

// AppendPlaceholder appends a slot that shows a fallback until its content comes.
func AppendPlaceholder(dst []byte, id, as string, fallback []byte) []byte {
	dst = appendPlaceholderStart(dst, id, as)
	dst = append(dst, fallback...)
	return appendPlaceholderEnd(dst, as)
}

func appendPlaceholderStart(dst []byte, id, as string) []byte {
	dst = appendSlotTag(dst, id, as)
	dst = append(dst, ` aria-busy="true"><?start name="`...)
	dst = append(dst, id...)
	return append(dst, `">`...)
}

func appendPlaceholderEnd(dst []byte, as string) []byte {
	dst = append(dst, `<?end>`...)
	return appendSlotEnd(dst, as)
}

func appendSlotTag(dst []byte, id, as string) []byte {
	dst = append(dst, '<')
	dst = append(dst, wrapper(as)...)
	dst = append(dst, ` id="`+slotPrefix...)
	dst = append(dst, id...)
	dst = append(dst, `" `+AttrSuspense+`="`...)
	dst = append(dst, id...)
	return append(dst, '"')
}

func appendSlotEnd(dst []byte, as string) []byte {
	dst = append(dst, "</"...)
	dst = append(dst, wrapper(as)...)
	return append(dst, '>')
}

func wrapper(as string) string {
	if as == "" {
		return "div"
	}
	return as
}

// AppendChunk appends the content of a slot as HTML, to be written as a child of body. as is the slot's wrapper.
//
// What stands in a template is parsed as HTML, wherever it goes afterwards (WHATWG HTML, "The 'in template' insertion
// mode"), so the content of an SVG group gets an svg element of its own around it. That one has the coordinates of the
// image around it, and does not clip.
func AppendChunk(dst []byte, id, as string, content []byte) []byte {
	dst = append(dst, `<template for="`...)
	dst = append(dst, id...)
	dst = append(dst, `">`...)
	if as == "g" || as == "svg" {
		dst = append(dst, `<svg overflow="visible">`...)
		content = append(slices.Clip(content), "</svg>"...)
	}
	dst = append(dst, content...)
	return append(dst, `</template>`...)
}

// AppendSXChunk appends the content of a slot as wire text, in a script with the page's nonce.
func AppendSXChunk(dst []byte, nonce, id, wire string) []byte {
	return appendResolve(dst, nonce, id, wire)
}

// AppendSXDefs appends the component definitions that chunks after it need, in the same form without an id.
func AppendSXDefs(dst []byte, nonce, source string) []byte {
	return appendResolve(dst, nonce, "", source)
}

func appendResolve(dst []byte, nonce, id, source string) []byte {
	dst = append(dst, "<script"...)
	if nonce != "" {
		dst = append(dst, ` nonce="`...)
		dst = appendEscaped(dst, nonce)
		dst = append(dst, '"')
	}
	dst = append(dst, ">__sxResolve("...)
	dst = appendScriptString(dst, id)
	dst = append(dst, ',')
	dst = appendScriptString(dst, source)
	return append(dst, ")</script>"...)
}

// Render evaluates the body of b on m and appends its markup to m.Out. A body that fails gives what :error
// makes of the error, or the built-in box, and the error comes back too, for the log. What may not be caught
// (limits, cancellation, redirects) only comes back.
func (b *Boundary) Render(m *sx.Machine) error {
	start := len(m.Out)
	err := m.Protect(func() { appendBody(m, b.Body) })
	if err == nil {
		return nil
	}
	m.Out = m.Out[:start]
	if !sx.Catchable(err) {
		return err
	}
	b.RenderError(m, err)
	return err
}

// renderInPlace is Render for a boundary that nobody streams, within its timeout.
func (b *Boundary) renderInPlace(m *sx.Machine) error {
	if b.Timeout <= 0 {
		return b.Render(m)
	}
	page := m.Context()
	ctx, cancel := context.WithTimeout(page, b.Timeout)
	defer cancel()
	start := len(m.Out)
	m.Begin(ctx)
	err := b.Render(m)
	m.Begin(page)
	if err == nil || ctx.Err() == nil || page.Err() != nil {
		return err
	}
	m.Out = m.Out[:start]
	late := &sx.Error{Kind: sx.UserError, Message: "boundary " + b.ID + " took longer than " + b.Timeout.String(), Pos: b.Site.Pos(), Cause: err}
	b.RenderError(m, late)
	return late
}

func appendBody(m *sx.Machine, v sx.Value) {
	if hostIsWire(m) {
		appendWireChild(m, v)
		return
	}
	appendChild(m, v)
}

// RenderError appends what stands in the place of a boundary that failed with err: what :error makes of it, or
// the built-in box.
func (b *Boundary) RenderError(m *sx.Machine, err error) {
	start := len(m.Out)
	if b.Error.Callable() {
		again := m.Protect(func() { m.EmitCall(b.Error, sx.ErrorValue(err)) })
		if again == nil {
			return
		}
		m.Out = m.Out[:start]
	}
	if hostIsWire(m) {
		m.Out = append(m.Out, ` (div :class "sx-error" :role "alert" `...)
		m.Out = appendWireString(m.Out, errorText(m, err))
		m.Out = append(m.Out, ')')
		return
	}
	m.Out = append(m.Out, `<div class="sx-error" role="alert">`...)
	m.Out = appendEscaped(m.Out, errorText(m, err))
	m.Out = append(m.Out, `</div>`...)
}

// errorText is what people see in the place of something that failed: the error in development, and nothing
// about it otherwise.
func errorText(m *sx.Machine, err error) string {
	if m.Program().Development() {
		return err.Error()
	}
	return "This part of the page could not be shown."
}

// wrapperProblem says why a boundary's wrapper cannot stand directly in an element, or "". The parser would
// move it elsewhere, and its slot would not be where the page wants it (WHATWG HTML, "Parsing HTML
// documents": foster parenting, implied end tags).
func wrapperProblem(parent, as string) string {
	as = wrapper(as)
	want, strict := onlyChildren[parent]
	if strict && !newSet(want).has(as) {
		return parent + " takes " + strings.ReplaceAll(want, " ", ", ") + " only"
	}
	if !strict {
		for p := range strings.FieldsSeq(tableParts[as]) {
			if p == parent {
				return ""
			}
		}
		if tableParts[as] != "" {
			return as + " may only stand in " + strings.ReplaceAll(tableParts[as], " ", ", ")
		}
	}
	if phrasingOnly.has(parent) && !phrasingWrappers.has(as) {
		return parent + ` takes phrasing only; :as "span" does`
	}
	if contents[parent] != contentNormal || voidElements.has(parent) {
		return parent + " takes no elements"
	}
	return ""
}

// onlyChildren are parents that take these children only.
var onlyChildren = map[string]string{
	"table": "tbody thead tfoot caption colgroup", "tbody": "tr", "thead": "tr", "tfoot": "tr", "tr": "td th",
	"colgroup": "col", "select": "option optgroup", "optgroup": "option", "datalist": "option",
	"ul": "li", "ol": "li", "menu": "li", "dl": "div dt dd", "head": "title meta link style script base",
	"html": "body", "svg": "g a text svg", "g": "g a text svg",
}

// tableParts are wrappers that stand in these parents only.
var tableParts = map[string]string{
	"tbody": "table", "thead": "table", "tfoot": "table", "tr": "tbody thead tfoot", "td": "tr", "th": "tr",
	"li": "ul ol menu", "option": "select optgroup datalist", "g": "svg g",
}

// phrasingOnly are elements whose end tag the parser implies, or whose model is phrasing.
var phrasingOnly = newSet("p h1 h2 h3 h4 h5 h6 span em strong b i u s small mark q cite code label button pre abbr sub sup")

var phrasingWrappers = newSet("span a b i em strong small mark q cite code label button abbr sub sup output time data slot")
