package nats

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sx-framework/sxgo/live/hub"
)

// Errors of a broker, to be compared with errors.Is.
var (
	ErrFull         = errors.New("nats: publish queue is full")
	ErrDisconnected = errors.New("nats: not connected")
)

type config struct {
	stream   string
	perSlot  int64
	bytes    int64
	age      time.Duration
	queue    int
	replicas int
	memory   bool
	server   *Server
	options  []nats.Option
	log      *slog.Logger
}

// Option changes a default of Connect.
type Option func(*config)

// Stream sets the JetStream stream's name, which is also the first part of its subjects. Default "SX". Nodes with the same stream share their
// topics.
func Stream(name string) Option { return func(c *config) { c.stream = name } }

// History bounds what the stream remembers: events of each slot (default 256), bytes in all (default 256 MiB) and age (default 24h). Zero
// keeps a default.
func History(perSlot int, bytes int64, age time.Duration) Option {
	return func(c *config) {
		if perSlot > 0 {
			c.perSlot = int64(perSlot)
		}
		if bytes > 0 {
			c.bytes = bytes
		}
		if age > 0 {
			c.age = age
		}
	}
}

// Queue bounds the events that wait to be sent. Default 8192; beyond, publishing fails with ErrFull.
func Queue(n int) Option { return func(c *config) { c.queue = n } }

// Replicas sets how many servers of a NATS cluster keep the stream. Default 1.
func Replicas(n int) Option { return func(c *config) { c.replicas = n } }

// InMemory keeps the stream in the NATS server's memory: after its restart all topics begin a new epoch.
func InMemory() Option { return func(c *config) { c.memory = true } }

// Via connects to a server of Embed within the process; the URL is not used.
func Via(s *Server) Option { return func(c *config) { c.server = s } }

// WithNATS adds options of the NATS client: credentials, TLS.
func WithNATS(o ...nats.Option) Option {
	return func(c *config) { c.options = append(c.options, o...) }
}

// WithLogger sets where lost connections and events are reported. Default slog.Default().
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.log = l } }

// Broker links hubs through NATS JetStream.
type Broker struct {
	cfg    config
	nc     *nats.Conn
	js     jetstream.JetStream
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // the sender
	reads  sync.WaitGroup // the followers
	queue  chan entry

	mu     sync.Mutex
	closed bool
	back   chan struct{} // closed and made anew at each reconnect
	failed error         // why events cannot be sent at present
}

var (
	_ hub.Broker = (*Broker)(nil)
	_ hub.Health = (*Broker)(nil)
)

// Connect connects to a NATS server, or to several given as "nats://a,nats://b", and makes the stream if it is not there. It fails when no server
// can be reached; later the broker reconnects for ever.
func Connect(ctx context.Context, url string, opts ...Option) (*Broker, error) {
	c := config{stream: "SX", perSlot: 256, bytes: 256 << 20, age: 24 * time.Hour, queue: 8192, replicas: 1}
	for _, o := range opts {
		o(&c)
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	b := &Broker{cfg: c, queue: make(chan entry, c.queue), back: make(chan struct{})}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	no := append([]nats.Option{
		nats.Name("sx"), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(250*time.Millisecond, time.Second),
		// What is sent while disconnected stays in our queue, which knows how to send again; the client's own buffer does not.
		nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if b.ctx.Err() == nil {
				c.log.Warn("nats: disconnected", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			c.log.Info("nats: connected again")
			b.mu.Lock()
			close(b.back)
			b.back = make(chan struct{})
			b.mu.Unlock()
		}),
	}, c.options...)
	if c.server != nil {
		no = append(no, nats.InProcessServer(c.server.s))
		if c.server.token != "" {
			no = append(no, nats.Token(c.server.token))
		}
		url = ""
	}
	var err error
	if b.nc, err = nats.Connect(url, no...); err != nil {
		b.cancel()
		return nil, fmt.Errorf("nats: connect to %s: %w", url, err)
	}
	b.js, err = jetstream.New(b.nc)
	if err == nil {
		err = b.awaitStream(ctx)
	}
	if err != nil {
		b.cancel()
		b.nc.Close()
		return nil, fmt.Errorf("nats: stream %s: %w", c.stream, err)
	}
	b.wg.Add(1)
	go b.send() // ends with Close
	return b, nil
}

// clusterPatience is how long the servers of a cluster may take to find each other and choose who leads.
const clusterPatience = time.Minute

// awaitStream finds or makes the stream, when the servers of a cluster have found each other.
func (b *Broker) awaitStream(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, clusterPatience)
	defer cancel()
	said := false
	for {
		try, done := context.WithTimeout(ctx, 2*time.Second) // while nobody leads, nobody answers
		_, err := b.stream(try)
		done()
		if err == nil || !electing(err) || ctx.Err() != nil {
			return err
		}
		if !said {
			b.cfg.log.Info("nats: waiting for the other servers", "err", err)
			said = true
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

// electing reports whether an error is that of a cluster which is not ready yet.
func electing(err error) bool {
	const unavailable, noPeers, insufficient = 10008, 10005, 10023
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.ErrorCode == unavailable || api.ErrorCode == noPeers || api.ErrorCode == insufficient
	}
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout)
}

// stream finds the stream, or makes it.
func (b *Broker) stream(ctx context.Context) (jetstream.Stream, error) {
	s, err := b.js.Stream(ctx, b.cfg.stream)
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return s, err
	}
	storage := jetstream.FileStorage
	if b.cfg.memory {
		storage = jetstream.MemoryStorage
	}
	s, err = b.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: b.cfg.stream, Subjects: []string{b.cfg.stream + ".>"}, Storage: storage, Replicas: b.cfg.replicas,
		MaxMsgsPerSubject: b.cfg.perSlot, MaxBytes: b.cfg.bytes, MaxAge: b.cfg.age, Discard: jetstream.DiscardOld,
		Duplicates: min(2*time.Minute, b.cfg.age),
	})
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another node was faster
		return b.js.Stream(ctx, b.cfg.stream)
	}
	return s, err
}

// Err implements hub.Health.
func (b *Broker) Err() error {
	if s := b.nc.Status(); s != nats.CONNECTED {
		return fmt.Errorf("%w: %s", ErrDisconnected, s)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

// Close tries for up to two seconds to send what is queued, ends all following, and disconnects. No follower is called when it has
// returned.
func (b *Broker) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	close(b.queue)
	b.mu.Unlock()
	late := time.AfterFunc(2*time.Second, b.cancel)
	b.wg.Wait()
	late.Stop()
	b.cancel()
	b.nc.Close()
	b.reads.Wait()
	return nil
}

// subject is where events of a slot go. Topics and slots may be any text and subjects may not, so they are encoded; what would be too long
// for a subject is hashed.
func (b *Broker) subject(topic, slot string, kind hub.Kind) string {
	return b.cfg.stream + "." + token(topic) + "." + string('a'+rune(kind)) + "." + token(slot)
}

// topicSubjects matches those of all slots of a topic.
func (b *Broker) topicSubjects(topic string) string {
	return b.cfg.stream + "." + token(topic) + ".>"
}

func token(s string) string {
	if len(s) > 120 {
		h := sha256.Sum256([]byte(s))
		return "h" + base64.RawURLEncoding.EncodeToString(h[:])
	}
	return "t" + base64.RawURLEncoding.EncodeToString([]byte(s))
}

// encode writes an event as a NATS message's data: version, kind, topic, name and slot with their lengths, payload. Headers would not do: they
// may not hold any text.
func encode(topic string, ev hub.Event) []byte {
	b := make([]byte, 0, len(topic)+len(ev.Name)+len(ev.Slot)+len(ev.Data)+16)
	b = append(b, 1, byte(ev.Kind))
	for _, s := range []string{topic, ev.Name, ev.Slot} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return append(b, ev.Data...)
}

var errFormat = errors.New("nats: message of another format")

func decode(b []byte) (topic string, ev hub.Event, err error) {
	if len(b) < 2 || b[0] != 1 || b[1] > byte(hub.Transient) {
		return "", ev, errFormat
	}
	ev.Kind = hub.Kind(b[1])
	b = b[2:]
	for _, to := range []*string{&topic, &ev.Name, &ev.Slot} {
		n, k := binary.Uvarint(b)
		if k <= 0 || n > uint64(len(b)-k) {
			return "", ev, errFormat
		}
		*to = string(b[k : k+int(n)])
		b = b[k+int(n):]
	}
	ev.Data = b
	return topic, ev, nil
}
