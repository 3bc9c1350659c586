package sx

import "unsafe"

// The room that data take: slabs for lists, dicts and items, and a limit by the size of the text.

// maxRoom is how many bytes the data of a text may take: 32 for each byte, and some for nothing, so that a short
// text may be as dense as it will.
func maxRoom(text string) int { return 1<<20 + 32*len(text) }

// grow makes room for as many items as the text will have if it goes on as it began; append alone would
// allocate a multiple of that in steps.
func (r *reader) grow() {
	n := len(r.vals)
	want := max(2*n, 32)
	if n >= 1024 {
		want = min(max(n+n/4, int(float64(n)*float64(len(r.text))/float64(r.pos+1)*1.05)), n+len(r.text)-r.pos+1)
	}
	vals, spans := make([]Value, n, want), make([]Span, n, want)
	copy(vals, r.vals)
	copy(spans, r.spans)
	r.vals, r.spans = vals, spans
}

// What data take, in bytes: an item its value and its place; a list its header and its own place.
const (
	roomItem = int(unsafe.Sizeof(Value{}) + unsafe.Sizeof(Span{}))
	roomList = int(unsafe.Sizeof(List{}) + unsafe.Sizeof(Span{}))
	roomDict = int(unsafe.Sizeof(Dict{}) + unsafe.Sizeof(Span{}))
)

// take counts n bytes against the room that the text has, for a form that began at start.
func (r *reader) take(start, n int) *Error {
	if r.room -= n; r.room >= 0 {
		return nil
	}
	return r.fail(start, start+1, "too many forms for the size of the text: its data would take more than %d MB; write less of them, or longer ones", maxRoom(r.text)>>20)
}

// list returns an empty list from the slab.
func (r *reader) list() *List {
	if len(r.listSlab) == 0 {
		// A list takes two bytes of text at least, so a slab never holds much more than the text can need.
		r.listSlab = make([]List, min(64, (len(r.text)-r.pos)/2+1))
	}
	l := &r.listSlab[0]
	r.listSlab = r.listSlab[1:]
	l.places, l.frozen = r.places, r.frozen
	return l
}

// dict returns an empty dict with room for n keys from the slabs.
func (r *reader) dict(n int) *Dict {
	if len(r.dictSlab) == 0 {
		r.dictSlab = make([]Dict, min(8, (len(r.text)-r.pos)/2+1))
	}
	d := &r.dictSlab[0]
	r.dictSlab = r.dictSlab[1:]
	d.frozen = r.frozen
	if n > 0 {
		d.keys, d.vals = make([]string, 0, n), r.takeVals(n)[:0]
	}
	return d
}

func (r *reader) takeVals(n int) []Value {
	if len(r.valSlab) < n {
		if n > 512 {
			return make([]Value, n) // the rest of the slab goes on
		}
		r.valSlab = make([]Value, min(512, len(r.text)-r.pos+n))
	}
	v := r.valSlab[:n:n] // append! must not run into the neighbour
	r.valSlab = r.valSlab[n:]
	return v
}

// place notes where a form and its items stand, and gives the index.
func (r *reader) place(own Span, items ...Span) uint32 {
	t := r.places
	at := len(t.spans)
	if need := at + 1 + len(items); need > cap(t.spans) {
		// As in grow: as many as the text will need if it goes on as it began.
		spans := make([]Span, at, max(need+need/4, min(int(float64(need)*float64(len(r.text))/float64(r.pos+1)*1.05), 8*need), 32))
		copy(spans, t.spans)
		t.spans = spans
	}
	t.spans = append(append(t.spans, own), items...)
	return uint32(at)
}
