package page

import (
	"slices"
	"strconv"

	"github.com/sx-framework/sxgo/sx"
)

// RouteInfo is one line of a listing of routes.
type RouteInfo struct {
	Method string // "GET"; empty for every method
	Path   string // of an error page its status: "404" or "500"
	Kind   string // "page", "error page", "handler", "action", "stream" or "socket"
	Name   string
	Place  string // file:line:col, or "Go"
	Static bool   // a page that reaches no IO and has no stream: the same for everyone, at any time
}

// Routes lists what is served, in the order of declaration, and then the program's own error pages.
func (a *App) Routes() []RouteInfo {
	s := a.current()
	var out []RouteInfo
	for _, r := range s.router.all {
		i := slices.IndexFunc(s.pages, func(p *pageDef) bool { return r.kind == "page" && p.name == r.name && p.errors == 0 })
		out = append(out, RouteInfo{r.method, r.pattern.text, r.kind, r.name, r.place, i >= 0 && s.pages[i].static()})
	}
	for _, p := range s.pages {
		if p.errors != 0 {
			out = append(out, RouteInfo{"", strconv.Itoa(p.errors), "error page", p.name, p.place, p.static()})
		}
	}
	return out
}

// static reports whether a page reaches no IO, has no guards and no stream.
func (p *pageDef) static() bool {
	fields := []*compiled{p.title, p.head, p.content, p.onError, p.status, p.headers}
	for _, d := range p.data {
		fields = append(fields, d.fn)
	}
	for _, c := range fields {
		if c != nil && c.fn.Effects() != sx.Pure {
			return false
		}
	}
	return len(p.live) == 0 && len(p.guards) == 0 && (p.pattern != nil || p.errors != 0)
}
