package ws

import "sync/atomic"

// turn lets one goroutine at a time work on something, whenever there is work, without one that waits: who
// finds it free takes it, and who does not leaves a mark, upon which its holder looks once more.
type turn struct{ state atomic.Int32 }

const (
	turnFree   int32 = iota
	turnHeld         // somebody is at work
	turnMarked       // and has been told that there is more
	turnOver         // nobody gets it any more
)

// take reports whether the caller is to work now.
func (t *turn) take() bool {
	for {
		switch st := t.state.Load(); st {
		case turnFree:
			if t.state.CompareAndSwap(st, turnHeld) {
				return true
			}
		case turnHeld:
			if t.state.CompareAndSwap(st, turnMarked) {
				return false
			}
		default:
			return false
		}
	}
}

// give hands the turn back. It reports false when its holder has to look again, and keeps it.
func (t *turn) give() bool {
	return t.state.CompareAndSwap(turnHeld, turnFree) || !t.state.CompareAndSwap(turnMarked, turnHeld)
}

// hold takes a turn that nobody else can have yet.
func (t *turn) hold() { t.state.Store(turnHeld) }

// over ends it.
func (t *turn) over() { t.state.Store(turnOver) }
