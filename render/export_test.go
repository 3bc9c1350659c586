package render

// What the tests of package render_test open.

// Escape is appendEscaped.
func Escape(s string) string { return string(appendEscaped(nil, s)) }

// SafeURL is safeURL for an attribute of an element.
func SafeURL(tag, attr, u string, literal bool) string {
	return safeURL(urlRuleOf(tag, attr), u, literal)
}

// SafeRefresh is safeRefresh.
func SafeRefresh(s string) string { return safeRefresh(s) }

// SafeAnimate is safeAnimate.
func SafeAnimate(s string) string { return safeAnimate(s) }

// Declarations is appendDeclarations.
func Declarations(s string) string { return string(appendDeclarations(nil, s)) }

// AttrFromData reports whether an attribute of this name may come from data.
func AttrFromData(name string) bool { return validAttrName(name) && !forbiddenFromData(name) }

// Comment is appendComment.
func Comment(s string) string { return string(appendComment(nil, s)) }

// ScriptString is a string as (json v) writes it.
func ScriptString(s string) string { return string(appendScriptString(nil, s)) }

// WireString is a string in wire text.
func WireString(s string) string { return string(appendWireString(nil, s)) }

// OneForm is oneForm.
func OneForm(s string) string { return string(oneForm([]byte(s), 0)) }
