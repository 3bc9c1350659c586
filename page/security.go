package page

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// policy builds the Content-Security-Policy of HTML responses: the default directives, extended by
// (defconfig :csp {…}). It is immutable.
type policy struct {
	directives []directive
}

type directive struct {
	name    string
	sources []string
}

// allowOrigin reports whether a page of an origin may open streams and sockets here: the site's own origin, with proxies
// seen through, and those of (defconfig :origins …).
func (a *App) allowOrigin(r *http.Request, origin string) bool {
	return strings.EqualFold(origin, originOf(r).url()) || slices.Contains(a.current().config.origins, origin)
}

const nonceMark = "'nonce-\x00'"

// defaultDirectives is the policy of spec "Default policy of HTML responses". 'strict-dynamic' lets scripts
// that carry the nonce load others; style attributes are allowed, since their values are checked.
func defaultDirectives() []directive {
	return []directive{
		{"default-src", []string{"'self'"}},
		{"script-src", []string{nonceMark, "'strict-dynamic'"}},
		{"style-src", []string{"'self'", nonceMark}},
		{"style-src-attr", []string{"'unsafe-inline'"}},
		{"img-src", []string{"'self'", "data:"}},
		{"object-src", []string{"'none'"}},
		{"base-uri", []string{"'none'"}},
		{"form-action", []string{"'self'"}},
		{"frame-ancestors", []string{"'self'"}},
		{"require-trusted-types-for", []string{"'script'"}},
	}
}

// newPolicy extends the default policy. Sources are added to their directive; a directive whose only source
// was 'none' loses it; an empty list removes the directive.
func newPolicy(extra []directive) (*policy, error) {
	p := &policy{directives: defaultDirectives()}
	for _, e := range extra {
		name := strings.ToLower(e.name)
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			return nil, fmt.Errorf("content security policy: %q is not the name of a directive", e.name)
		}
		for _, s := range e.sources {
			if s == "" || strings.ContainsAny(s, ";, \t\r\n\x00") {
				return nil, fmt.Errorf("content security policy: %q is not a source of %s", s, name)
			}
		}
		i := slices.IndexFunc(p.directives, func(d directive) bool { return d.name == name })
		switch {
		case i < 0:
			p.directives = append(p.directives, directive{name, e.sources})
		case len(e.sources) == 0:
			p.directives = slices.Delete(p.directives, i, i+1)
		default:
			old := slices.DeleteFunc(slices.Clone(p.directives[i].sources), func(s string) bool { return s == "'none'" })
			p.directives[i].sources = append(old, e.sources...)
		}
	}
	return p, nil
}

// header returns the policy's text. What allows the page's own scripts and styles is its nonce, or, for pages
// that caches may keep, the hashes of its inline scripts and styles.
func (p *policy) header(allow func(directive string) []string) string {
	var b strings.Builder
	for i, d := range p.directives {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(d.name)
		for _, s := range d.sources {
			if s == nonceMark {
				for _, a := range allow(d.name) {
					if a == nonceMark || !slices.Contains(d.sources, a) {
						b.WriteString(" " + a)
					}
				}
				continue
			}
			b.WriteString(" " + s)
		}
	}
	return b.String()
}

// formsMayGo reports whether the policy lets a form end up at an address, also by a redirect (CSP Level 3, "form-action
// Pre-Navigation Check").
func (p *policy) formsMayGo(address string) bool {
	i := slices.IndexFunc(p.directives, func(d directive) bool { return d.name == "form-action" })
	if i < 0 {
		return true
	}
	return slices.ContainsFunc(p.directives[i].sources, func(s string) bool {
		// Wildcards are taken at their word: this is for a warning.
		return strings.Contains(s, "*") || !strings.HasPrefix(s, "'") && strings.HasPrefix(strings.ToLower(address), strings.ToLower(s))
	})
}

// siteOfURL returns scheme and host of an address, for a log: what follows may be nobody else's business.
func siteOfURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// newNonce returns 128 random bits, as CSP Level 3 asks for.
func newNonce() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawStdEncoding.EncodeToString(b[:])
}

// fixedHeaders are values of headers that all responses share; appending to one copies it.
type fixedHeaders struct {
	html, lang, public, private, vary []string
	nosniff, referrer, frame, opener  []string
}

func newFixedHeaders(lang string) fixedHeaders {
	return fixedHeaders{
		html: []string{"text/html; charset=utf-8"}, lang: []string{lang},
		public: []string{"no-cache"}, private: []string{"private, no-cache"}, vary: []string{"Accept-Encoding"},
		nosniff: []string{"nosniff"}, referrer: []string{"strict-origin-when-cross-origin"},
		frame:  []string{"SAMEORIGIN"}, // for browsers that do not know frame-ancestors
		opener: []string{"same-origin"},
	}
}

// secure sets what every HTML response carries besides its policy.
func (f *fixedHeaders) secure(h http.Header) {
	h["X-Content-Type-Options"] = f.nosniff
	h["Referrer-Policy"] = f.referrer
	h["X-Frame-Options"] = f.frame
	h["Cross-Origin-Opener-Policy"] = f.opener
}

// sameOriginPath reports whether s is a path of this site: what redirect, sx-navigate and sx-push-url may
// take. Browsers read // and /\ as the start of a host, and drop control characters before they look.
func sameOriginPath(s string) bool {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.HasPrefix(s, "/\\") {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f || s[i] == '\\' {
			return false
		}
	}
	return true
}

// crossOrigin returns the protection of requests that change something: those that browsers send from other
// origins, same-site ones included, are refused. Sec-Fetch-Site decides, else Origin; what carries neither
// is no browser of today.
func crossOrigin(trusted []string) (*http.CrossOriginProtection, error) {
	c := http.NewCrossOriginProtection()
	for _, o := range trusted {
		if err := c.AddTrustedOrigin(o); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// sameSiteRead reports whether a request that reads with cookies, such as an event stream, may be answered:
// one sent by a page of another origin may not.
func sameSiteRead(r *http.Request, trusted []string) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
		o := r.Header.Get("Origin")
		if o == "" || o == originOf(r).url() {
			return true
		}
	}
	return slices.Contains(trusted, r.Header.Get("Origin"))
}
