package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
)

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
	var hashes inlineHashes
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

// sendStream sends the shell, each boundary when it is ready, and the end of the document.
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

// leastCompressed is the size from which a body is worth compressing: below it fills one packet either way.
const leastCompressed = 860

// writeWhole sends a body that is complete.
func (s *site) writeWhole(w http.ResponseWriter, q *request, status int, body []byte) {
	h := w.Header()
	if len(body) >= leastCompressed && len(h["Content-Encoding"]) == 0 && compressible(h.Get("Content-Type")) {
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

// cacheControl returns the header of a page without :cache: private when the evaluation touched what belongs to one visitor.
func (v *view) cacheControl() []string {
	v.q.mu.Lock()
	defer v.q.mu.Unlock()
	if v.q.private {
		return v.site.fixed.private
	}
	return v.site.fixed.public
}

// writeHeaders sets the headers of a page. hashes are those of the inline scripts and styles of a page with :cache.
func (v *view) writeHeaders(h http.Header, page []byte, hashes inlineHashes) {
	s, p := v.site, v.page
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = s.fixed.html
	}
	if len(h["Content-Language"]) == 0 {
		h["Content-Language"] = s.fixed.lang
		if lang := languageOf(v.out); lang != nil && string(lang) != s.fixed.lang[0] {
			h["Content-Language"] = []string{string(lang)}
		}
	}
	s.fixed.secure(h)
	if v.cause != nil {
		h["Cache-Control"] = []string{"no-store"}
	}
	if p.cache == nil {
		h["Content-Security-Policy"] = []string{s.policyFor(v.q.nonce)}
		if len(h["Cache-Control"]) == 0 {
			h["Cache-Control"] = v.cacheControl()
		}
		return
	}
	h.Set("Content-Security-Policy", s.cachedPolicy)
	if len(hashes.scripts)+len(hashes.styles) > 0 {
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
