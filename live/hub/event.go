package hub

import (
	"sync"
	"sync/atomic"
)

// Kind says what may be done with an event that a reader has not got yet.
type Kind uint8

const (
	// Value is the state of a slot. A newer value of the slot replaces it, and snapshots hold the newest. One without
	// Data takes the slot out of snapshots. The default.
	Value Kind = iota
	// Ordered events are delivered all and in order. Snapshots hold those of the history that follow their slot's last Value.
	Ordered
	// Transient events are delivered all and in order to whoever is there or resumes, and are in no snapshot.
	Transient
)

// Event is what is published. Data must not be changed afterwards.
type Event struct {
	Name string // what carriers call the event, for example "sx-resolve"
	Slot string // what a newer Value replaces; events of one slot keep their order
	Kind Kind
	Data []byte // payload, opaque to the hub
	ID   string // what carriers send as the event's id instead of its cursor; NoID sends none. Stays within this hub
}

// NoID as an event's ID makes carriers send none.
const NoID = "\x00"

// Encoding numbers the encodings that carriers keep with a message, so that each is made once and shared by all subscribers.
type Encoding uint8

// The encodings in use.
const (
	EncodingSSE     Encoding = iota // event stream lines
	EncodingSSEGzip                 // the same as independent deflate blocks
	EncodingSSEZstd                 // the same as zstd frames
	EncodingWS                      // WebSocket envelope
	encodings
)

// Message is an event in its topic's log. It is immutable and shared by all readers.
type Message struct {
	Event
	Cursor Cursor

	at         int64 // when it was published, in the hub's time
	superseded bool  // a newer Value of the slot exists; guarded by the topic

	forms atomic.Pointer[forms] // nil until it is first encoded: most values of a flood never are
}

// forms are the encodings of a message that were asked for.
type forms struct {
	mu      sync.Mutex
	encoded [encodings][]byte
}

// Encoded returns the message in encoding e, making it with encode on the first call. Any number of goroutines may call it: encode runs
// once for each message and encoding, and must not call Encoded with the same message. The result must not be changed.
func (m *Message) Encoded(e Encoding, encode func(*Message) []byte) []byte {
	f := m.forms.Load()
	if f == nil {
		f = new(forms)
		if !m.forms.CompareAndSwap(nil, f) {
			f = m.forms.Load()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.encoded[e] == nil {
		f.encoded[e] = encode(m)
	}
	return f.encoded[e]
}

// Batch is everything that was new for a subscriber, in the order of the log. It is immutable and shared by all subscribers that stood
// at the same place.
type Batch struct {
	// Reset is empty, or says why Messages is a snapshot and not a continuation: ResetGap or ResetSlow.
	Reset string
	// Messages are in ascending order of their cursors. Only a batch with Reset, and the first batch of a subscriber, may be empty.
	Messages []*Message
	// Cursor is the place after this batch: subscribing with it continues there.
	Cursor Cursor
	// More says that the batch was cut for its size: the rest is there already.
	More bool
	// Events is how many events the batch stands for, with those that were left out.
	Events int

	from, exact uint64 // what it was made for
	mu          sync.Mutex
	encoded     []batchEncoding
}

// Reasons for a reset.
const (
	ResetGap  = "gap"  // the cursor is of another epoch, or older than the history
	ResetSlow = "slow" // ordered events were lost because the subscriber read too slowly
)

type batchEncoding struct {
	e       Encoding
	variant string
	data    []byte
}

// Encoded returns the batch in encoding e and the carrier's variant of it, making it with encode on the first call; further
// calls with the same arguments share the result, which must not be changed.
func (b *Batch) Encoded(e Encoding, variant string, encode func(*Batch) []byte) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.encoded {
		if x := &b.encoded[i]; x.e == e && x.variant == variant {
			return x.data
		}
	}
	data := encode(b)
	// Bounded: variants are few in practice (one per source name); a topic read under very many names is encoded anew.
	if len(b.encoded) < 64 {
		b.encoded = append(b.encoded, batchEncoding{e, variant, data})
	}
	return data
}
