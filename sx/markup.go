package sx

// goElement is markup that Go code renders when it is placed.
type goElement struct{ c Renderable }

// Emit renders into the output. The bytes are HTML; a destination that is not HTML wraps them itself.
func (e goElement) Emit(m *Machine) {
	if err := e.c.Render(m.ctx, (*machineWriter)(m)); err != nil {
		m.Throw(err)
	}
}

// machineWriter appends to the output of the machine.
type machineWriter Machine

func (w *machineWriter) Write(p []byte) (int, error) {
	w.Out = append(w.Out, p...)
	return len(p), nil
}
