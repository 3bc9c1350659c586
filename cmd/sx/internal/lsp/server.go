package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sx-framework/sxgo/sx"
)

// Config is what a server needs from the command.
type Config struct {
	// Open makes the application of a folder. alone says that one file is all there is of it: its top-level forms may
	// be expressions too.
	Open    func(dir string, alone bool, opts ...sx.Option) Application
	Version string
	Log     io.Writer // for mistakes of the server itself; nil: none
}

// server is one connection to an editor. What is not said to belong to others belongs to the handling goroutine.
type server struct {
	cfg   Config
	conn  *conn
	queue queue

	enc       encoding
	client    clientCapabilities
	state     state
	workspace []string
	docs      map[string]*document // by URI
	roots     []*root
	clock     int

	mu      sync.Mutex
	pending map[string]*request // requests without an answer, by id
	asked   int                 // requests to the client
}

type state int

const (
	stateNew state = iota
	stateRunning
	stateShutdown
	stateExited
	stateAborted // exit without shutdown
)

// document is an open buffer.
type document struct {
	uri     string
	version int
	text    *text
	root    *root // nil when it is no file
	name    string

	treeIs *tree
}

func (d *document) tree() *tree {
	if d.treeIs == nil {
		d.treeIs = parse(d.text.s)
	}
	return d.treeIs
}

// request is one that has no answer yet.
type request struct {
	server    *server
	id        json.RawMessage
	method    string
	params    json.RawMessage
	cancelled atomic.Bool
	answered  atomic.Bool
}

// Run serves an editor until it says exit, or goes away. It reports whether that was in order: the exit code of the
// protocol is 0 then, else 1.
func Run(ctx context.Context, cfg Config, in io.Reader, out io.Writer) bool {
	s := &server{cfg: cfg, conn: newConn(in, out), enc: utf16Units, docs: map[string]*document{}, pending: map[string]*request{}}
	s.queue.wake = make(chan struct{}, 1)
	s.queue.room.L = &s.queue.mu
	messages := make(chan *message, 64)
	stop := make(chan struct{})
	defer close(stop)
	// Ends with its input, or as soon as a message comes that nobody wants any more.
	go func() {
		defer close(messages)
		s.receive(messages, stop)
	}()
	var work sync.WaitGroup
	// Ends when the queue is closed below.
	work.Go(s.analyse)
	defer func() {
		s.queue.mu.Lock()
		s.queue.closed = true
		close(s.queue.wake)
		s.queue.mu.Unlock()
		work.Wait()
		for _, j := range s.queue.jobs { // of roots that were dropped
			j.root.loader.close()
		}
		for _, r := range s.roots {
			r.loader.close()
		}
	}()
	for {
		select {
		case m, ok := <-messages:
			if !ok {
				return s.state == stateShutdown
			}
			s.handle(m)
		case <-ctx.Done():
			return s.state == stateShutdown
		}
		if s.state == stateExited {
			return true
		}
		if s.state == stateAborted {
			return false
		}
	}
}

// receive reads messages until there are none. A request can be cancelled from the moment it is read.
func (s *server) receive(messages chan<- *message, stop <-chan struct{}) {
	for {
		m, err := s.conn.read()
		var bad *rpcError
		switch {
		case errors.As(err, &bad):
			s.conn.answer(nil, nil, bad)
			continue
		case err != nil:
			if !errors.Is(err, io.EOF) {
				s.logf("reading ended: %v", err)
			}
			return
		}
		if m.Method == "$/cancelRequest" {
			var p struct {
				ID json.RawMessage `json:"id"`
			}
			if json.Unmarshal(m.Params, &p) == nil {
				s.mu.Lock()
				if r := s.pending[string(p.ID)]; r != nil {
					r.cancelled.Store(true)
				}
				s.mu.Unlock()
			}
			continue
		}
		if m.ID != nil && m.Method != "" {
			m.request = &request{server: s, id: m.ID, method: m.Method, params: m.Params}
			s.mu.Lock()
			s.pending[string(m.ID)] = m.request
			s.mu.Unlock()
		}
		select {
		case messages <- m:
		case <-stop:
			return
		}
	}
}

// handle deals with one message.
func (s *server) handle(m *message) {
	if m.ID == nil {
		s.notified(m)
		return
	}
	if m.Method == "" {
		return // an answer to a question of ours; none of them matters
	}
	r := m.request
	handler, known := requests[m.Method]
	switch {
	case r.cancelled.Load():
		r.answer(nil, &rpcError{codeCancelled, "cancelled"})
	case s.state == stateNew && m.Method != "initialize":
		r.answer(nil, &rpcError{codeNotInitialized, "the first request is initialize"})
	case s.state == stateShutdown:
		r.answer(nil, &rpcError{codeInvalidRequest, "the server is shut down"})
	case s.state == stateRunning && m.Method == "initialize":
		r.answer(nil, &rpcError{codeInvalidRequest, "initialize comes once"})
	case !known:
		r.answer(nil, &rpcError{codeNoMethod, "there is no method " + m.Method})
	default:
		r.guard(func() { handler(s, r) })
	}
}

// notified deals with a notification.
func (s *server) notified(m *message) {
	if m.Method == "exit" {
		if s.state == stateShutdown {
			s.state = stateExited
		} else {
			s.state = stateAborted
		}
		return
	}
	handler := notifications[m.Method]
	if s.state != stateRunning || handler == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			s.logf("%s: panic: %v\n%s", m.Method, v, debug.Stack())
		}
	}()
	if err := handler(s, m.Params); err != nil {
		s.logf("%s: %v", m.Method, err)
	}
}

// guard runs what answers a request; a mistake of ours becomes its answer.
func (r *request) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			r.server.logf("%s: panic: %v\n%s", r.method, v, debug.Stack())
			r.answer(nil, fmt.Errorf("panic: %v", v))
		}
	}()
	f()
}

// answer answers the request, once.
func (r *request) answer(result any, err error) {
	if r.answered.Swap(true) {
		return
	}
	s := r.server
	s.mu.Lock()
	if s.pending[string(r.id)] == r {
		delete(s.pending, string(r.id))
	}
	s.mu.Unlock()
	if werr := s.conn.answer(r.id, result, err); werr != nil {
		s.logf("%s: %v", r.method, werr)
	}
}

// ask sends a request to the client, whose answer is not waited for.
func (s *server) ask(method string, params any) {
	s.mu.Lock()
	s.asked++
	id := s.asked
	s.mu.Unlock()
	s.conn.write(struct {
		Version string `json:"jsonrpc"`
		ID      int    `json:"id"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", id, method, params})
}

func (s *server) logf(format string, args ...any) {
	if s.cfg.Log != nil {
		fmt.Fprintf(s.cfg.Log, "sx lsp: "+strings.TrimRight(format, "\n")+"\n", args...)
	}
}

// now answers a request from its parameters alone.
func now[P, R any](f func(s *server, p *P) (R, error)) func(*server, *request) {
	return func(s *server, r *request) {
		p := new(P)
		if err := r.decode(p); err != nil {
			r.answer(nil, err)
			return
		}
		result, err := f(s, p)
		r.answer(result, err)
	}
}

// analysed answers a request about a place of a file when the analysis is as new as the buffers.
func analysed[P, R any](place func(*P) *positionParams, f func(s *server, ix *index, f *file, offset int, p *P) (R, error)) func(*server, *request) {
	return func(s *server, r *request) {
		p := new(P)
		if err := r.decode(p); err != nil {
			r.answer(nil, err)
			return
		}
		at := place(p)
		root, name := s.find(at.TextDocument.URI)
		if root == nil {
			r.answer(nil, nil)
			return
		}
		s.after(root, func(ix *index) {
			r.guard(func() {
				if r.cancelled.Load() {
					r.answer(nil, &rpcError{codeCancelled, "cancelled"})
					return
				}
				file := ix.files[name]
				if file == nil {
					r.answer(nil, nil)
					return
				}
				result, err := f(s, ix, file, file.text().offset(at.Position, s.enc), p)
				r.answer(result, err)
			})
		})
	}
}

func here(p *positionParams) *positionParams { return p }

func (r *request) decode(p any) error {
	if len(r.params) == 0 {
		return nil
	}
	if err := json.Unmarshal(r.params, p); err != nil {
		return &rpcError{codeInvalidParams, r.method + ": " + err.Error()}
	}
	return nil
}
