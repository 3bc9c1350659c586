package lsp

// Forms gives the fields of the definition forms, by head.
func Forms() map[string][]string {
	out := map[string][]string{}
	for _, d := range append(definitionForms[:len(definitionForms):len(definitionForms)], partForms...) {
		out[d.name] = nil
		for _, f := range d.fields {
			out[d.name] = append(out[d.name], f.name)
		}
	}
	return out
}

// Annotations and the rest are tables that loading has, too.
func Annotations() (out []string) {
	for _, f := range annotations {
		out = append(out, f.name)
	}
	return out
}

var (
	ParameterTypes = parameterTypes
	Elements       = elements
)

// Repaired gives what the loader reads of a text, and how offsets in that are found in the text.
func Repaired(s string) (fixed string, original func(int) int) {
	r := repaired("", s)
	if r == nil {
		return s, func(i int) int { return i }
	}
	return r.fixed, r.original
}
