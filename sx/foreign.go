package sx

import (
	"maps"
	"slices"
	"strings"
)

// Words that people bring from other languages. They are in no way near what SX calls the thing, so that the nearest
// name would lead astray, or there would be no hint at all.

// foreignNames gives the names of SX for those of others.
var foreignNames = map[string]string{
	"car": "first", "cdr": "rest", "head": "first", "tail": "rest", "null?": "nil?", "null": "nil", "None": "nil", "undefined": "nil",
	"progn": "do", "list-ref": "nth", "elt": "nth", "length": "len", "count": "len", "size": "len", "string-append": "str", "concatenate": "str",
	"format": "str", "vector": "list", "array": "list", "hash-map": "dict", "object": "dict", "mapcar": "map", "foldl": "reduce", "fold": "reduce",
	"remove": "filter", "any?": "some", "any": "some", "all?": "every?", "all": "every?", "toUpperCase": "upper", "toLowerCase": "lower",
	"upper-case": "upper", "lower-case": "lower", "True": "true", "False": "false", "==": "=", "===": "=", "!==": "!=", "not=": "!=", "/=": "!=",
	"&&": "and", "!": "not", "%": "mod", "modulo": "mod", "**": "pow", "expt": "pow", "throw": "error", "raise": "error", "push!": "append!",
	"defcomponent": "defcomp", "let-rec": "letrec", "switch": "case",
}

// foreignForms says what to write instead of whole forms of others. What stands in such a form is not looked at: its
// names would all be unknown too.
var foreignForms = map[string]string{
	"defn": writeFunction, "defun": writeFunction, "def": writeDefinition, "function": writeFunction, "func": writeFunction,
	"var": writeDefinition, "const": writeDefinition, "defvar": writeDefinition, "setq": "a variable is changed with (set! name value)",
	"for": writeLoop, "foreach": writeLoop, "doseq": writeLoop, "dotimes": writeLoop, "loop": writeNamedLet, "while": writeNamedLet,
	"return":  "the last form of a body is its value",
	"println": writePrint, "print": writePrint, "printf": writePrint, "puts": writePrint, "log": writePrint, "console.log": writePrint,
	"import": writeNothing, "require": writeNothing, "include": writeNothing, "use": writeNothing,
}

const (
	writeFunction   = "a function is written (define (name a b) body)"
	writeDefinition = "a definition is written (define name value)"
	writeLoop       = "what is made for each item of a list is written (map (fn (item) …) list)"
	writeNamedLet   = "a loop is written (let again ((i 0)) (if … (again (inc i))))"
	writePrint      = "a form's value is its output; inspect shows any value as text"
	writeNothing    = "the definitions of all files are known everywhere"
	writeComment    = "a comment begins with ;"
)

// unknownName gives the hint for an undefined symbol, and whether it is a form of another language.
func (a *Analyzer) unknownName(name string) (hint string, foreign bool) {
	near := nearest(name, a.names())
	local := func(name string) bool { return a.find(name) != nil }
	if near == "" || a.prog.prims[near] != nil || a.prog.special[near] != nil { // what the program itself defines is likelier
		if s, ok := foreignForms[name]; ok && !local(near) {
			return " (" + s + ")", true
		}
		if s, ok := foreignNames[name]; ok && !local(near) {
			return " (did you mean " + s + "?)", false
		}
	}
	dot := strings.IndexByte(name, '.')
	switch {
	case name == "else":
		return " (the last test is written :else)", false
	case foreignComment(name):
		return " (" + writeComment + ")", false
	case len(name) > 1 && name[len(name)-1] == '=' && near == "" && isLetter(name[0]):
		return " (an attribute is written :" + name[:len(name)-1] + " value)", false
	case len(name) > 1 && name[0] == '<' && isLetter(name[1]) && near == "":
		return " (an element is written (" + name[1:] + " …))", false
	case dot > 0 && dot < len(name)-1 && (local(name[:dot]) || a.prog.defs[name[:dot]] != nil):
		return " (a dict's value is written (get " + name[:dot] + " :" + name[dot+1:] + "))", false
	case near != "":
		return " (did you mean " + near + "?)", false
	case len(name) > 4:
		if n := nearest(name, slices.Sorted(maps.Keys(foreignNames))); n != "" {
			return " (did you mean " + foreignNames[n] + "?)", false
		}
	}
	return "", false
}

// foreignComment tells whether name begins or ends a comment elsewhere.
func foreignComment(name string) bool {
	return strings.HasPrefix(name, "//") || strings.HasPrefix(name, "/*") || name == "*/" || name == "--"
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
