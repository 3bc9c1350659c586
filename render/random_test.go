package render_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// A random page is made together with what it must render to, by rules too simple to be wrong: no merging,
// folding or inlining. It holds the optimisations against each other in all combinations.
type randomPage struct {
	rnd   *rand.Rand
	comps []string
	n     int
}

// vars are the variables of a page and their values.
var vars = map[string]string{"s": `a<b>&"'`, "n": "42", "e": "", "t": "plain"}

func (p *randomPage) pick(list ...string) string { return list[p.rnd.IntN(len(list))] }

// node makes a form and its markup. item is the value of the innermost loop's variable, "" outside of loops.
func (p *randomPage) node(depth int, item string) (src, want string) {
	choice := p.rnd.IntN(14)
	if depth <= 0 {
		choice = p.rnd.IntN(4)
	}
	switch choice {
	case 0:
		s := p.pick("x", "<y>", "a & b", "")
		return fmt.Sprintf("%q", s), slowEscape(s)
	case 1:
		v := p.pick("s", "n", "e", "t")
		return v, slowEscape(vars[v])
	case 2:
		if item != "" {
			return "i", slowEscape(item)
		}
		return "(str n \"-\" s)", slowEscape("42-" + vars["s"])
	case 3:
		return p.pick("nil", "false", "(list)", "(when false \"x\")"), ""
	case 4, 5, 6, 7:
		return p.element(depth, item)
	case 8:
		var src, want strings.Builder
		item := p.pick("1", "a<", "")
		body, one := p.node(depth-1, orX(item))
		items := p.rnd.IntN(4)
		fmt.Fprintf(&src, "(map (fn (i) %s) (list", body)
		for range items {
			fmt.Fprintf(&src, " %q", orX(item))
			want.WriteString(one)
		}
		return src.String() + "))", want.String()
	case 9:
		a, wa := p.node(depth-1, item)
		b, wb := p.node(depth-1, item)
		if p.rnd.IntN(2) == 0 {
			return fmt.Sprintf("(if (= n 42) %s %s)", a, b), wa
		}
		return fmt.Sprintf("(cond (= t \"no\") %s :else %s)", a, b), wb
	case 10:
		a, wa := p.node(depth-1, item)
		b, wb := p.node(depth-1, item)
		return fmt.Sprintf("(<> %s %s)", a, b), wa + wb
	case 11: // names around, whose values bind names of their own
		p.n++
		a, wa := p.node(depth-1, item)
		v, w := fmt.Sprintf("v%d", p.n), fmt.Sprintf("w%d", p.n)
		return fmt.Sprintf("(let ((%s s) (%s (let ((q t)) (str q \"!\")))) (<> %s %s %s))", v, w, v, a, w), slowEscape(vars["s"]) + wa + "plain!"
	case 12: // a loop that keeps the markup of each turn
		p.n++
		a, wa := p.node(depth-1, item)
		l := fmt.Sprintf("l%d", p.n)
		return fmt.Sprintf("(let %s ((k 0) (x (let ((q t)) q)) (y (let ((q n)) q))) (when (< k 2) (b x) (<> %s) (u y) (%s (inc k) (let ((q y)) (str q)) (let ((q x)) q))))", l, a, l),
			"<b>plain</b>" + wa + "<u>42</u><b>42</b>" + wa + "<u>plain</u>"
	}
	// A component with an argument and children, in a file of its own.
	p.n++
	name := fmt.Sprintf("~c%d", p.n)
	kid, wk := p.node(depth-1, item)
	arg := p.pick("s", "n", "t")
	given := arg
	if p.rnd.IntN(3) == 0 {
		given = fmt.Sprintf("(let ((q %s)) (let ((z q)) z))", arg)
	}
	tag := p.pick("div", "section", "b")
	switch p.rnd.IntN(4) {
	case 0: // one that calls itself, with constants
		p.comps = append(p.comps, fmt.Sprintf("(defcomp %s (&key a in &rest children) (%s a children (unless in (%s :a \"z\" :in true (i \"k\")))))", name, tag, name))
		return fmt.Sprintf("(%s :a %s %s)", name, given, kid),
			fmt.Sprintf("<%s>%s%s<%s>z<i>k</i></%s></%s>", tag, slowEscape(vars[arg]), wk, tag, tag, tag)
	case 1: // two that call each other, and a function that calls itself
		other, fn := name+"x", "f"+name[1:]
		p.comps = append(p.comps, fmt.Sprintf("(defcomp %s (&key a &rest children) (%s children (when a (%s))))", name, tag, other),
			fmt.Sprintf("(defcomp %s () (<> (%s) (%s true)))", other, name, fn),
			fmt.Sprintf("(define (%s more) (<> (u) (when more (%s nil))))", fn, fn))
		return fmt.Sprintf("(%s :a %s %s)", name, given, kid), fmt.Sprintf("<%s>%s<%s></%s><u></u><u></u></%s>", tag, wk, tag, tag, tag)
	}
	p.comps = append(p.comps, fmt.Sprintf("(defcomp %s (&key a (d :default \"def\") &rest children) (%s :title a d children (i a)))", name, tag))
	return fmt.Sprintf("(%s :a %s %s)", name, given, kid),
		fmt.Sprintf("<%s title=\"%s\">def%s<i>%s</i></%s>", tag, slowEscape(vars[arg]), wk, slowEscape(vars[arg]), tag)
}

func orX(s string) string {
	if s == "" {
		return "x"
	}
	return s
}

func (p *randomPage) element(depth int, item string) (src, want string) {
	tag := p.pick("p", "div", "my-el", "span", "li")
	var in, out, tail strings.Builder
	fmt.Fprintf(&in, "(%s", tag)
	fmt.Fprintf(&out, "<%s", tag)
	class := ""
	switch p.rnd.IntN(7) {
	case 0:
		in.WriteString(` :class "k"`)
		class = "k"
	case 1:
		in.WriteString(` :class (list "k" (when (= n 42) "on") (when (= n 1) "off") t)`)
		class = "k on plain"
	case 2:
		in.WriteString(` :class (str "c-" t)`)
		class = "c-plain"
	case 3:
		in.WriteString(` :class e`)
	}
	var attrs string
	switch p.rnd.IntN(6) {
	case 0:
		in.WriteString(` :title s`)
		attrs = ` title="` + slowEscape(vars["s"]) + `"`
	case 1:
		in.WriteString(` :data-n n :hidden (= n 1)`)
		attrs = ` data-n="42"`
	case 2:
		in.WriteString(` :href (str "/u/" s)`)
		attrs = ` href="/u/` + slowEscape(vars["s"]) + `"`
	}
	spread := ""
	kids := p.rnd.IntN(4)
	at := -1
	if p.rnd.IntN(4) == 0 {
		at = p.rnd.IntN(kids + 1)
	}
	for k := range kids + 1 {
		if k == at {
			switch p.rnd.IntN(6) {
			case 0:
				in.WriteString(` (make-spread {:class "sp" :lang "de"})`)
			case 1:
				in.WriteString(` (when (= n 42) (make-spread {:class "sp" :lang "de"}))`)
			case 2:
				in.WriteString(` spr`)
			case 3: // from a function, from one that calls itself, from one that only running shows
				in.WriteString(` (spread-of 42)`)
			case 4:
				in.WriteString(` (spread-down n)`)
			case 5:
				in.WriteString(` (let ((give (if (= n 42) spread-of str))) (give 42))`)
			}
			class = strings.TrimSpace(class + " sp")
			spread = ` lang="de"`
		}
		if k < kids {
			s, w := p.node(depth-1, item)
			in.WriteString(" " + s)
			tail.WriteString(w)
		}
	}
	in.WriteString(")")
	// The class stands where it was written, or comes with the spread.
	switch {
	case class == "":
		out.WriteString(attrs + spread)
	case class == "sp":
		out.WriteString(attrs + ` class="sp"` + spread)
	default:
		out.WriteString(` class="` + class + `"` + attrs + spread)
	}
	out.WriteString(">" + tail.String())
	fmt.Fprintf(&out, "</%s>", tag)
	return in.String(), out.String()
}

// spreadFunctions give the spread that the others make in place.
const spreadFunctions = `
(define (spread-of n) (when (= n 42) (make-spread {:class "sp" :lang "de"})))
(define (spread-down n) (if (> n 40) (if (= n 42) (spread-down 1) (p "no")) (spread-of 42)))`

func TestRandomPages(t *testing.T) {
	n := 1500
	if testing.Short() {
		n = 200
	}
	for seed := range n {
		p := &randomPage{rnd: rand.New(rand.NewPCG(uint64(seed), 7))}
		src, want := p.node(5, "")
		text := strings.Join(p.comps, "\n") + spreadFunctions + "\n(defcomp ~page (&key s n e t spr) (div " + src + "))\n" +
			`(defcomp ~main (&key s n e t) (let ((spr (make-spread {:class "sp" :lang "de"}))) (~page :s s :n n :e e :t t :spr spr)))`
		r, err := tryLoad(text)
		if err != nil {
			t.Fatalf("seed %d:\n%s\n%s", seed, text, sx.Explain(err))
		}
		var b bytes.Buffer
		for range 2 {
			b.Reset()
			err = r.HTML(context.Background(), &b, "~main", sx.Arg{Name: "s", Value: sx.String(vars["s"])}, sx.Arg{Name: "n", Value: sx.Int(42)},
				sx.Arg{Name: "e", Value: sx.String("")}, sx.Arg{Name: "t", Value: sx.String("plain")})
			if err != nil {
				t.Fatalf("seed %d:\n%s\n%s", seed, text, sx.Explain(err))
			}
			if got := b.String(); got != "<div>"+want+"</div>" {
				t.Fatalf("seed %d:\n%s\n got %s\nwant <div>%s</div>", seed, text, got, want)
			}
		}
		if seed%5 != 0 {
			continue
		}
		// As wire text it is one form, and gives the same page where it arrives.
		for _, affinity := range []string{":auto", ":server"} {
			sent, err := tryLoad(strings.NewReplacer("&rest children)", "&rest children) :affinity "+affinity, "e t spr) (div", "e t spr) :affinity "+affinity+" (div").Replace(text))
			if err != nil {
				t.Fatal(sx.Explain(err))
			}
			comp, _ := sent.Program().Component("~main")
			made := &render.Host{}
			wire, err := sent.WireOf(context.Background(), made, func(m *sx.Machine) {
				m.EmitArgs(comp, []sx.Arg{{Name: "s", Value: sx.String(vars["s"])}, {Name: "n", Value: sx.Int(42)},
					{Name: "e", Value: sx.String("")}, {Name: "t", Value: sx.String("plain")}}, nil)
			})
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if forms, err := sx.Read(sx.NewSource("wire", wire), sx.Limits{}); err != nil || len(forms) != 1 {
				t.Fatalf("seed %d: %d forms, %v: %s", seed, len(forms), err, wire)
			}
			// So it does where it was made, unless it holds what only the browser takes.
			inPlace, ok, err := sent.HTMLOfWire(context.Background(), made, nil, wire)
			if err != nil || ok && string(inPlace) != "<div>"+want+"</div>" || ok == strings.Contains(wire, "(make-spread ") {
				t.Fatalf("seed %d, wire text in place: ok %v, %v\n%s\n got %s\nwant <div>%s</div>", seed, ok, err, wire, inPlace, want)
			}
			got, err := tryHTML(text + "\n" + wire)
			if err != nil {
				t.Fatalf("seed %d:\n%s\n%s", seed, wire, sx.Explain(err))
			}
			if got != "<div>"+want+"</div>" {
				t.Fatalf("seed %d, wire text:\n%s\n got %s\nwant <div>%s</div>", seed, wire, got, want)
			}
		}
	}
}
