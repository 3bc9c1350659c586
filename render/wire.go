package render

import "github.com/sx-framework/sxgo/sx"

func appendWireMarkup(m *sx.Machine, dst []byte, v sx.Value) []byte {
	return append(dst, v.Element().Markup...)
}
