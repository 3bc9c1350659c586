package render

import "strings"

// The names of elements and attributes that the standards give a meaning. Sources, all living standards:
//
//   - elements: WHATWG HTML, "Elements" (index) and "Obsolete features"; SVG 2, "Element Index"; MathML Core,
//     "MathML Elements"
//   - void elements: WHATWG HTML, "Void elements", and those that its parser and serializer treat likewise
//   - boolean and enumerated attributes: WHATWG HTML, "Attributes" (index)
//
// SVG names keep their case: the parser of HTML corrects it ("Creating and inserting nodes", "adjust SVG
// attributes"), and the client creates them by their exact name.

type set map[string]struct{}

func newSet(lists ...string) set {
	s := set{}
	for _, list := range lists {
		for name := range strings.FieldsSeq(list) {
			s[name] = struct{}{}
		}
	}
	return s
}

func (s set) has(name string) bool {
	_, ok := s[name]
	return ok
}

var htmlElements = newSet(`
	a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption cite code
	col colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure footer
	form h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map
	mark menu meta meter nav noscript object ol optgroup option output p picture pre progress q rp rt ruby s
	samp script search section select selectedcontent slot small source span strong style sub summary sup table
	tbody td template textarea tfoot th thead time title tr track u ul var video wbr`,
	// Obsolete, still built by every parser.
	`acronym applet basefont big center dir font frame frameset marquee nobr noembed noframes param
	rb rtc strike tt xmp`)

var svgElements = newSet(`
	a animate animateMotion animateTransform circle clipPath defs desc discard ellipse feBlend feColorMatrix
	feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight
	feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feImage feMerge feMergeNode
	feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence filter foreignObject
	g image line linearGradient marker mask metadata mpath path pattern polygon polyline radialGradient rect
	script set stop style svg switch symbol text textPath title tspan use view`)

var mathElements = newSet(`
	annotation annotation-xml maction math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom
	mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover
	semantics none`)

// voidElements have no children and no end tag. The second line is obsolete: the serializer of the standard
// ("Serializing HTML fragments") writes no end tag for these either.
var voidElements = newSet(`
	area base br col embed hr img input link meta source track wbr`, `
	basefont bgsound frame keygen param`)

var booleanAttrs = newSet(`
	allowfullscreen async autofocus autoplay checked controls default defer disabled formnovalidate inert
	ismap itemscope loop multiple muted nomodule novalidate open playsinline readonly required reversed
	selected shadowrootclonable shadowrootdelegatesfocus shadowrootserializable`,
	// Obsolete, and those that browsers treat the same way.
	`compact declare defaultchecked defaultmuted defaultselected disablepictureinpicture
	disableremoteplayback noresize noshade nowrap truespeed typemustmatch`)

// enumeratedAttrs have keywords "true" and "false", so that their absence means something else than
// "false". aria-* attributes are treated like them.
var enumeratedAttrs = newSet(`contenteditable draggable spellcheck writingsuggestions
	externalresourcesrequired focusable preservealpha`)

// content says how the parser reads what stands between start and end tag (WHATWG HTML, "Elements": raw
// text and escapable raw text elements).
type content uint8

const (
	contentNormal content = iota
	contentText           // escapable raw text: textarea, title
	contentScript         // script
	contentStyle          // style
	contentRaw            // other raw text, whose end cannot be escaped: nothing but literals may stand there
)

var contents = map[string]content{
	"textarea": contentText, "title": contentText,
	"script": contentScript, "style": contentStyle,
	"xmp": contentRaw, "iframe": contentRaw, "noembed": contentRaw, "noframes": contentRaw,
}

// dropsNewline are the elements whose first line break the parser drops ("The in body insertion mode"), so
// that content that begins with one needs another before it.
var dropsNewline = newSet("pre listing textarea")

// namespace is where an element name was found, or where its prefix put it.
type namespace uint8

const (
	nsHTML namespace = iota
	nsSVG
	nsMath
)

// element says what is known of an element by its name.
type element struct {
	name    string // as written in markup, without a prefix
	ns      namespace
	void    bool
	content content
}

// lookupElement returns the element that the head symbol name means, and whether it means one: a known name, a
// name with "-" (a custom element), or either with html: or svg: before it.
func lookupElement(name string) (element, bool) {
	switch {
	case strings.HasPrefix(name, "html:"):
		name = name[len("html:"):]
		if !htmlElements.has(name) && !isCustom(name) {
			return element{}, false
		}
	case strings.HasPrefix(name, "svg:"):
		name = name[len("svg:"):]
		return element{name: name, ns: nsSVG}, svgElements.has(name)
	case htmlElements.has(name):
	case svgElements.has(name):
		return element{name: name, ns: nsSVG}, true
	case mathElements.has(name):
		return element{name: name, ns: nsMath}, true
	case !isCustom(name):
		return element{}, false
	}
	return element{name: name, void: voidElements.has(name), content: contents[name]}, true
}

// isCustom reports whether name may be a custom element's: it begins with a lower-case letter, holds a "-",
// and nothing that the tokenizer would read otherwise (WHATWG HTML, "valid custom element name"; only ASCII
// and letters here).
func isCustom(name string) bool {
	if name == "" || name[0] < 'a' || name[0] > 'z' || !strings.Contains(name, "-") {
		return false
	}
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '.', r == '_', r >= 0xC0:
		default:
			return false
		}
	}
	return true
}

// validAttrName reports whether name can be an attribute's name in every parser: a letter, _, : or @ first,
// then letters, digits and . - _ : @. That is less than WHATWG HTML, "Attributes", allows, and enough.
func validAttrName(name string) bool {
	if name == "" || len(name) > 256 {
		return false
	}
	for i, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_', r == ':', r == '@':
		case i > 0 && (r >= '0' && r <= '9' || r == '-' || r == '.'):
		case r >= 0xC0 && r != 0xD7 && r != 0xF7 && r < 0x2000: // letters of most scripts
		default:
			return false
		}
	}
	return true
}

// forbiddenFromData reports whether an attribute of this name may only be written in source: it runs script,
// or directs the client.
func forbiddenFromData(name string) bool {
	return hasPrefixFold(name, "on") || hasPrefixFold(name, "sx-") || hasPrefixFold(name, "data-sx-")
}

// hasPrefixFold reports whether s begins with the lower-case ASCII prefix, in any case.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
