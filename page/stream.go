package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// A page with boundaries is streamed. The shell is evaluated; each boundary that is reached begins at once,
// on a machine of its own, while the shell is still being evaluated. When the shell is written, boundaries that have
// finished stand in place and the others show their fallbacks; then each is sent when it is ready, as a
// direct child of body, and only then the document ends.
//
//	part        one boundary: running, then finished with its markup, then sent
//	a nested    one is sent once its parent was (its placeholder is in the parent's markup); when it
//	            finishes first, it stands in place there
//	an orphan   is one whose placeholder is nowhere, because what held it failed: it is cancelled

// part is one boundary of a page being streamed. Its fields are guarded by stream.mu.
type part struct {
	b        *render.Boundary
	parent   *part // nil: the shell
	children []*part
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	began    time.Time // in development
	content  []byte
	wire     bool         // content is wire text, which the browser evaluates, unless it is ready early
	host     *render.Host // that the wire text was written with
	finished bool
	sent     bool
}

// stream runs the boundaries of one response. It implements render.Runner.
type stream struct {
	site  *site
	page  *pageDef
	q     *request
	ctx   context.Context // of the request: all parts end with it
	stop  context.CancelCauseFunc
	slots chan struct{} // bounds the parts of this page that run at once
	whole bool          // the page is sent in one piece, as HTML alone

	mu          sync.Mutex
	top         []*part
	done        []*part         // finished and not sent, in the order of completion
	open        int             // parts that are not finished
	ids         map[string]bool // of all parts; their number is bounded
	defined     []*sx.Component // whose definitions were sent
	definitions string          // all that were sent
	ready       chan struct{}   // buffered by one: something has finished since it was last looked at
	running     sync.WaitGroup
}

const mostParts = 10_000 // boundaries of one page

var (
	_          render.Runner = (*stream)(nil)
	errOrphan                = errors.New("what held this part of the page failed")
	errTimeout               = errors.New("timed out")
)

// begin makes what only pages with boundaries need. Called with mu held.
func (st *stream) begin() {
	if st.ctx == nil {
		st.slots, st.ready = make(chan struct{}, st.site.app.limits.Boundaries), make(chan struct{}, 1)
		st.ids = map[string]bool{}
		st.ctx, st.stop = context.WithCancelCause(withRequest(st.q.r.Context(), st.q))
	}
}

// partOf returns the boundary that an evaluation belongs to; nil is the shell.
func partOf(m *sx.Machine) *part {
	if h, ok := m.Host.(*render.Host); ok {
		p, _ := h.App.(*part)
		return p
	}
	return nil
}

// Start implements render.Runner.
func (st *stream) Start(m *sx.Machine, b *render.Boundary) {
	parent := partOf(m)
	st.mu.Lock()
	st.begin()
	again := st.ids[b.ID]
	st.ids[b.ID] = true
	tooMany := len(st.ids) > mostParts
	st.mu.Unlock()
	switch {
	case tooMany:
		m.Fail(sx.LimitError, "more than %d boundaries on one page", mostParts)
	case again:
		m.Fail(sx.MarkupError, "~suspense: the id %q is that of another boundary of this page", b.ID)
	}
	p := &part{b: b, parent: parent, began: st.q.trace.begin()}
	var ctx context.Context
	ctx, p.cancel = context.WithCancelCause(st.ctx)
	dest := htmlDest
	if !st.whole && (b.Wire == "sx" || b.Wire == "" && st.page.wire == "sx") {
		dest = wireDest
	}
	var f *sx.Machine
	if dest == htmlDest {
		f = m.Fork(ctx)
	} else {
		f = st.site.prog.Machine(ctx, dest)
	}
	host := m.Host.(*render.Host).Fork()
	host.App = p
	if dest == wireDest {
		host.Runner = nil // what is nested is part of the source text
	}
	f.Host = host

	timeout := st.site.app.limits.Timeout
	if b.Timeout > 0 {
		timeout = b.Timeout
	}
	st.mu.Lock()
	st.open++
	if parent == nil {
		st.top = append(st.top, p)
	} else {
		parent.children = append(parent.children, p)
	}
	p.timer = time.AfterFunc(timeout, func() { st.expire(p, timeout) })
	st.mu.Unlock()
	st.running.Add(1)
	st.site.app.work.Add(1)
	go func() { // ends with the body, whose context ends with the response
		defer st.site.app.work.Done()
		defer st.running.Done()
		st.run(ctx, f, p)
	}()
}

// Placed implements render.Runner.
func (st *stream) Placed(*sx.Machine, *render.Boundary) {}

func (st *stream) run(ctx context.Context, f *sx.Machine, p *part) {
	defer f.Release()
	select {
	case st.slots <- struct{}{}:
		defer func() { <-st.slots }()
	case <-ctx.Done():
		st.finish(p, nil, nil, false, context.Cause(ctx))
		return
	}
	if err := st.site.app.acquire(ctx); err != nil {
		st.finish(p, nil, nil, false, err)
		return
	}
	defer st.site.app.release()
	err := p.b.Render(f)
	if err != nil && !sx.Catchable(err) && ctx.Err() == nil {
		// A limit, or abort and redirect, which come too late here: the box says so.
		f.Out = f.Out[:0]
		p.b.RenderError(f, err)
	}
	host, _ := f.Host.(*render.Host)
	st.finish(p, f.Out, host, f.Dest().Wire(), err)
}

// expire ends a part whose time is over. Its body may run on for a while, if it is in Go code that does not
// look at its context; what it returns is dropped.
func (st *stream) expire(p *part, timeout time.Duration) {
	st.mu.Lock()
	over := p.finished
	st.mu.Unlock()
	if over {
		return
	}
	err := fmt.Errorf("%w after %d ms", errTimeout, timeout.Milliseconds())
	ctx, cancel := context.WithTimeout(st.ctx, time.Second) // :error gets a moment of its own
	defer cancel()
	f := st.site.prog.Machine(ctx, htmlDest)
	defer f.Release()
	f.Host = st.site.host(st.q)
	p.b.RenderError(f, &sx.Error{Kind: sx.CancelledError, Message: err.Error(), Pos: p.b.Site.Pos()})
	st.finish(p, f.Out, nil, false, err)
	p.cancel(err)
}

// finish notes the outcome of a part; the first one counts.
func (st *stream) finish(p *part, content []byte, host *render.Host, wire bool, err error) {
	st.mu.Lock()
	if p.finished {
		st.mu.Unlock()
		return
	}
	p.finished, p.content, p.wire, p.host = true, slices.Clone(content), wire, host
	p.timer.Stop()
	st.open--
	st.q.trace.part(p.b.ID, p.began, err) // before anybody can tell that it has finished
	st.done = append(st.done, p)
	st.orphan(p)
	st.mu.Unlock()
	if err != nil && st.ctx.Err() == nil && !errors.Is(err, errOrphan) {
		st.log(p, err)
	}
	select {
	case st.ready <- struct{}{}:
	default:
	}
}

func (st *stream) log(p *part, err error) {
	pos := p.b.Site.Pos()
	var e *sx.Error
	if errors.As(err, &e) && e.Pos.Line > 0 {
		pos = e.Pos
	}
	st.site.app.log.Error("boundary failed", "page", st.page.name, "boundary", p.b.ID,
		"at", fmt.Sprintf("%s:%d:%d", pos.File, pos.Line, pos.Col), "err", err, "path", st.q.r.URL.Path)
}

// orphan cancels the children of p whose placeholders are not in its markup.
func (st *stream) orphan(p *part) {
	p.children = slices.DeleteFunc(p.children, func(c *part) bool {
		if _, _, ok := locate(p.content, c.b); ok {
			return false
		}
		st.drop(c)
		return true
	})
}

// drop ends a part that has no place. Called with mu held.
func (st *stream) drop(p *part) {
	p.sent = true
	p.cancel(errOrphan)
	for _, c := range p.children {
		st.drop(c)
	}
}

// locate finds the placeholder of b. It stands where the boundary says, unless its markup was moved after
// it had been written, as that of a value is.
func locate(out []byte, b *render.Boundary) (start, end int, ok bool) {
	if b.End <= len(out) && b.Start < b.End && holds(out[b.Start:b.End], b) {
		return b.Start, b.End, true
	}
	mark := []byte(` data-suspense="` + b.ID + `" aria-busy="true"><?start name="` + b.ID + `">`)
	i := bytes.Index(out, mark)
	if i < 0 {
		return 0, 0, false
	}
	start = bytes.LastIndexByte(out[:i], '<')
	n := b.End - b.Start
	if start < 0 || start+n > len(out) || !holds(out[start:start+n], b) {
		return 0, 0, false
	}
	return start, start + n, true
}

// holds reports whether s is the placeholder of b: ids are unique on a page, and its markup is nowhere else.
func holds(s []byte, b *render.Boundary) bool {
	return bytes.HasPrefix(s, []byte("<")) && bytes.Contains(s[:min(len(s), 600)], []byte(`<?start name="`+b.ID+`">`)) && bytes.Contains(s, []byte("<?end></"))
}

// edit is a range of a markup to be written as something else.
type edit struct {
	start, end int
	text       []byte
	write      func(dst []byte) []byte // instead of text
}

// early makes HTML of the parts whose wire text is ready before the shell is written: they stand in place, too. What only
// the browser takes stays wire text, and comes late.
func (st *stream) early() {
	var list []*part
	var find func(parts []*part)
	find = func(parts []*part) {
		for _, p := range parts {
			if p.finished && p.wire {
				list = append(list, p)
			}
			if p.finished {
				find(p.children)
			}
		}
	}
	st.mu.Lock()
	find(st.top)
	st.mu.Unlock()
	for _, p := range list { // what has finished does not change any more
		ctx, cancel := context.WithTimeout(st.ctx, time.Second)
		markup, ok, err := st.site.rend.HTMLOfWire(ctx, p.host, st.site.host(st.q), string(p.content))
		cancel()
		if ok && err == nil {
			st.mu.Lock()
			p.content, p.wire = markup, false
			st.mu.Unlock()
		}
	}
}

// place returns the edits of out for the finished ones of parts, with their nested ones in place. Called with
// mu held. What is in place counts as sent.
func (st *stream) place(out []byte, parts []*part) []edit {
	var edits []edit
	for _, p := range parts {
		if !p.finished || p.sent || p.wire {
			continue
		}
		start, end, ok := locate(out, p.b)
		if !ok {
			st.drop(p)
			continue
		}
		p.sent = true
		content := apply(p.content, st.place(p.content, p.children))
		edits = append(edits, edit{start: start, end: end, text: render.AppendSlot(nil, p.b.ID, p.b.As, content)})
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.start - b.start })
	return edits
}

func apply(out []byte, edits []edit) []byte {
	if len(edits) == 0 {
		return out
	}
	return appendEdited(nil, out, edits)
}

func appendEdited(dst, out []byte, edits []edit) []byte {
	at := 0
	for _, e := range edits {
		if e.start < at {
			continue
		}
		dst = append(dst, out[at:e.start]...)
		if e.write != nil {
			dst = e.write(dst)
		} else {
			dst = append(dst, e.text...)
		}
		at = e.end
	}
	return append(dst, out[at:]...)
}

// chunks returns what has become ready to be sent: parts that are finished and whose parents were sent.
func (st *stream) chunks() (ready [][]byte) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for again := true; again; {
		again = false
		st.done = slices.DeleteFunc(st.done, func(p *part) bool {
			if p.sent {
				return true
			}
			if p.parent != nil && !p.parent.sent {
				return false
			}
			p.sent, again = true, true // those nested in p may go now
			if p.wire {
				ready = append(ready, st.wireChunk(p))
				return true
			}
			content := apply(p.content, st.place(p.content, p.children))
			ready = append(ready, render.AppendChunk(nil, p.b.ID, p.b.As, content))
			return true
		})
	}
	return ready
}

// wireChunk writes a part as wire text, after the definitions that the browser does not have yet. Called with
// mu held.
func (st *stream) wireChunk(p *part) []byte {
	var chunk []byte
	old := len(st.defined)
	for _, c := range p.host.Needs() {
		if !slices.Contains(st.defined, c) {
			st.defined = append(st.defined, c)
		}
	}
	if fresh := st.defined[old:]; len(fresh) > 0 {
		// What a component calls is defined with it.
		if all := st.site.rend.Definitions(st.defined...); all != st.definitions {
			st.definitions = all
			chunk = render.AppendSXDefs(nil, st.q.nonce, st.site.rend.Definitions(fresh...))
		}
	}
	return render.AppendSXChunk(chunk, st.q.nonce, p.b.ID, "(<>"+string(p.content)+")")
}

// pending reports whether something is still to come.
func (st *stream) pending() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	var any func(parts []*part) bool
	any = func(parts []*part) bool {
		for _, p := range parts {
			if !p.sent || any(p.children) {
				return true
			}
		}
		return false
	}
	return any(st.top)
}

// wait returns when something has finished, or with the reason why nothing more will come.
func (st *stream) wait() error {
	select {
	case <-st.ready:
		return nil
	case <-st.ctx.Done():
		return context.Cause(st.ctx)
	}
}

// settle waits until every part has finished, for clients that take the page whole.
func (st *stream) settle() error {
	for {
		st.mu.Lock()
		open := st.open
		st.mu.Unlock()
		if open == 0 {
			return nil
		}
		if err := st.wait(); err != nil {
			return err
		}
	}
}

// close cancels what still runs, and stops the timers.
func (st *stream) close(cause error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ctx == nil {
		return
	}
	st.stop(cause)
	var end func(parts []*part)
	end = func(parts []*part) {
		for _, p := range parts {
			p.timer.Stop()
			p.cancel(cause)
			end(p.children)
		}
	}
	end(st.top)
}
