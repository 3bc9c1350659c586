package page

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// A feed is a sequence of Go values that (live … :stream (name …)) follows: each value is a message, upon which
// the slots are evaluated again. It is read while somebody is subscribed, once for all who share the topic.

// WithFeed registers a Go function under a name that :stream of a live form may call:
//
//	page.WithFeed("quotes", func(ctx context.Context, share string) iter.Seq2[Quote, error] { … })
//
//	(live :stream (quotes "ACME") (bind "price" (b (get message "price"))))
//
// fn takes an optional context and arguments that convert, as WithPrimitive's functions do, and gives an
// iter.Seq[T], an iter.Seq2[T, error] or a channel of T, or one of these and an error; T converts as sx.FromGo
// says. The context ends when nobody is subscribed any more; a sequence that waits must watch it. One that
// ends leaves the slots as they are; after an error they show it and the function is called again, at first
// after about a second, later after up to half a minute. details are those of WithPrimitive: state sx.Request when the values
// depend on the visitor. A function that cannot work is a panic: a programming mistake.
func WithFeed(name string, fn any, details ...any) Option {
	f, err := feedFunc(name, fn)
	if err != nil {
		panic("page: " + err.Error())
	}
	return WithPrimitive(name, f, details...)
}

// feed reads values until the sequence ends, yield reports false or ctx ends.
type feed func(ctx context.Context, yield func(any) bool) error

const feedType = "feed" // what type-of gives

var (
	valueType = reflect.TypeFor[sx.Value]()
	errType   = reflect.TypeFor[error]()
)

// feedFunc makes fn a function that gives a feed as a value.
func feedFunc(name string, fn any) (any, error) {
	f := reflect.ValueOf(fn)
	if f.Kind() != reflect.Func || f.IsNil() {
		return nil, fmt.Errorf("WithFeed %s: expected a Go function, got %T", name, fn)
	}
	t := f.Type()
	fails := t.NumOut() == 2 && t.Out(1) == errType
	if t.NumOut() != 1 && !fails {
		return nil, fmt.Errorf("WithFeed %s: the function must give a sequence, or a sequence and an error; %s does not", name, t)
	}
	read, err := feedOf(t.Out(0))
	if err != nil {
		return nil, fmt.Errorf("WithFeed %s: %w", name, err)
	}
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	call := f.Call
	if t.IsVariadic() {
		call = f.CallSlice
	}
	made := reflect.MakeFunc(reflect.FuncOf(in, []reflect.Type{valueType, errType}, t.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		out := call(args)
		failure := reflect.Zero(errType)
		if fails {
			failure = out[1]
		}
		if failure.IsNil() && out[0].IsNil() {
			failure = reflect.ValueOf(fmt.Errorf("%s gave a nil sequence", name))
		}
		v := sx.Nil
		if failure.IsNil() {
			v = sx.OpaqueOf(&sx.Opaque{Type: feedType, Text: "(" + name + " …)", Value: read(out[0])})
		}
		return []reflect.Value{reflect.ValueOf(v), failure.Convert(errType)}
	})
	return made.Interface(), nil
}

// feedOf returns how to read a sequence of type t.
func feedOf(t reflect.Type) (func(reflect.Value) feed, error) {
	isYield := func(y reflect.Type, n int) bool {
		return y.Kind() == reflect.Func && y.NumIn() == n && y.NumOut() == 1 && y.Out(0).Kind() == reflect.Bool && (n == 1 || y.In(1) == errType)
	}
	isSeq := t.Kind() == reflect.Func && t.NumIn() == 1 && t.NumOut() == 0
	switch {
	case t.Kind() == reflect.Chan && t.ChanDir()&reflect.RecvDir != 0:
		return func(c reflect.Value) feed {
			return func(ctx context.Context, yield func(any) bool) error {
				cases := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: c}, {Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())}}
				for {
					i, v, ok := reflect.Select(cases)
					if i == 1 || !ok || !yield(v.Interface()) {
						return nil
					}
				}
			}
		}, nil
	case isSeq && isYield(t.In(0), 1):
		return func(s reflect.Value) feed {
			return func(ctx context.Context, yield func(any) bool) error {
				s.Call([]reflect.Value{reflect.MakeFunc(t.In(0), func(in []reflect.Value) []reflect.Value {
					return []reflect.Value{reflect.ValueOf(ctx.Err() == nil && yield(in[0].Interface())).Convert(t.In(0).Out(0))}
				})})
				return nil
			}
		}, nil
	case isSeq && isYield(t.In(0), 2):
		return func(s reflect.Value) feed {
			return func(ctx context.Context, yield func(any) bool) (err error) {
				s.Call([]reflect.Value{reflect.MakeFunc(t.In(0), func(in []reflect.Value) []reflect.Value {
					more := ctx.Err() == nil
					if e, _ := in[1].Interface().(error); e != nil {
						err, more = e, false
					} else if more {
						more = yield(in[0].Interface())
					}
					return []reflect.Value{reflect.ValueOf(more).Convert(t.In(0).Out(0))}
				})})
				return err
			}
		}, nil
	}
	return nil, fmt.Errorf("%s is not an iter.Seq[T], an iter.Seq2[T, error] or a channel to receive from", t)
}

// inbox holds the values of a feed until the slots are evaluated. With binds that take each value in order the
// feed waits while there are too many; otherwise the newest replaces those before it.
type inbox struct {
	wake    func()
	ordered bool

	mu    sync.Mutex
	box   mailbox
	space chan struct{} // buffered by one: rung when the values were taken
}

func newInbox(l *liveDef, wake func()) *inbox {
	b := &inbox{wake: wake, space: make(chan struct{}, 1)}
	for _, s := range l.slots {
		b.ordered = b.ordered || s.mode.Ordered()
	}
	return b
}

// put leaves a value, and reports false when ctx has ended.
func (b *inbox) put(ctx context.Context, v sx.Value) bool {
	for {
		b.mu.Lock()
		full := b.ordered && len(b.box.queue) >= mostQueued
		if !full {
			b.box.newest, b.box.any = v, true
			if b.ordered {
				b.box.queue = append(b.box.queue, v)
			}
		}
		b.mu.Unlock()
		if !full {
			b.wake()
			return ctx.Err() == nil
		}
		select {
		case <-b.space:
		case <-ctx.Done():
			return false
		}
	}
}

// take adds what has come to box.
func (b *inbox) take(box *mailbox) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.box.any {
		return
	}
	box.newest, box.any = b.box.newest, true
	box.queue = append(box.queue, b.box.queue...)
	b.box = mailbox{}
	select {
	case b.space <- struct{}{}:
	default:
	}
}

const (
	feedRetryFirst = time.Second
	feedRetryMost  = 30 * time.Second
)

// follow reads the feed of :stream until it ends or ctx does; after an error it begins again.
func (e *evaluation) follow(ctx context.Context, b *inbox) {
	wait := feedRetryFirst
	for ctx.Err() == nil {
		began := false
		err := e.read(ctx, func(x any) (bool, error) {
			v, err := sx.FromGo(x)
			if err != nil {
				return false, err
			}
			began = true
			sx.Freeze(v)
			return b.put(ctx, v), nil
		})
		if err == nil || ctx.Err() != nil {
			return
		}
		for _, s := range e.l.slots {
			e.fail(ctx, s, fmt.Errorf(":stream: %w", err))
		}
		if began {
			wait = feedRetryFirst
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)):
		case <-ctx.Done():
		}
		wait = min(2*wait, feedRetryMost)
	}
}

// read calls the function of :stream and passes its values on. What panics in Go is an error here.
func (e *evaluation) read(ctx context.Context, take func(any) (bool, error)) (err error) {
	v, err := e.site.prog.Call(ctx, e.l.stream.value, e.l.args(e.site, e.params)...)
	if err != nil {
		return err
	}
	o, _ := v.Opaque()
	if o == nil || o.Type != feedType {
		return fmt.Errorf("expected a feed, made by a function of page.WithFeed, found %s", v.TypeName())
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in Go: %v", r)
		}
	}()
	var bad error
	failure := o.Value.(feed)(ctx, func(x any) bool {
		more, err := take(x)
		bad = err
		return more && err == nil
	})
	return errors.Join(bad, failure)
}
