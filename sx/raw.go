package sx

import "unsafe"

// Raw returns code that computes what n does, except that text read from Go data may be invalid UTF-8: for
// destinations that check text while they escape it, and would otherwise pay for checking it twice. Such a
// value must not reach a program.
func Raw(n Node) Node {
	f, ok := n.(*fieldNode)
	if !ok {
		return n
	}
	return &rawField{f}
}

type rawField struct{ f *fieldNode }

// Raw is Read for a destination that escapes; see the function Raw.
func (f Field) Raw(m *Machine, d Value) Value { return f.n.raw(m, d) }

func (n *rawField) Eval(m *Machine) Value { return n.f.raw(m, n.f.d.eval(m)) }

func (n *fieldNode) raw(m *Machine, d Value) Value {
	if d.tag() == kindRecord {
		if f := n.cache.field.Load(); f != nil && f.owner == uint32(d.n&goIDMask) && f.via == nil {
			p := unsafe.Add(d.p, f.off)
			switch f.t.class {
			case goString:
				return String(*(*string)(p))
			case goInt:
				return goInteger(int64(*(*int)(p)))
			}
			return f.t.load(p)
		}
		if t := d.goType(); t.plain == mapAny {
			switch x := (*(*map[string]any)(unsafe.Pointer(&d.p)))[n.name].(type) {
			case string:
				return String(x)
			case int:
				return goInteger(int64(x))
			default:
				return fromAny(x)
			}
		}
	}
	return n.read(m, d)
}
