package page

import (
	"net/http"
	"strings"
)

// flat reports whether a client gets the page whole and in order: crawlers, which may not wait for what comes late,
// browsers that save data, HTTP/1.0, which knows no chunked responses, and whoever asks with ?_sx=flat.
func flat(r *http.Request) bool {
	if r.URL.RawQuery != "" && r.URL.Query().Get("_sx") == "flat" || r.Header.Get("Save-Data") == "on" || r.ProtoMajor == 1 && r.ProtoMinor == 0 {
		return true
	}
	return crawler(r.UserAgent())
}

// crawler reports whether a user agent names itself a robot.
func crawler(agent string) bool {
	agent = strings.ToLower(agent)
	for _, mark := range [...]string{"bot", "crawl", "spider", "slurp", "facebookexternalhit", "whatsapp", "preview", "lighthouse"} {
		if strings.Contains(agent, mark) {
			return true
		}
	}
	return false
}
