package lsp

import "strings"

// The elements and attributes offered while typing: those of the living standard of HTML ("Elements" and "Attributes",
// its index), the shapes of SVG, and what the client reads. A page may use any others.

var elements = strings.Fields(`
	a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption cite code col
	colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure footer form h1 h2
	h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map mark menu meta
	meter nav noscript object ol optgroup option output p picture pre progress q rp rt ruby s samp script search
	section select slot small source span strong style sub summary sup table tbody td template textarea tfoot th
	thead time title tr track u ul var video wbr
	svg circle clipPath defs desc ellipse filter foreignObject g image line linearGradient marker mask path pattern
	polygon polyline radialGradient rect stop symbol text textPath tspan use`)

var globalAttributes = strings.Fields(`
	id class style title lang dir hidden tabindex role accesskey autofocus contenteditable draggable enterkeyhint
	inert inputmode is itemid itemprop itemref itemscope itemtype nonce part popover slot spellcheck translate
	aria-label aria-labelledby aria-describedby aria-hidden aria-live aria-current aria-expanded aria-controls
	aria-checked aria-selected aria-disabled aria-invalid aria-pressed aria-busy
	sx-get sx-post sx-put sx-patch sx-delete sx-target sx-swap sx-select sx-trigger sx-push-url sx-confirm
	sx-indicator sx-disabled-elt sx-boost sx-preload sx-preserve sx-ignore sx-vals sx-include sx-send sx-optimistic
	sx-text sx-key`)

var elementAttributes = map[string]string{
	"a":          "href target rel download hreflang type ping referrerpolicy",
	"area":       "alt coords shape href target rel download",
	"audio":      "src controls autoplay loop muted preload crossorigin",
	"base":       "href target",
	"blockquote": "cite",
	"body":       "onload",
	"button":     "type name value disabled form formaction formmethod formnovalidate popovertarget popovertargetaction command commandfor",
	"canvas":     "width height",
	"circle":     "cx cy r fill stroke stroke-width",
	"col":        "span",
	"colgroup":   "span",
	"data":       "value",
	"del":        "cite datetime",
	"details":    "open name",
	"dialog":     "open closedby",
	"ellipse":    "cx cy rx ry fill stroke stroke-width",
	"embed":      "src type width height",
	"fieldset":   "disabled form name",
	"form":       "action method enctype target novalidate autocomplete name rel accept-charset",
	"g":          "transform fill stroke",
	"html":       "",
	"iframe":     "src srcdoc name sandbox allow allowfullscreen width height loading referrerpolicy",
	"img":        "src alt width height srcset sizes loading decoding fetchpriority crossorigin referrerpolicy usemap",
	"input": "type name value placeholder required disabled readonly checked min max step minlength maxlength pattern " +
		"autocomplete list multiple accept size form formaction formmethod formnovalidate src alt",
	"ins":      "cite datetime",
	"label":    "for",
	"li":       "value",
	"line":     "x1 y1 x2 y2 stroke stroke-width",
	"link":     "rel href type media as sizes crossorigin integrity imagesizes imagesrcset referrerpolicy",
	"map":      "name",
	"meta":     "name content charset http-equiv property media",
	"meter":    "value min max low high optimum",
	"object":   "data type name form width height",
	"ol":       "start reversed type",
	"optgroup": "label disabled",
	"option":   "value selected disabled label",
	"output":   "for form name",
	"path":     "d fill stroke stroke-width stroke-linecap stroke-linejoin",
	"polygon":  "points fill stroke stroke-width",
	"polyline": "points fill stroke stroke-width",
	"progress": "value max",
	"q":        "cite",
	"rect":     "x y width height rx ry fill stroke stroke-width",
	"script":   "src type async defer crossorigin integrity nomodule referrerpolicy",
	"select":   "name multiple required disabled size form autocomplete",
	"slot":     "name",
	"source":   "src type srcset sizes media width height",
	"style":    "media",
	"svg":      "viewBox width height fill stroke xmlns preserveAspectRatio",
	"td":       "colspan rowspan headers",
	"template": "shadowrootmode",
	"text":     "x y dx dy text-anchor fill font-size",
	"textarea": "name rows cols placeholder required disabled readonly minlength maxlength wrap autocomplete form",
	"th":       "scope colspan rowspan headers abbr",
	"time":     "datetime",
	"track":    "src kind srclang label default",
	"use":      "href x y width height",
	"video":    "src controls autoplay loop muted poster preload playsinline width height crossorigin",
}

// attributesOf returns the attributes of an element, its own first.
func attributesOf(element string) []string {
	return append(strings.Fields(elementAttributes[element]), globalAttributes...)
}
