package sx

type Code struct{ name string }
type Component struct{ Name string }
type Program struct{}

func goListCopy(v Value) *List      { return nil }
func recordCopy(v Value) *Dict      { return nil }
func Serialize(v Value) string      { return "" }
func FormatNumber(f float64) string { return "" }

// Call calls fn.
func (m *Machine) Call(fn Value, args ...Value) Value { return Nil }
