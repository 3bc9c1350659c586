package sx

import "slices"

// builtins returns the primitives of the language, sealed and sorted by nothing: their order is that of the reference.
// They hold no state, so that every program may share them.
func builtins() []*Primitive {
	all := slices.Concat(
		mathPrimitives(),
		comparePrimitives(),
		predicatePrimitives(),
		stringPrimitives(),
		numberTextPrimitives(),
		listPrimitives(),
		higherPrimitives(),
		dictPrimitives(),
		dataPrimitives(),
		timePrimitives(),
		reflectPrimitives(),
		componentPrimitives(),
		controlPrimitives(),
		markupPrimitives(),
	)
	for _, p := range all {
		p.Name = primitiveName(p.Usage)
		p.seal()
	}
	return all
}

// primitiveName returns the head of a usage line.
func primitiveName(usage string) string {
	end := 1
	for end < len(usage) && usage[end] != ' ' && usage[end] != ')' {
		end++
	}
	return usage[1:end]
}
