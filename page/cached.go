package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"slices"
	"strings"
)

// inlineHashes are the sources of a policy that allow the scripts and styles that stand in a page, each once.
type inlineHashes struct{ scripts, styles []string }

// hashInline takes the nonces out of a page that caches keep, and gives the hashes of the inline scripts and
// styles that carried them, for the policy (Content Security Policy Level 3, "Does element match source list
// for type and source?"). The nonce is random and of this response alone, so that data cannot contain it.
func hashInline(page []byte, nonce string) (clean []byte, hashes inlineHashes) {
	mark := []byte(` nonce="` + html.EscapeString(nonce) + `"`)
	at := bytes.Index(page, mark)
	if at < 0 {
		return page, hashes
	}
	for ; at >= 0; at = bytes.Index(page, mark) {
		clean = append(clean, page[:at]...)
		name := clean[bytes.LastIndexByte(clean, '<')+1:]
		page = page[at+len(mark):]
		end, list := []byte("</script>"), &hashes.scripts
		if bytes.HasPrefix(name, []byte("style")) {
			end, list = []byte("</style>"), &hashes.styles
		} else if !bytes.HasPrefix(name, []byte("script")) {
			continue // a link
		}
		start := bytes.IndexByte(page, '>') + 1 // in attribute values it is escaped
		if n := bytes.Index(page[start:], end); n > 0 {
			if hash := "'sha256-" + hashOf(string(page[start:start+n])) + "'"; !slices.Contains(*list, hash) {
				*list = append(*list, hash)
			}
		}
	}
	return append(clean, page...), hashes
}

// notModified answers 304 when the client has the page already. The policy stays out of it: with hashes it
// belongs to the copy that the client has.
func notModified(w http.ResponseWriter, r *http.Request) bool {
	tag := strings.TrimPrefix(w.Header().Get("Etag"), "W/")
	for t := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			for _, name := range []string{"Content-Security-Policy", "Content-Type", "Content-Language"} {
				w.Header().Del(name)
			}
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// policyOfHashes returns the policy of a page that caches keep.
func (s *site) policyOfHashes(hashes inlineHashes) string {
	csp := s.policy.header(func(directive string) []string {
		if directive == "style-src" {
			return append([]string{"'self'"}, hashes.styles...)
		}
		return append([]string{"'self'"}, hashes.scripts...)
	})
	// strict-dynamic would ignore 'self', and with it the client's script.
	return strings.ReplaceAll(csp, " 'strict-dynamic'", "")
}
