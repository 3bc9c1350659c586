package page

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// A pattern is the :path of a page, handler or stream: "/articles/<slug>/<int:page>". A segment is literal
// text, or one parameter with literal text around it ("/feeds/<name>.xml"). <path:rest> takes all that is
// left, slashes included, and stands last.

type paramKind uint8

// The order is the order of matching: what says more comes first.
const (
	literalSegment paramKind = iota
	intParam
	stringParam
	pathParam
)

type segment struct {
	kind           paramKind
	name           string // of the parameter
	prefix, suffix string // literal text around a parameter; prefix alone for a literal
}

type pattern struct {
	text     string
	segments []segment
}

// param is one parameter's value in a request.
type param struct {
	Name  string
	Value sx.Value // a number for <int:…>, a string otherwise
}

// parsePattern reads a pattern. Parameter names are unique and are symbols of the language.
func parsePattern(text string) (*pattern, error) {
	if !strings.HasPrefix(text, "/") {
		return nil, fmt.Errorf("path %q must begin with a slash", text)
	}
	if strings.ContainsAny(text, "?# \t\r\n\\") {
		return nil, fmt.Errorf("path %q holds a character that no path has: one of ? # \\ or a blank", text)
	}
	p := &pattern{text: text}
	seen := map[string]bool{}
	parts := strings.Split(text[1:], "/")
	for i, part := range parts {
		s, err := parseSegment(part)
		if err != nil {
			return nil, fmt.Errorf("path %q: %w", text, err)
		}
		switch {
		case s.kind == pathParam && i != len(parts)-1:
			return nil, fmt.Errorf("path %q: <path:%s> takes the rest of the path and must stand last", text, s.name)
		case s.kind == literalSegment && s.prefix == "" && i != len(parts)-1,
			s.prefix == "." || s.prefix == "..":
			return nil, fmt.Errorf("path %q has an empty or dotted segment, which no request reaches", text)
		}
		if s.name != "" {
			if seen[s.name] {
				return nil, fmt.Errorf("path %q names <%s> twice", text, s.name)
			}
			seen[s.name] = true
		}
		p.segments = append(p.segments, s)
	}
	return p, nil
}

func parseSegment(part string) (segment, error) {
	open := strings.IndexByte(part, '<')
	if open < 0 {
		if strings.IndexByte(part, '>') >= 0 {
			return segment{}, fmt.Errorf("unexpected > in %q", part)
		}
		return segment{kind: literalSegment, prefix: part}, nil
	}
	end := strings.IndexByte(part[open:], '>')
	if end < 0 {
		return segment{}, fmt.Errorf("missing > in %q", part)
	}
	end += open
	s := segment{kind: stringParam, prefix: part[:open], suffix: part[end+1:], name: part[open+1 : end]}
	if strings.ContainsAny(s.suffix, "<>") {
		return segment{}, fmt.Errorf("two parameters in one segment %q: separate them with a slash", part)
	}
	if kind, name, ok := strings.Cut(s.name, ":"); ok {
		s.name = name
		switch kind {
		case "int":
			s.kind = intParam
		case "path":
			s.kind = pathParam
		case "str", "string":
		default:
			return segment{}, fmt.Errorf("unknown parameter kind <%s:…> (there are <name>, <int:name> and <path:name>)", kind)
		}
	}
	if s.kind == pathParam && (s.prefix != "" || s.suffix != "") {
		return segment{}, fmt.Errorf("<path:%s> must be a segment of its own", s.name)
	}
	if s.name == "" || strings.ContainsAny(s.name, "<>()[]{}\"'`,;@:# ") {
		return segment{}, fmt.Errorf("bad parameter name %q", s.name)
	}
	return s, nil
}

// shape is the pattern without parameter names: two patterns of one shape match the same requests.
func (p *pattern) shape() string {
	var b strings.Builder
	for _, s := range p.segments {
		b.WriteByte('/')
		switch s.kind {
		case literalSegment:
			b.WriteString(s.prefix)
		case intParam:
			b.WriteString(s.prefix + "<int>" + s.suffix)
		case stringParam:
			b.WriteString(s.prefix + "<>" + s.suffix)
		case pathParam:
			b.WriteString("<path>")
		}
	}
	return b.String()
}

// params returns the names of the parameters from left to right.
func (p *pattern) params() []string {
	var names []string
	for _, s := range p.segments {
		if s.name != "" {
			names = append(names, s.name)
		}
	}
	return names
}

// build fills the pattern's parameters from arg, escaped for a URL.
func (p *pattern) build(arg func(name string) (string, bool)) (string, error) {
	var b strings.Builder
	for _, s := range p.segments {
		b.WriteByte('/')
		if s.kind == literalSegment {
			b.WriteString(s.prefix)
			continue
		}
		v, ok := arg(s.name)
		if !ok || v == "" {
			return "", fmt.Errorf("path %q needs a value for <%s>", p.text, s.name)
		}
		b.WriteString(s.prefix)
		switch s.kind {
		case intParam:
			if _, ok := parseInt(v); !ok {
				return "", fmt.Errorf("path %q needs an integer for <int:%s>, got %q", p.text, s.name, v)
			}
			b.WriteString(v)
		case stringParam:
			if v == "." || v == ".." {
				return "", fmt.Errorf("path %q cannot have %q for <%s>", p.text, v, s.name)
			}
			b.WriteString(url.PathEscape(v))
		case pathParam:
			for i, part := range strings.Split(v, "/") {
				if part == "" || part == "." || part == ".." {
					return "", fmt.Errorf("path %q cannot have %q for <path:%s>", p.text, v, s.name)
				}
				if i > 0 {
					b.WriteByte('/')
				}
				b.WriteString(url.PathEscape(part))
			}
		}
		b.WriteString(s.suffix)
	}
	return b.String(), nil
}

// parseInt reads the value of an <int:…> parameter: digits with an optional minus, within the exact range
// of SX numbers. Leading zeros are refused, so that one thing has one URL.
func parseInt(s string) (sx.Value, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > sx.MaxSafe || n < -sx.MaxSafe || strconv.FormatInt(n, 10) != s {
		return sx.Nil, false
	}
	return sx.Number(float64(n)), true
}
