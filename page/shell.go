package page

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// The destinations of markup, by their index in a program.
const (
	htmlDest = render.DestHTML
	wireDest = render.DestWire
)

// slotStyle makes the wrappers of slots disappear from layout. It is a file of its own: a style element would
// need the nonce of the first page when the client takes in the next one.
const slotStyle = "[data-suspense]:where(div,span),[data-sx-live]:where(div),[data-sx-ws]:where(div){display:contents}"

// slotStyleURL changes with the text, so that browsers keep it for ever.
func slotStyleURL() string {
	sum := sha256.Sum256([]byte(slotStyle))
	return stylePrefix + hex.EncodeToString(sum[:6]) + ".css"
}

const stylePrefix = "/_sx/slots."

func serveSlotStyle(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	io.WriteString(w, slotStyle)
}

// leastShell is the size below which Safari paints nothing of a page that is still arriving.
const leastShell = 1024

// writeTimeout is how long a client may take to accept a part of a page.
const writeTimeout = 30 * time.Second

// crawler tells whether a user agent names itself a robot.
func crawler(agent string) bool {
	agent = strings.ToLower(agent)
	for _, mark := range [...]string{"bot", "crawl", "spider", "slurp", "facebookexternalhit", "whatsapp", "preview", "lighthouse"} {
		if strings.Contains(agent, mark) {
			return true
		}
	}
	return false
}

// plainHost is the host of markup that is rendered in one go.
func (s *site) plainHost(q *request) *render.Host {
	return &render.Host{Nonce: q.nonce, OnError: func(b *render.Boundary, err error) {
		s.logError("boundary "+b.ID+" at "+placeOf(b.Site), err)
	}}
}

func (s *site) host(q *request) *render.Host { return s.plainHost(q) }

// emitValue appends a value as a child.
func emitValue(m *sx.Machine, v sx.Value) {
	m.EmitCall(sx.PrimitiveOf(&sx.Primitive{Name: "value", F0: func(*sx.Machine) sx.Value { return v }}))
}

// servePage answers a GET or HEAD request for a page.
func (s *site) servePage(w http.ResponseWriter, r *http.Request, q *request, p *pageDef) {
	query, err := parseFields(r.URL.RawQuery)
	if err != nil {
		s.fail(w, q, "page "+p.name, err)
		return
	}
	q.sub = &submission{query: query}
	s.renderPage(w, q, p, 0)
}

// renderPage evaluates a page and sends it. status 0 is the page's own.
func (s *site) renderPage(w http.ResponseWriter, q *request, p *pageDef, status int) {
	where := p.where
	began := q.trace.begin()
	ctx, cancel := context.WithTimeoutCause(withRequest(q.r.Context(), q), s.app.limits.Timeout, errTooSlow)
	defer cancel()
	if err := s.app.acquire(ctx); err != nil {
		s.fail(w, q, where, err)
		return
	}
	held := true
	release := func() {
		if held {
			s.app.release()
			held = false
		}
	}
	defer release()
	if err := s.runGuards(ctx, q, p.guards); err != nil {
		s.fail(w, q, where, err)
		return
	}
	values := make([]sx.Value, len(q.params), len(p.names))
	for i, param := range q.params {
		values[i] = param.Value
	}
	values, err := s.loadData(ctx, p, values)
	if err != nil {
		s.fail(w, q, where, p.framed(err))
		return
	}
	v := newView(view{site: s, q: q, page: p, values: values, status: status})
	q.page, q.values = p, values
	defer v.done()
	defer v.stream.close(errResponseOver)
	if err := v.evaluate(ctx); err != nil {
		v.stream.close(err)
		err = p.framed(err)
		if s.pageError(ctx, w, q, p, values, err) {
			return
		}
		s.fail(w, q, where, err)
		return
	}
	release() // the boundaries hold places of their own
	q.trace.part("shell", began, nil)
	v.send(w)
}

// framed ends the chain of an error with the page.
func (p *pageDef) framed(err error) error {
	var e *sx.Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Frames = append(slices.Clone(e.Frames), sx.CallFrame{Name: "page " + p.name, Pos: p.site.Pos()})
	return &c
}

var errResponseOver = errors.New("the response is over")

// renderErrorPage renders the program's own page for a status.
func (s *site) renderErrorPage(w http.ResponseWriter, q *request, p *pageDef, status int, message string) error {
	ctx, cancel := context.WithTimeoutCause(withRequest(q.r.Context(), q), s.app.limits.Timeout, errTooSlow)
	defer cancel()
	values, err := s.loadData(ctx, p, []sx.Value{sx.Int(status), sx.String(message)})
	if err != nil {
		return err
	}
	v := newView(view{site: s, q: q, page: p, values: values, status: status, whole: true})
	defer v.done()
	defer v.stream.close(errResponseOver)
	if err := v.evaluate(ctx); err != nil {
		return err
	}
	v.send(w)
	return nil
}

// pageError shows :error of a page whose evaluation failed before anything was sent. It reports false when
// there is none, or when it fails itself.
func (s *site) pageError(ctx context.Context, w http.ResponseWriter, q *request, p *pageDef, values []sx.Value, cause error) bool {
	if p.onError == nil || !sx.Catchable(cause) {
		return false
	}
	s.logError("page "+p.name, cause)
	v := newView(view{site: s, q: q, page: p, values: values, status: http.StatusInternalServerError, whole: true, cause: cause})
	defer v.done()
	defer v.stream.close(errResponseOver)
	if err := v.evaluate(ctx); err != nil {
		s.logError(":error of page "+p.name, err)
		return false
	}
	v.send(w)
	return true
}

// view is one page being evaluated and sent.
type view struct {
	site   *site
	q      *request
	page   *pageDef
	values []sx.Value
	status int
	stream *stream
	whole  bool  // not streamed
	cause  error // :error is shown instead of the content

	late  bool   // boundaries follow the shell
	out   []byte // markup of the content
	buf   *buffer
	host  *render.Host
	title string
	head  string
}

// newView gives a view with the stream of its boundaries, and its host, in one allocation.
func newView(of view) *view {
	all := &struct {
		view
		stream
		host render.Host
	}{view: of, stream: stream{site: of.site, page: of.page, q: of.q}}
	all.view.stream, all.view.host = &all.stream, &all.host
	return &all.view
}

// evaluate computes everything that is needed before the first byte: status, headers, title, head, shell.
func (v *view) evaluate(ctx context.Context) error {
	s, p := v.site, v.page
	v.whole = v.whole || p.cache != nil || flat(v.q.r)
	v.stream.whole = v.whole
	m := s.prog.Machine(ctx, htmlDest)
	defer m.Release()
	*v.host = *s.plainHost(v.q)
	v.host.Runner, v.host.Hoist = v.stream, true
	v.host.Slot = func(id string) ([]byte, bool) { return s.slotNow(ctx, v, id) }
	m.Host = v.host
	v.buf = s.app.buffers.get()
	m.Out = v.buf.b
	return m.Protect(func() {
		if v.cause != nil {
			m.EmitCall(m.Call(p.onError.value, v.values...), sx.ErrorValue(v.cause))
			v.out = m.Out
			return
		}
		if v.status == 0 {
			v.status = http.StatusOK
			if p.status != nil {
				status, err := statusArg(":status", m.Call(p.status.value, v.values...), 200, 599)
				if err != nil {
					m.Throw(err)
				}
				v.status = status
			}
		}
		if p.headers != nil {
			d := m.Call(p.headers.value, v.values...).Dict()
			for i := range d.Len() {
				k, value := d.At(i)
				if err := v.q.setHeader(k, plainText(value)); err != nil {
					m.Throw(err)
				}
			}
		}
		m.EmitCall(p.content.value, v.values...)
		v.out = m.Out
		m.Out = nil
		if p.title != nil {
			v.title = plainText(m.Call(p.title.value, v.values...))
		}
		if p.head != nil {
			m.Host = &render.Host{Nonce: v.host.Nonce}
			m.EmitCall(p.head.value, v.values...)
			v.head = string(m.Out)
		}
	})
}

// done gives the buffer back.
func (v *view) done() {
	if v.buf != nil {
		v.buf.b = v.out
		v.site.app.buffers.put(v.buf)
		v.buf, v.out = nil, nil
	}
}

// send writes the page: whole, or the shell first and each boundary when it is ready.
func (v *view) send(w http.ResponseWriter) {
	s, q, st := v.site, v.q, v.stream
	if v.whole {
		if err := st.settle(); err != nil {
			s.fail(w, q, "page "+v.page.name, err)
			return
		}
	}
	st.early()
	st.mu.Lock()
	edits := st.place(v.out, st.top)
	st.mu.Unlock()
	v.late = st.pending()
	h := w.Header()
	if err := q.commit(w); err != nil {
		q.sent = false
		s.fail(w, q, "page "+v.page.name, err)
		return
	}
	buf := s.app.buffers.get()
	page, split := v.assemble(buf.b, edits)
	defer func() { buf.b = page; s.app.buffers.put(buf) }()
	var hashes []string
	if v.page.cache != nil {
		page, hashes = hashInline(page, q.nonce)
		split = len(page)
	}
	v.writeHeaders(h, page, hashes)
	status := q.statusOr(v.status)
	if v.page.cache != nil && status == http.StatusOK && notModified(w, q.r) {
		return
	}
	if !v.late {
		s.writeWhole(w, q, status, page)
		return
	}
	v.sendStream(w, status, page[:split:split], page[split:])
}

func (v *view) sendStream(w http.ResponseWriter, status int, shell, tail []byte) {
	h := w.Header()
	h.Set("Cache-Control", v.cacheControl()[0]+", no-transform")
	h.Set("X-Accel-Buffering", "no")
	h.Add("Vary", "Accept-Encoding")
	coding := negotiate(v.q.r, "zstd", "br", "gzip")
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	w.WriteHeader(status)
	if v.q.r.Method == http.MethodHead {
		return
	}
	out := newSink(w, &v.site.app.packers, coding)
	defer out.close()
	if len(shell) < leastShell {
		shell = append(shell, padding(leastShell-len(shell))...)
	}
	if out.write(shell) != nil {
		return
	}
	for v.stream.pending() {
		for _, c := range v.stream.chunks() {
			if out.write(c) != nil {
				return // the client is gone; closing the stream cancels the rest
			}
		}
		if !v.stream.pending() {
			break
		}
		if v.stream.wait() != nil {
			return
		}
	}
	out.write(tail)
}

// padding is a comment of n bytes or a little more.
func padding(n int) []byte {
	return []byte("<!--" + strings.Repeat(" ", max(0, n-7)) + "-->")
}

// sink writes a page part by part, through a compressor or not. Each part has a deadline.
type sink struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	packers *compressors
	coding  string
	enc     encoder
}

func newSink(w http.ResponseWriter, packers *compressors, coding string) *sink {
	k := &sink{w: w, rc: http.NewResponseController(w), packers: packers, coding: coding}
	if coding != "" {
		k.enc = packers.open(coding, w)
	}
	return k
}

func (k *sink) write(data []byte) error {
	// The server's own write timeout would cut the page; a deadline for each part does not. A writer that
	// knows no deadlines keeps the server's.
	if err := k.rc.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if k.enc == nil {
		if _, err := k.w.Write(data); err != nil {
			return err
		}
	} else {
		if _, err := k.enc.Write(data); err != nil {
			return err
		}
		if err := k.enc.Flush(); err != nil {
			return err
		}
	}
	if err := k.rc.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

func (k *sink) close() {
	if k.enc != nil {
		k.enc.Close()
		k.packers.put(k.coding, k.enc)
	}
	k.rc.SetWriteDeadline(time.Time{}) // the connection may serve another request
}

// writeWhole sends a body that is complete.
func (s *site) writeWhole(w http.ResponseWriter, q *request, status int, body []byte) {
	h := w.Header()
	if len(body) >= 860 && len(h["Content-Encoding"]) == 0 && compressible(h.Get("Content-Type")) {
		if len(h["Vary"]) == 0 {
			h["Vary"] = s.fixed.vary
		} else {
			h.Add("Vary", "Accept-Encoding")
		}
		if coding := negotiate(q.r, "zstd", "br", "gzip"); coding != "" {
			var b bytes.Buffer
			b.Grow(len(body) / 3)
			enc := s.app.packers.open(coding, &b)
			enc.Write(body) // writing to memory does not fail
			enc.Close()
			s.app.packers.put(coding, enc)
			h.Set("Content-Encoding", coding)
			body = b.Bytes()
		}
	}
	if status != http.StatusNoContent {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	if q.r.Method != http.MethodHead && status != http.StatusNoContent {
		w.Write(body)
	}
}

func (v *view) cacheControl() []string {
	v.q.mu.Lock()
	defer v.q.mu.Unlock()
	if v.q.private {
		return v.site.fixed.private
	}
	return v.site.fixed.public
}

// writeHeaders sets the headers of a page. hashes are those of the inline scripts and styles of a page with :cache.
func (v *view) writeHeaders(h http.Header, page []byte, hashes []string) {
	s, p := v.site, v.page
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = s.fixed.html
	}
	if len(h["Content-Language"]) == 0 {
		h["Content-Language"] = s.fixed.lang
	}
	s.fixed.secure(h)
	if p.cache == nil {
		h["Content-Security-Policy"] = []string{s.policyFor(v.q.nonce)}
		if len(h["Cache-Control"]) == 0 {
			h["Cache-Control"] = v.cacheControl()
		}
		return
	}
	h.Set("Content-Security-Policy", s.cachedPolicy)
	if len(hashes) > 0 {
		h.Set("Content-Security-Policy", s.policyOfHashes(hashes))
	}
	if v.status != http.StatusOK || v.q.r.Method != http.MethodGet && v.q.r.Method != http.MethodHead {
		h.Set("Cache-Control", "no-store") // an error, or a form that was refused
		return
	}
	h.Set("Cache-Control", p.cache.header())
	for _, name := range p.cache.vary {
		h.Add("Vary", name)
	}
	sum := sha256.Sum256(page)
	h.Set("Etag", `W/"`+base64.RawURLEncoding.EncodeToString(sum[:15])+`"`)
}

// assemble appends the page to dst and gives where its late boundaries go: what follows is the end of the
// document.
func (v *view) assemble(dst []byte, edits []edit) (page []byte, split int) {
	out, h := v.out, v.host
	if h.HeadEnd == 0 && h.BodyEnd == 0 && !startsDocument(out) {
		outer := &v.site.outer
		dst = append(dst, outer[0]...)
		dst = v.appendHead(dst)
		dst = append(dst, outer[1]...)
		dst = appendEdited(dst, out, edits)
		return append(dst, outer[2]...), len(dst)
	}
	end := h.BodyEnd
	if end == 0 || end > len(out) {
		end = len(out)
		if i := bytes.LastIndex(out, []byte("</html>")); i >= 0 {
			end = i
		}
	}
	insert := edit{start: h.HeadEnd, end: h.HeadEnd, write: v.appendHead}
	if h.HeadEnd == 0 {
		at := bytes.Index(out, []byte("<body"))
		if at < 0 {
			if at = bytes.IndexByte(out, '>') + 1; bytes.HasPrefix(out, []byte("<!")) {
				at += bytes.IndexByte(out[at:], '>') + 1
			}
		}
		insert = edit{start: at, end: at, write: func(dst []byte) []byte {
			return append(v.appendHead(append(dst, "<head>"...)), "</head>"...)
		}}
	}
	edits = append(edits, insert)
	if e, ok := v.titleEdit(out[:h.HeadEnd]); ok {
		edits = append(edits, e)
	}
	if len(edits) > 1 {
		slices.SortFunc(edits, func(a, b edit) int { return a.start - b.start })
	}
	if len(out) == 0 || out[0] != '<' || !hasFold(out, "<!doctype") {
		dst = append(dst, "<!DOCTYPE html>"...)
	}
	dst = appendEdited(dst, out[:end], edits)
	return append(dst, out[end:]...), len(dst)
}

func startsDocument(out []byte) bool { return hasFold(out, "<html") || hasFold(out, "<!doctype") }

// hasFold tells whether out begins with prefix, in whatever case.
func hasFold(out []byte, prefix string) bool {
	return len(out) >= len(prefix) && strings.EqualFold(string(out[:len(prefix)]), prefix)
}
