package hub

import (
	"log/slog"
	"time"
)

type config struct {
	history      int
	historyBytes int
	age          time.Duration
	retain       time.Duration
	topics       int
	slots        int
	eventSize    int
	rate         float64
	broker       Broker
	log          *slog.Logger
}

// Option changes a default of New.
type Option func(*config)

// History bounds what a topic remembers for subscribers that resume: at most count events (default 1024), bytes of payload (default
// 4 MiB) and age (default 5 minutes). Zero keeps a default. The newest value of each slot is kept however old it is.
func History(count, bytes int, age time.Duration) Option {
	return func(c *config) {
		if count > 0 {
			c.history = count
		}
		if bytes > 0 {
			c.historyBytes = bytes
		}
		if age > 0 {
			c.age = age
		}
	}
}

// Retain sets how long a topic that has a Producer, or that a broker remembers, outlives its last subscriber, so that one who reconnects
// can resume. Default 30s.
func Retain(d time.Duration) Option { return func(c *config) { c.retain = d } }

// MaxTopics bounds the number of topics. Default 10,000. When it is reached the topic unused for longest makes room; when all are
// in use, ErrTopics.
func MaxTopics(n int) Option { return func(c *config) { c.topics = n } }

// MaxSlots bounds the slots of one topic. Default 4096; beyond, publishing into a new slot fails with ErrSlots.
func MaxSlots(n int) Option { return func(c *config) { c.slots = n } }

// MaxEvent bounds an event's payload in bytes. Default 1 MiB; a larger one fails with ErrTooLarge.
func MaxEvent(bytes int) Option { return func(c *config) { c.eventSize = bytes } }

// MaxRate bounds the events per second into one topic, with a burst of one second's worth; beyond, ErrRate. Default 0: no bound, because
// values that nobody has read yet replace each other.
func MaxRate(perSecond float64) Option { return func(c *config) { c.rate = perSecond } }

// WithBroker links the hub with others. Topics that have a Producer stay local to their hub, since each node produces its own.
func WithBroker(b Broker) Option { return func(c *config) { c.broker = b } }

// WithLogger sets where panics of producers are reported. Default slog.Default().
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.log = l } }

type subscribeConfig struct {
	producer Producer
	wake     func()
	now      bool
}

// SubscribeOption changes how Subscribe reads a topic.
type SubscribeOption func(*subscribeConfig)

// WithProducer gives the topic its producer, unless it has one already. See Producer.
func WithProducer(p Producer) SubscribeOption { return func(c *subscribeConfig) { c.producer = p } }

// WithWake makes the hub call wake, instead of ending a Next that waits, when there is something new after a Poll that found nothing, and
// when the subscriber is closed. wake is called from publishers: it must return at once, and may be called once more than
// needed. With it Next must not be used.
func WithWake(wake func()) SubscribeOption { return func(c *subscribeConfig) { c.wake = wake } }

// FromNow makes the subscriber start after the newest event, without a snapshot. The cursor is ignored. With a broker now is when
// Subscriber.Begun says so: what is read elsewhere after that, and told by events, is never older than the first event that comes.
func FromNow() SubscribeOption { return func(c *subscribeConfig) { c.now = true } }
