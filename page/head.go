package page

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"strings"

	"github.com/a-h/templ"

	"github.com/sx-framework/sxgo/client"
)

// wrap renders the built-in document once and cuts it at the places of head and body.
func (s *site) wrap() error {
	const head, body = "\x00head", "\x00body"
	var b bytes.Buffer
	if err := document(s.config.lang, templ.Raw(head), templ.Raw(body)).Render(context.Background(), &b); err != nil {
		return err
	}
	before, rest, ok := strings.Cut(b.String(), head)
	between, after, ok2 := strings.Cut(rest, body)
	if !ok || !ok2 {
		return errors.New("the built-in document has no place for head and body")
	}
	s.outer = [3]string{before, between, after}
	return nil
}

// titleEdit puts the page's :title in place of one that the layout wrote: browsers show the first.
func (v *view) titleEdit(head []byte) (edit, bool) {
	if v.title == "" {
		return edit{}, false
	}
	start := bytes.Index(head, []byte("<title"))
	if start < 0 {
		return edit{}, false
	}
	end := bytes.Index(head[start:], []byte("</title>"))
	if end < 0 {
		return edit{}, false
	}
	return edit{start: start, end: start + end + len("</title>")}, true
}

// languageOf returns what a document that begins with html says of its language, or nil.
func languageOf(out []byte) []byte {
	if len(out) > 1 && out[1] == '!' {
		_, out, _ = bytes.Cut(out, []byte(">"))
	}
	if !hasFold(out, "<html") {
		return nil
	}
	tag, _, _ := bytes.Cut(out, []byte(">"))
	_, value, _ := bytes.Cut(tag, []byte(` lang="`))
	lang, _, ok := bytes.Cut(value, []byte(`"`))
	if !ok || !languageTag(lang) {
		return nil
	}
	return lang
}

// languageTag tells whether s may be a language tag (RFC 5646), by its letters.
func languageTag[T string | []byte](s T) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return len(s) > 0
}

// appendHead appends what the framework adds to the end of head: title, what was hoisted, :head, assets, and
// the client.
func (v *view) appendHead(dst []byte) []byte {
	h := v.host
	switch {
	case v.title != "":
		dst = append(dst, "<title>"...)
		dst = append(dst, html.EscapeString(v.title)...)
		dst = append(dst, "</title>"...)
	case h.Title != "":
		dst = append(dst, h.Title...)
	case !bytes.Contains(v.out[:h.HeadEnd], []byte("<title")):
		dst = append(dst, "<title>"...)
		dst = append(dst, html.EscapeString(cmp.Or(v.site.config.name, v.page.name))...)
		dst = append(dst, "</title>"...)
	}
	for _, m := range h.Metas {
		dst = append(dst, m...)
	}
	dst = append(dst, v.head...)
	t := &v.site.tags
	links := t.links
	v.q.mu.Lock()
	if v.q.linked {
		links = nil
	}
	v.q.mu.Unlock()
	nonce := v.q.nonce
	if v.page.cache != nil {
		nonce = ""
	}
	dst = appendNonced(dst, links, nonce)
	dst = append(dst, t.style...)
	if v.late {
		dst = appendNonced(dst, t.inline, nonce)
	}
	dst = appendNonced(dst, v.page.script, nonce)
	if v.page.cache == nil {
		dst = appendNonced(dst, t.development, nonce)
	}
	return dst
}

// headTags are the tags of every page, cut at the places of the nonce attribute.
type headTags struct {
	links       []string // of assets, unless the layout names them itself
	style       string
	inline      []string // before the first chunk of a page that has some
	development []string
}

// appendNonced appends tags, with the nonce attribute between their parts unless the nonce is empty.
func appendNonced(dst []byte, parts []string, nonce string) []byte {
	for i, part := range parts {
		if i > 0 && nonce != "" {
			dst = append(dst, ` nonce="`...)
			dst = append(dst, nonce...) // base64: nothing to escape
			dst = append(dst, '"')
		}
		dst = append(dst, part...)
	}
	return dst
}

// buildTags computes the tags once, when everything is loaded.
func (s *site) buildTags() {
	const nonce = "\x00"
	var links strings.Builder
	for _, f := range s.assets.entries {
		if strings.HasPrefix(f.kind, "text/css") {
			fmt.Fprintf(&links, `<link rel="stylesheet" href="%s">`, f.url)
			continue
		}
		fmt.Fprintf(&links, `<script%s type="module" src="%s"></script>`, nonce, f.url)
	}
	s.tags.links = strings.Split(links.String(), nonce)
	s.tags.style = `<link rel="stylesheet" href="` + slotStyleURL() + `">`
	s.tags.inline = strings.Split("<script"+nonce+">"+client.Inline()+"</script>", nonce)
	if s.app.cfg.dev {
		s.tags.development = strings.Split("<script"+nonce+">"+developmentScript+"</script>", nonce)
	}
	s.fixed = newFixedHeaders(s.config.lang)
	s.cachedPolicy = s.policyOfHashes(inlineHashes{})
	s.noncePolicy = strings.Split(s.policy.header(func(string) []string { return []string{"'nonce-" + nonce + "'"} }), nonce)
}

// policyFor returns the policy of a response whose own scripts carry the nonce.
func (s *site) policyFor(nonce string) string { return strings.Join(s.noncePolicy, nonce) }
