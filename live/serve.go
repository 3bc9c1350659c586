package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// Handler serves each source as a stream of its own, for EventSource and curl: mount it on the live URLs of pages. Last-Event-ID or
// ?last_event_id= says where to continue.
func (s *Server) Handler(resolve ResolveFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cursor := r.Header.Get("Last-Event-ID")
		if cursor == "" {
			cursor = r.URL.Query().Get(render.ParamLastEventID)
		}
		s.serve(w, r, resolve, []wanted{{src: r.URL.Path, cursor: cursor}}, false)
	})
}

// Multiplexed serves many sources in one stream: mount it on render.LivePath. Each s parameter names a source, and a c parameter after it the
// cursor to continue from. Every frame names its source; one that is refused is an sx-error frame with its status. When none
// is left the stream ends with sx-close.
func (s *Server) Multiplexed(resolve ResolveFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list, err := wantedSources(r.URL.RawQuery, s.cfg.sources)
		if err != nil {
			s.cfg.refuse(w, r, err)
			return
		}
		s.serve(w, r, resolve, list, true)
	})
}

// Sources names the sources that a request to Multiplexed asks for, each once; none if the request will be refused.
func (s *Server) Sources(r *http.Request) []string {
	list, _ := wantedSources(r.URL.RawQuery, s.cfg.sources) // Multiplexed reports what is wrong
	names := make([]string, len(list))
	for i, w := range list {
		names[i] = w.src
	}
	return names
}

// wanted is a source that a client asks for.
type wanted struct{ src, cursor string }

// wantedSources reads s=SRC&c=CURSOR&s=…: the order counts, which url.Values does not keep.
func wantedSources(query string, most int) ([]wanted, error) {
	var list []wanted
	seen := map[string]bool{}
	bad := func(msg string) ([]wanted, error) {
		return nil, &StatusError{Code: http.StatusBadRequest, Err: errors.New(msg)}
	}
	skip := false
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key != render.ParamSource && key != render.ParamCursor {
			continue
		}
		value, err := url.QueryUnescape(value)
		switch {
		case err != nil:
			return bad("parameter is badly escaped")
		case key == render.ParamSource:
			if skip = seen[value]; skip {
				continue
			}
			seen[value] = true
			if list = append(list, wanted{src: value}); len(list) > most {
				return nil, &StatusError{Code: http.StatusTooManyRequests, RetryAfter: time.Minute, Err: fmt.Errorf("more than %d sources", most)}
			}
		case len(list) == 0:
			return bad("cursor without a source before it")
		case !skip:
			list[len(list)-1].cursor = value
		}
	}
	if len(list) == 0 {
		return bad("no source")
	}
	return list, nil
}

// feed is one source of a stream.
type feed struct {
	sub    *hub.Subscriber
	member string // what its frames end with on a multiplexed stream
}

// stream is what both paths, through net/http and detached from it, serve.
type stream struct {
	server *Server
	coding coding
	feeds  []feed
	one    [1]feed // what feeds begins with: most streams have a single source
	intro  []byte  // text to send first
	share  admission
	hooks  *http.Request // kept only if somebody wants it back
	waker  waker
	plain  bool // a single source: events may change the client's last event id
}

// release gives back what the stream holds.
func (st *stream) release() {
	for _, f := range st.feeds {
		f.sub.Close()
	}
	st.share.release()
}

// end is called once, by whoever served the stream.
func (st *stream) end(err error) {
	st.release()
	st.server.cfg.disconnected(st.hooks, err)
}

// serve checks everything that can be refused with a status, and then serves by whichever path the connection allows.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, resolve ResolveFunc, list []wanted, many bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		s.cfg.refuse(w, r, &StatusError{Code: http.StatusMethodNotAllowed})
		return
	}
	adm, err := s.admit(r)
	if err != nil {
		s.cfg.refuse(w, r, err)
		return
	}
	st := &stream{server: s, plain: !many, share: adm}
	err = func() error {
		prepared := false
		defer func() {
			if !prepared { // the application's code has panicked: net/http reports it, and the stream must not stay counted
				st.release()
			}
		}()
		err := s.prepare(st, r, resolve, list)
		prepared = true
		return err
	}()
	if err != nil {
		st.release()
		s.cfg.refuse(w, r, err)
		return
	}
	st.coding = s.codings.negotiate(r, &s.cfg, true)
	if r.Method == http.MethodHead {
		st.release()
		setHeader(w.Header(), st.coding)
		return
	}
	if s.cfg.onDisconnect != nil {
		st.hooks = r
	}
	if s.cfg.detach && s.detach(w, r, st) {
		return
	}
	closeAfter(w, r)
	st.end(s.pump(w, r.Context(), st))
}

// prepare resolves and subscribes.
func (s *Server) prepare(st *stream, r *http.Request, resolve ResolveFunc, list []wanted) error {
	if err := s.cfg.sameOrigin(r); err != nil {
		return err
	}
	for _, f := range s.cfg.onConnect {
		if err := f(r); err != nil {
			return err
		}
	}
	if retry := s.cfg.retry; retry > 0 {
		st.intro, _ = Event{Retry: jitter(retry)}.AppendTo(st.intro) // has no text that could be wrong
	}
	defs := r.URL.Query().Get(render.ParamDefs)
	st.feeds = st.one[:0]
	wake := st.waker.wake
	for _, x := range list {
		src, err := resolve(r, x.src)
		if err == nil && src.Stream != nil {
			src, err = s.functionSource(r, src, x.cursor)
			x.cursor = "" // it is the function's, not the hub's
		}
		var sub *hub.Subscriber
		if err == nil {
			opts := []hub.SubscribeOption{hub.WithWake(wake)}
			if src.Producer != nil {
				opts = append(opts, hub.WithProducer(src.Producer))
			}
			// Without the request's context: a detached stream outlives it, and the other path closes what it opened.
			sub, err = s.hub.Subscribe(context.Background(), src.Topic, startCursor(x.cursor), opts...)
		}
		if err != nil {
			if st.plain {
				return err
			}
			code := refusal(err).Code
			if code >= 500 {
				s.cfg.log.Error("live source refused", "src", x.src, "err", err)
			}
			st.addIntro(render.Frame{Event: render.EventError, Message: http.StatusText(code), Status: code, Src: x.src})
			continue
		}
		if src.DefsHash != "" && src.DefsHash != defs {
			st.addIntro(render.Frame{Event: render.EventDefs, Hash: src.DefsHash, SX: src.Defs})
			defs = src.DefsHash
		}
		f := feed{sub: sub}
		if !st.plain {
			f.member = sourceMember(x.src)
		}
		st.feeds = append(st.feeds, f)
	}
	if len(st.feeds) == 0 {
		st.addIntro(render.Frame{Event: render.EventClose})
	}
	return nil
}

func (st *stream) addIntro(f render.Frame) {
	data, _ := f.AppendData(nil)                                                    // none of these has raw JSON fields
	st.intro, _ = Event{Name: f.EventName(), Data: string(data)}.AppendTo(st.intro) // names are constants
}

// pump serves a stream through net/http until the client leaves, the server drains or no source is left.
func (s *Server) pump(w http.ResponseWriter, ctx context.Context, st *stream) error {
	ready := make(bell, 1)
	st.waker.set(ready)
	x := newWire(w, st.coding, s.cfg.writeTimeout)
	x.buf = st.coding.event(x.buf, st.intro)
	st.intro = nil
	keepAlive := newQuietTimer(s.cfg.keepAlive)
	defer keepAlive.stop()
	var p hub.Pace
	var parts [][]byte
	for first := true; ; first = false {
		var n news
		parts, n = st.next(parts[:0])
		if first && len(parts) == 0 && st.plain && len(st.feeds) == 1 {
			x.buf = st.coding.text(x.buf, st.position())
		}
		if first {
			x.buf = st.coding.flush(x.buf)
		}
		if first || len(parts) > 0 {
			if err := x.write(parts...); err != nil {
				return err
			}
			keepAlive.reset()
			if !n.cut {
				p.Wrote(time.Now(), n.events)
			}
		}
		clear(parts)
		if len(st.feeds) == 0 {
			return nil
		}
		if err := s.await(ctx, x, ready, n.any, keepAlive, &p); err != nil {
			return err
		}
	}
}

// await returns when there may be something new (more says that there is) and it is time to write again.
func (s *Server) await(ctx context.Context, x *wire, ready <-chan struct{}, more bool, keepAlive *quietTimer, p *hub.Pace) error {
	var paced <-chan time.Time
	for {
		if more {
			d := p.Wait(time.Now())
			if d <= 0 {
				return nil
			}
			more, ready, paced = false, nil, time.After(d)
		}
		select {
		case <-ready:
			more = true
		case <-paced:
			return nil
		case <-keepAlive.c():
			x.buf = x.coding.flush(x.coding.text(x.buf, keepAliveLine))
			if err := x.write(); err != nil {
				return err
			}
			keepAlive.reset()
		case <-s.draining:
			x.buf = x.coding.flush(x.coding.text(x.buf, s.cfg.drainEvent()))
			return errors.Join(ErrDraining, x.write())
		case <-s.killed:
			return ErrDraining
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// news says what next has found.
type news struct {
	any    bool // there may be more, which nothing will announce
	cut    bool // there is more
	events int
}

// next gathers what is new of all sources, in shared encodings.
func (st *stream) next(parts [][]byte) (_ [][]byte, n news) {
	for i := 0; i < len(st.feeds); i++ {
		f := st.feeds[i]
		b, caughtUp, err := f.sub.PollOnce()
		if err == nil && b == nil {
			continue
		}
		closing := err != nil
		if b != nil {
			n.any, n.cut, n.events = n.any || !caughtUp, n.cut || b.More, n.events+b.Events
			if data := st.encode(b, f.member); len(data) > 0 {
				parts = append(parts, data)
			}
			for _, m := range b.Messages {
				closing = closing || m.Name == render.EventClose
			}
		}
		if closing {
			f.sub.Close()
			st.feeds = slices.Delete(st.feeds, i, i+1)
			i--
		}
	}
	return parts, n
}

// encode returns the batch as it goes to every stream of the same coding and source name.
func (st *stream) encode(b *hub.Batch, member string) []byte {
	c := st.coding
	return b.Encoded(c.encoding(), member, func(b *hub.Batch) []byte {
		if b.Reset == "" && len(b.Messages) == 0 {
			return []byte{}
		}
		size := 64
		for _, m := range b.Messages {
			size += len(m.Data) + len(m.Name) + len(member) + 64
		}
		dst := make([]byte, 0, size)
		if b.Reset != "" {
			data := append([]byte(`{"reason":"`+b.Reset+`"`), member...)
			dst = c.text(dst, []byte("event: "+render.EventReset+"\ndata: "+string(data)+"}\n\n"))
		}
		for _, m := range b.Messages {
			dst = c.message(dst, m, member)
		}
		return c.flush(dst)
	})
}

// position is an event without data that makes the client's last event id the place where the stream stands, so that
// one that is cut off before its first event still continues from here.
func (st *stream) position() []byte {
	b, _ := Event{ID: st.feeds[0].sub.Cursor().String()}.AppendTo(nil) // a cursor's text is one line
	return b
}

var keepAliveLine = []byte(":\n\n")
