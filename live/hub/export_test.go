package hub

// Held counts what the hub's topics hold for readers: places in rings, batches, and subscribers on lists.
func (h *Hub) Held() (held int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.topics {
		t.mu.Lock()
		held += cap(t.ring) + len(t.armed) + cap(t.spare)
		if t.last != nil {
			held++
		}
		if t.whole != nil {
			held++
		}
		t.mu.Unlock()
	}
	return held
}
