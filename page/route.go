package page

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/sx-framework/sxgo/sx"
)

// route is one thing that a path and a method lead to.
type route struct {
	method  string // "GET", "POST", …; "" is every method
	pattern *pattern
	kind    string // "page", "handler", "action", "stream", "socket": for messages and listings
	name    string
	place   string // where it is declared, for messages; may be ""
	serve   func(w http.ResponseWriter, r *http.Request, q *request)
}

// router finds routes. It is built once and then read by any number of goroutines.
//
// It is a tree of path segments. Below each node literal segments are tried first, then parameters with
// literal text around them (the longest first), then <int:…>, <name> and <path:…>: what a person would call
// more specific wins, wherever it was declared. Where a branch leads nowhere the next is tried, as in echo.
type router struct {
	root   *routeNode
	shapes map[string][]*route // by shape, for conflicts
	all    []*route
}

type routeNode struct {
	literal map[string]*routeNode
	params  []*paramEdge // sorted, most specific first
	routes  []*route     // that end here
}

type paramEdge struct {
	seg  segment
	node *routeNode
}

func newRouter() *router {
	return &router{root: &routeNode{}, shapes: map[string][]*route{}}
}

// add registers a route, or says which other route claims the same requests.
func (t *router) add(r *route) error {
	shape := r.pattern.shape()
	for _, o := range t.shapes[shape] {
		if o.method == r.method || o.method == "" || r.method == "" {
			return fmt.Errorf("%s %s: %s is claimed by %s %s%s already", r.kind, r.name, describeRoute(r), o.kind, o.name, at(o.place))
		}
	}
	t.shapes[shape] = append(t.shapes[shape], r)
	t.all = append(t.all, r)
	n := t.root
	for _, s := range r.pattern.segments {
		n = n.child(s)
	}
	n.routes = append(n.routes, r)
	return nil
}

func describeRoute(r *route) string {
	if r.method == "" {
		return r.pattern.text
	}
	return r.method + " " + r.pattern.text
}

func at(place string) string {
	if place == "" {
		return ""
	}
	return " at " + place
}

func (n *routeNode) child(s segment) *routeNode {
	if s.kind == literalSegment {
		if n.literal == nil {
			n.literal = map[string]*routeNode{}
		}
		if n.literal[s.prefix] == nil {
			n.literal[s.prefix] = &routeNode{}
		}
		return n.literal[s.prefix]
	}
	for _, e := range n.params {
		if e.seg.kind == s.kind && e.seg.prefix == s.prefix && e.seg.suffix == s.suffix {
			return e.node
		}
	}
	e := &paramEdge{s, &routeNode{}}
	n.params = append(n.params, e)
	sort.SliceStable(n.params, func(i, j int) bool {
		a, b := n.params[i].seg, n.params[j].seg
		if la, lb := len(a.prefix)+len(a.suffix), len(b.prefix)+len(b.suffix); la != lb {
			return la > lb
		}
		return a.kind < b.kind
	})
	return e.node
}

// find looks a path up. It returns the route and its parameters; or, if only other methods are served
// there, those methods; or nothing.
func (t *router) find(method string, segments []string) (*route, []param, []string) {
	var values [16]sx.Value
	s := search{method: method, segments: segments}
	if r := s.walk(t.root, 0, values[:0]); r != nil {
		names := r.pattern.params()
		params := make([]param, len(names))
		for i, n := range names {
			params[i] = param{n, s.values[i]}
		}
		return r, params, nil
	}
	return nil, nil, s.allow
}

type search struct {
	method   string
	segments []string
	values   []sx.Value // of the route found
	allow    []string   // of the most specific node that serves other methods
}

func (s *search) walk(n *routeNode, i int, values []sx.Value) *route {
	if i == len(s.segments) {
		return s.at(n, values)
	}
	seg := s.segments[i]
	if c := n.literal[seg]; c != nil {
		if r := s.walk(c, i+1, values); r != nil {
			return r
		}
	}
	for _, e := range n.params {
		if e.seg.kind == pathParam {
			rest := strings.Join(s.segments[i:], "/")
			if rest == "" {
				continue
			}
			if r := s.at(e.node, append(values, sx.String(rest))); r != nil {
				return r
			}
			continue
		}
		v := seg
		if !strings.HasPrefix(v, e.seg.prefix) || !strings.HasSuffix(v[len(e.seg.prefix):], e.seg.suffix) {
			continue
		}
		v = v[len(e.seg.prefix) : len(v)-len(e.seg.suffix)]
		if v == "" {
			continue
		}
		value := sx.String(v)
		if e.seg.kind == intParam {
			n, ok := parseInt(v)
			if !ok {
				continue
			}
			value = n
		}
		if r := s.walk(e.node, i+1, append(values, value)); r != nil {
			return r
		}
	}
	return nil
}

func (s *search) at(n *routeNode, values []sx.Value) *route {
	for _, r := range n.routes {
		if r.method == s.method || r.method == "" {
			s.values = slices.Clone(values)
			return r
		}
	}
	if s.method == http.MethodHead {
		for _, r := range n.routes {
			if r.method == http.MethodGet {
				s.values = slices.Clone(values)
				return r
			}
		}
	}
	if s.allow == nil && len(n.routes) > 0 {
		for _, r := range n.routes {
			s.allow = append(s.allow, r.method)
			if r.method == http.MethodGet {
				s.allow = append(s.allow, http.MethodHead)
			}
		}
		s.allow = append(s.allow, http.MethodOptions)
		sort.Strings(s.allow)
		s.allow = slices.Compact(s.allow)
	}
	return nil
}

// splitPath decodes a request path into segments. It refuses what only attacks and mistakes contain:
// dotted segments however they are encoded, NUL, backslashes, invalid UTF-8. clean is the path to redirect
// to when the request wrote it with empty segments.
func splitPath(u *url.URL) (segments []string, clean string, ok bool) {
	raw := u.EscapedPath()
	if !strings.HasPrefix(raw, "/") {
		return nil, "", false
	}
	parts := strings.Split(raw[1:], "/")
	segments = make([]string, 0, len(parts))
	empty := false
	for i, p := range parts {
		if p == "" && i < len(parts)-1 {
			empty = true
			continue
		}
		s, err := url.PathUnescape(p)
		if err != nil || strings.ContainsAny(s, "\x00\\") || !utf8.ValidString(s) || dotted(s) {
			return nil, "", false
		}
		segments = append(segments, s)
	}
	if empty {
		var b strings.Builder
		for _, s := range segments {
			b.WriteString("/" + url.PathEscape(s))
		}
		clean = b.String()
	}
	return segments, clean, true
}

// dotted reports whether a part of s between slashes (which a segment holds only when encoded) is . or ..
func dotted(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}

// otherSlash returns the path with its trailing slash added or removed, for a redirect, when that one is
// served for the method.
func (t *router) otherSlash(method string, segments []string) (string, bool) {
	n := len(segments)
	if n == 1 && segments[0] == "" {
		return "", false
	}
	var other []string
	if segments[n-1] == "" {
		other = segments[:n-1]
	} else {
		other = append(slices.Clip(segments), "")
	}
	r, _, _ := t.find(method, other)
	if r == nil {
		return "", false
	}
	var b strings.Builder
	for _, s := range other {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String(), true
}
