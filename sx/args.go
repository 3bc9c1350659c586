package sx

// Args are keyword arguments of a component given from Go, by name without the colon. Values convert as FromGo says.
type Args map[string]any
