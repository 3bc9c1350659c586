package sx

// Limits bounds one evaluation. A zero field means its default, a negative one means no limit.
type Limits struct {
	Steps      int64 // calls, loop turns and items made; default 100,000,000
	Depth      int   // nested calls that are not tail calls; default 10,000
	Output     int64 // bytes of markup written; default 256 MiB
	Collection int   // items of one list or dict; default 10,000,000
	String     int   // bytes of one string; default 64 MiB
	Nesting    int   // nesting of source text; default 500
}

func pick[T int | int64](v, def, none T) T {
	switch {
	case v == 0:
		return def
	case v < 0:
		return none
	}
	return v
}

func (l Limits) filled() Limits {
	const big = 1 << 62
	return Limits{
		Steps:      pick(l.Steps, 100_000_000, big),
		Depth:      pick(l.Depth, 10_000, 1<<30),
		Output:     pick(l.Output, 256<<20, big),
		Collection: pick(l.Collection, 10_000_000, 1<<40),
		String:     pick(l.String, 64<<20, 1<<40),
		Nesting:    pick(l.Nesting, 500, 10_000),
	}
}
