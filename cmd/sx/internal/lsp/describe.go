package lsp

import (
	"fmt"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// What is said of a name.

// usage shows how a definition is called.
func usage(d *sx.Def) string {
	s := d.Signature()
	var b strings.Builder
	b.WriteString("(" + d.Name)
	mark := ""
	for _, p := range s.Params {
		b.WriteByte(' ')
		if p.Mark != mark && p.Mark != "" {
			b.WriteString(p.Mark + " ")
		}
		mark = p.Mark
		b.WriteString(parameter(p))
	}
	b.WriteByte(')')
	if s.Kind == "value" {
		return d.Name
	}
	return b.String()
}

// parameter shows a parameter as it is written in a parameter list.
func parameter(p sx.Parameter) string {
	var b strings.Builder
	if p.Type != "" {
		b.WriteString(" :as " + p.Type)
	}
	if p.Required {
		b.WriteString(" :required")
	}
	if p.Default != "" {
		b.WriteString(" :default " + p.Default)
	}
	if b.Len() == 0 {
		return p.Name
	}
	return "(" + p.Name + b.String() + ")"
}

// effects names what is reached besides arguments.
func effects(e sx.Effect) string {
	var out []string
	for _, x := range []struct {
		bit  sx.Effect
		name string
	}{{sx.IO, "reaches the world outside"}, {sx.Request, "reads the request"}, {sx.Response, "changes the response"}, {sx.Write, "changes data"}, {sx.Nondeterm, "gives another value each time"}} {
		if e&x.bit != 0 {
			out = append(out, x.name)
		}
	}
	if len(out) == 0 {
		return "pure"
	}
	return strings.Join(out, ", ")
}

// aboutDef describes a definition: its use, its text, what it is.
func (ix *index) aboutDef(d *sx.Def) string {
	s := d.Signature()
	facts := []string{s.Kind}
	switch {
	case d.Component() != nil:
		c := d.Component()
		if c.Affinity != "auto" {
			facts = append(facts, "affinity "+c.Affinity)
		}
		facts = append(facts, effects(ix.prog.EffectsOf(d)), "rendered on the "+c.Target(ix.prog))
	case s.Kind == "function":
		facts = append(facts, effects(ix.prog.EffectsOf(d)))
	}
	if pos := d.Site.Pos(); pos.Line > 0 && ix.root.file(pos.File) != "" {
		facts = append(facts, fmt.Sprintf("%s:%d", pos.File, pos.Line))
	}
	return card(usage(d), s.Doc, facts...)
}

func aboutPrimitive(p *sx.Primitive) string {
	return card(p.Usage, p.Doc, "primitive", effects(p.Effects))
}

func aboutSpecial(s *sx.Special) string {
	return card(s.Usage, s.Doc, "special form")
}

// aboutElement describes what stands at the head of a form and is defined nowhere.
func aboutElement(name string) string {
	kind := "element"
	if strings.Contains(name, "-") {
		kind = "custom element"
	}
	return card("("+name+" :attribute value … child …)", "", kind)
}

// card lays a description out as markdown.
func card(code, doc string, facts ...string) string {
	var b strings.Builder
	b.WriteString("```sx\n" + code + "\n```")
	if doc != "" {
		b.WriteString("\n\n" + doc)
	}
	if len(facts) > 0 {
		b.WriteString("\n\n*" + strings.Join(facts, " · ") + "*")
	}
	return b.String()
}

// plain takes the marks of markdown out, for clients without it.
func plain(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "```sx\n", ""), "\n```", "")
	if i := strings.LastIndex(s, "\n\n*"); i >= 0 && strings.HasSuffix(s, "*") {
		s = s[:i+2] + s[i+3:len(s)-1]
	}
	return s
}

// keywords returns the keyword parameters of a definition.
func keywords(d *sx.Def) (out []sx.Parameter) {
	for _, p := range d.Signature().Params {
		if p.Mark == "&key" {
			out = append(out, p)
		}
	}
	return out
}
