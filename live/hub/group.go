package hub

// A carrier that serves many subscribers of a topic in one goroutine need not be told of each of them that there is something new.
// They join a group, which is woken once for all: publishing then takes the same time however many there are, and nothing that belongs to a
// subscriber moves between processors.

// Waker is what a group's owner is woken by.
type Waker interface {
	// Wake is called after a change when a subscriber of the group has found nothing new before. It must neither wait nor call the hub.
	Wake()
}

// group is the subscribers of a topic that one owner serves. All of it is guarded by topic.mu.
type group struct {
	owner   any
	waker   Waker
	members int
	armed   bool // somebody has found nothing new
}

// Join puts s into the group of owner among the topic's subscribers; make makes the waker of a new group. It returns the group's waker, and whether s
// has found nothing new before: it is then the group that will be woken. From now on the function given with WithWake is called only when s is closed.
func (s *Subscriber) Join(owner any, make func() Waker) (w Waker, waits bool) {
	t := s.topic
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.group == nil && s.state != subscriberClosed {
		s.group = t.groupOf(owner, make)
		s.group.members++
	} else if s.group == nil {
		return make(), false
	}
	if waits = s.armedAt >= 0; waits {
		t.disarmOne(s)
		s.group.armed = true
	}
	return s.group.waker, waits
}

func (t *topic) groupOf(owner any, make func() Waker) *group {
	for _, g := range t.groups {
		if g.owner == owner {
			return g
		}
	}
	g := &group{owner: owner, waker: make()}
	t.groups = append(t.groups, g)
	return g
}

// leaveGroup is called with the lock held.
func (t *topic) leaveGroup(s *Subscriber) {
	if s.group == nil {
		return
	}
	if s.group.members--; s.group.members > 0 {
		return
	}
	for i, g := range t.groups {
		if g == s.group {
			t.groups[i] = t.groups[len(t.groups)-1]
			t.groups = t.groups[:len(t.groups)-1]
		}
	}
}

// wakeGroups is called with the lock held: there are as many groups as carriers have goroutines.
func (t *topic) wakeGroups() {
	for _, g := range t.groups {
		if g.armed {
			g.armed = false
			g.waker.Wake()
		}
	}
}
