package client_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/sx"
)

// The server's cases of what attributes may hold, in the browser. Here nothing makes a base, script, object or
// embed, so that their cases are errors.
func TestEscapeVectors(t *testing.T) {
	data, err := os.ReadFile("../render/testdata/vectors/escape.json")
	if err != nil {
		t.Fatal(err)
	}
	type vector struct {
		Context, Name, Tag, Attr, In, Out string
		Literal, Allowed                  bool
	}
	var all, vectors []vector
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	type question struct {
		Src  string `json:"src"`
		Attr string `json:"attr"`
	}
	var questions []question
	for _, v := range all {
		in := sx.Serialize(sx.String(v.In))
		if !v.Literal {
			in = "(str " + in + ")"
		}
		q := question{Attr: v.Attr}
		switch v.Context {
		case "url":
			q.Src = fmt.Sprintf("(%s :%s %s)", v.Tag, v.Attr, in)
		case "animate":
			q = question{fmt.Sprintf("(animate :attributeName \"href\" :values %s)", in), "values"}
		case "style":
			q = question{fmt.Sprintf("(div :style %s)", in), "style"}
		case "name":
			q = question{fmt.Sprintf("(div (make-spread (dict %s \"x\")))", in), v.In}
		default:
			continue
		}
		vectors, questions = append(vectors, v), append(questions, q)
	}
	type reply struct {
		Value *string
		Kind  string
	}
	for i, got := range ask[[]reply](t, language(t), "attributes", questions) {
		v, src := vectors[i], questions[i].Src
		switch {
		case v.Context == "name":
			if (got.Kind == "markup") == v.Allowed {
				t.Errorf("%s: %+v, allowed %v", src, got, v.Allowed)
			}
		case v.Tag == "base" || v.Tag == "script" || v.Tag == "object" || v.Tag == "embed":
			if got.Kind != "markup" {
				t.Errorf("%s: %+v, want an error", src, got)
			}
		case v.Context == "style": // read back from the object model
			drop := strings.NewReplacer(" ", "", ";", "", "&#39;", "", "'", "", `"`, "")
			value := ""
			if got.Value != nil {
				value = *got.Value
			}
			if strings.Contains(value, "url") || len(drop.Replace(value)) > len(drop.Replace(v.Out))+8 {
				t.Errorf("%s: %s, want %s", src, value, v.Out)
			}
		case got.Value == nil || *got.Value != strings.ReplaceAll(strings.ReplaceAll(v.Out, "\r\n", "\n"), "\r", "\n"):
			s := "nothing"
			if got.Value != nil {
				s = *got.Value
			}
			t.Errorf("%s (%s): %q %s, want %q", src, v.Name, s, got.Kind, v.Out)
		}
	}
}

// Wire text cannot run script, load code, or leave the page, whatever it says.
func TestNothingRuns(t *testing.T) {
	ctx := language(t)
	const run = `"window.pwned=1"`
	var attacks []string
	for _, src := range []string{
		`(script %s)`, `(html:script %s)`, `(svg (script %s))`, `(svg:script %s)`, `(SCRIPT %s)`, `(Script %s)`,
		`(img :src "x:" :onerror %s)`, `(img :src "x:" :OnError %s)`, `(div :onclick %s "x")`, `(details :open true :ontoggle %s "x")`,
		`(svg :onload %s)`, `(body :onload %s)`, `(input :autofocus true :onfocus %s)`, `(my-element :onclick %s)`,
		`(iframe :srcdoc (str "<script>" %s "</script>"))`, `(iframe :SrcDoc (str "<script>" %s "</script>"))`,
		`(iframe :src (str "javascript:parent." %s))`, `(a :href (str "javascript:" %s) "x")`, `(a :href "javascript:window.pwned=1" %s)`,
		`(a :HREF (str "JaVaScRiPt:" %s) "x")`, `(a :href (str "\tjava\nscript:" %s) "x")`, `(a :href (str "\u0001javascript:" %s) "x")`,
		`(svg (a :xlink:href (str "javascript:" %s) (text "x")))`, `(form :action (str "javascript:" %s) (button "x"))`,
		`(form (button :formaction (str "javascript:" %s) "x"))`, `(object :data (str "javascript:" %s))`, `(embed :src (str "javascript:" %s))`,
		`(base :href (str "https://evil.example/" %s))`, `(meta :http-equiv "refresh" :content (str "0;url=javascript:" %s))`,
		`(meta :HTTP-EQUIV "refresh" :content (str "0;url=https://evil.example/" %s))`,
		`(div (make-spread {:onclick %s}) "x")`, `(div (make-spread (dict "onclick x" %s)) "x")`, `(img :src "x:" (make-spread (dict "onerror" %s)))`,
		`(svg (animate :attributeName "href" :values (str "javascript:" %s)))`, `(svg (set :attributeName "href" :to (str "javascript:" %s)))`,
		`(svg (a (animate :attributeName "href" :from (str "javascript:" %s)) (text "x")))`, `(math :href (str "javascript:" %s) (mi "x"))`,
		`(div :style (str "background:url(javascript:" %s ")"))`, `(div :style {:background (str "url(javascript:" %s ")")})`,
		`(link :rel "stylesheet" :href (str "//evil.example/" %s))`, `(link :rel "import" :href (str "data:text/html,<script>" %s))`,
		`(p (str "<img src=x: onerror=" %s ">"))`, `(p :title (str "\"><img src=x: onerror=" %s ">"))`, `(textarea (str "</textarea><img src=x: onerror=" %s ">"))`,
		`(title (str "</title><img src=x: onerror=" %s ">"))`, `(style (str "</style><img src=x: onerror=" %s ">"))`,
		`(html-comment (str "--><img src=x: onerror=" %s ">"))`, `(option (str "</option><img src=x: onerror=" %s ">"))`,
		`(noscript (str "<img src=x: onerror=" %s ">"))`, `(xmp (str "</xmp><img src=x: onerror=" %s ">"))`, `(template (img :src "x:" :onerror %s))`,
		`(frameset (frame :src (str "javascript:" %s)))`, `(applet :code %s)`, `(video :poster (str "javascript:" %s))`,
		`(let ((tag script)) (tag %s))`, `((fn (x) (img :src "x:" :onerror x)) %s)`, `(map (fn (x) (img :src "x:" :onerror x)) (list %s))`,
		// Names in other cases and namespaces, one in another, and what only animations set.
		`(svg (a :xlink:HREF (str "javascript:" %s) (text "x")))`, `(svg (a :XLINK:href (str "javascript:" %s) (text "x")))`,
		`(svg (a (make-spread (dict "xlink:href" (str "javascript:" %s))) (text "x")))`, `(svg (a (make-spread (dict "XLINK:HREF" (str "java\nscript:" %s))) (text "x")))`,
		`(svg (use :href (str "data:image/svg+xml,<svg id=x onload=" %s ">#x")))`, `(svg (foreignObject (iframe :src (str "javascript:parent." %s))))`,
		`(math (mi (svg (foreignObject (img :src "x:" :onerror %s)))))`, `(math (mtext (html:iframe :srcdoc %s)))`, `(template (template (img :src "x:" :onerror %s)))`,
		`(html:IFRAME :srcDOC %s)`, `(svg:IFRAME :src (str "javascript:parent." %s))`, `(html:ScRiPt %s)`, `(svg (html:script %s))`, `(math (svg:script %s))`,
		`(svg (set :attributeName "onclick" :to %s))`, `(svg (animate :attributeName "onload" :values %s))`, `(svg (a (set :attributeName "xlink:href" :to (str "javascript:" %s)) (text "x")))`,
		`(svg (a (animate :ATTRIBUTENAME "href" :BY (str "javascript:" %s)) (text "x")))`, `(svg (a (animateTransform :attributeName "href" :to (str " java\tscript:" %s)) (text "x")))`,
		`(form (input :type "image" :formAction (str "javascript:" %s)))`, `(button :form "f" :FORMACTION (str "javascript:" %s) "x")`,
		`(meta (make-spread (dict "HTTP-EQUIV" "refresh" "content" (str "0;url=javascript:" %s))))`, `(div (make-spread (dict "__proto__" %s)) "x")`,
		`(div :style (dict "__proto__" %s "constructor" "url(x)" "toString" "x") "x")`, `(div (make-spread (json-decode (str "{\"onclick\":1,\"__proto__\":" (json-encode %s) "}"))) "x")`,
		`(div :class (dict "\" onclick=1" %s) "x")`, `(video (source :src (str "javascript:" %s)))`, `(img :srcset (str "x, javascript:" %s " 2x"))`, `(img :src (str "data:text/html,<script>" %s))`,
		`(a :href (str "jav&#x61;script:" %s) "x")`, `(a :href (str "javascript&colon;" %s) "x")`, `(a :ping (str "/x javascript:" %s) :href "#x" "x")`,
		`(link :rel "stylesheet" :href (str "data:text/css,*{}" %s))`, `(style (str "@import 'javascript:" %s "'"))`,
		// Markup that parsers read twice in different ways.
		`(raw! (str "<img src=x: onerror=" %s ">"))`, `(svg (raw! (str "<style><!--</style><img src=x: onerror=" %s ">")))`, `(template (raw! (str "<img src=x: onerror=" %s ">")))`,
		`(raw! (str "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=x: onerror=" %s "&gt;\">"))`,
		`(raw! (str "<form><math><mtext></form><form><mglyph><style></math><img src=x: onerror=" %s ">"))`, `(noscript (raw! (str "<p title=\"</noscript><img src=x: onerror=" %s ">\">")))`,
		`(select (raw! (str "<option><style></option></select><img src=x: onerror=" %s ">")))`,
		`(textarea (raw! (str "</textarea><img src=x: onerror=" %s ">")))`, `(html-comment (raw! (str "--><img src=x: onerror=" %s ">")))`, `(raw! (str "<template shadowrootmode=open><img src=x: onerror=" %s "></template>"))`,
	} {
		attacks = append(attacks, strings.ReplaceAll(src, "%s", run))
	}
	b, _ := json.Marshal(attacks)
	bad, err := chromedp.Run(ctx, chromedp.Evaluate[[]string]("SxTest.attack("+string(b)+")", chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range bad {
		t.Error(s)
	}
}
