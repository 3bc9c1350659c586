package client

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Language says how much of the language a page's script carries.
type Language int

// How much of the language there is.
const (
	NoLanguage    Language = iota // frames carry HTML
	SmallLanguage                 // the forms and primitives that most components use
	WholeLanguage                 // all of it, and what Sx offers of it to scripts
)

// Parts says what a page's script carries besides the core. A script that lacks a part fetches it before it
// applies what needs it: Parts decide what is loaded early, not what works. Only scripts of the page's own
// that call Sx.render and the like need WholeLanguage.
type Parts struct {
	Language Language
	Sockets  bool
	Requests bool // forms, links and sx-* attributes that send requests
}

// lacks are the forms and primitives that only the whole language has, and what asks for them.
const lacks = " " +
	"match letrec set! quasiquote unquote splice-unquote defmacro try scope provide context emit! emitted " +
	"symbol-name keyword-name component-name component-params component-affinity component-deps " +
	"component-pure? gensym error assert try-call dynamic-wind html-comment make-spread " +
	"spread-attrs trusted-url json-encode json-decode inspect sx-parse sx-serialize canonical-serialize " +
	"parse-datetime format-date assoc-in dissoc select-keys update map-dict dict-set! flatten " +
	"chunk-every zip-pairs into distinct interpose append! for-each sort sort-by group-by partition pow " +
	"sqrt eq? eqv? equal? integer? positive? negative? parse-int " +
	"parse-float type-of upper upcase lower downcase trim-start trim-end substring slice string-length " +
	"pad-start pad-end repeat-string char-from-code char-code escape strip-tags url-encode url-decode " +
	"symbol? keyword? lambda? component? element? spread? &rest-attrs " +
	"->> abs ceil zero? clamp split replace starts-with? ends-with? string-contains? pluralize cons append drop " +
	"index-of sum every? zip dict has-key? assoc merge vals entries apply boolean? list? dict? "

// Lacks reports whether the small language lacks the form or primitive of that name.
func Lacks(name string) bool {
	return !strings.ContainsAny(name, " \n") && strings.Contains(lacks, " "+name+" ")
}

// ScriptWith returns the URL of the script that carries those parts.
func ScriptWith(p Parts) string { return Prefix + load().hash + "/" + p.file() }

// file is the name of the script with those parts.
func (p Parts) file() string {
	if p == everything {
		return "sx-live.js"
	}
	name := "sx-core"
	switch p.Language {
	case SmallLanguage:
		name += "-small"
	case WholeLanguage:
		name += "-language"
	}
	if p.Requests {
		name += "-request"
	}
	if p.Sockets {
		name += "-socket"
	}
	return name + ".js"
}

// allParts lists what can be asked for.
func allParts() []Parts {
	var list []Parts
	for l := NoLanguage; l <= WholeLanguage; l++ {
		list = append(list, Parts{l, false, false}, Parts{l, true, false}, Parts{l, false, true}, Parts{l, true, true})
	}
	return list
}

// list names the files that make up a script, in their order.
func (p Parts) list() []string {
	names := []string{"core"}
	if p == everything {
		names[0] = "all"
	}
	if p.Requests {
		names = append(names, "request")
	}
	if p.Sockets {
		names = append(names, "socket")
	}
	switch p.Language {
	case SmallLanguage:
		names = append(names, "small")
	case WholeLanguage:
		names = append(names, "language")
	}
	return names
}

// A section is a part's place in a source map of several.
type section struct {
	Offset position        `json:"offset"`
	Map    json.RawMessage `json:"map"`
}

type position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// compose makes one script of parts. It also gives the sections of its source map.
func compose(p Parts, files map[string][]byte) (script []byte, sections []section) {
	out := []byte(`"use strict";`)
	for _, name := range p.list() {
		// A script may be included again, with other parts: what is there does not run twice.
		if name == "core" || name == "all" {
			out = append(out, "if(!self.Sx){"...)
		} else {
			out = append(out, "if(!__sx.$"+name+"){__sx.$"+name+"=1;"...)
		}
		at := position{bytes.Count(out, []byte("\n")), len(out) - bytes.LastIndexByte(out, '\n') - 1}
		sections = append(sections, section{at, files[name+".js.map"]})
		out = append(append(out, bytes.TrimSpace(files[name+".js"])...), "}\n"...)
	}
	// Only developer tools ask for it.
	return append(out, "//# sourceMappingURL="+p.file()+".map\n"...), sections
}

// sourceMap returns the source map of the script with that file name.
func sourceMap(file string, files map[string][]byte) ([]byte, bool) {
	for _, p := range allParts() {
		if p.file() == file {
			_, sections := compose(p, files)
			data, err := json.Marshal(map[string]any{"version": 3, "sections": sections})
			return data, err == nil
		}
	}
	return nil, false
}
