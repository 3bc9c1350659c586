package render

import (
	"strings"
)

// invalidURL stands where a URL was refused. It does nothing when followed, and can be searched for.
const invalidURL = "about:invalid#sx"

// urlRule says what an attribute that holds a URL may be given.
type urlRule uint8

const (
	urlNone    urlRule = iota // not a URL
	urlAny                    // safe schemes and relative
	urlImage                  // besides, data:image/
	urlLoad                   // code or frames: literals, assets, same-origin paths, trusted URLs
	urlSet                    // srcset: candidates, each urlAny
	urlList                   // ping: URLs separated by blanks, each urlAny
	urlRefresh                // content of a meta refresh
	urlAnimate                // values of an SVG animation, separated by ";"
)

var safeSchemes = newSet("http https mailto tel sms")

// urlAttrs are the attributes that hold URLs on whatever element (WHATWG HTML, "Attributes"; SVG 2,
// "Linking"), except where loadAttrs says more.
var urlAttrs = map[string]urlRule{
	"href": urlAny, "src": urlAny, "action": urlAny, "formaction": urlAny, "poster": urlImage, "cite": urlAny,
	"data": urlAny, "manifest": urlAny, "ping": urlList, "xlink:href": urlAny, "srcset": urlSet,
	"imagesrcset": urlSet, "background": urlAny, "longdesc": urlAny, "codebase": urlLoad, "classid": urlLoad,
	"code": urlNone, "archive": urlLoad, "dynsrc": urlAny, "lowsrc": urlAny, "usemap": urlAny, "profile": urlAny,
	"icon": urlAny, "attributionsrc": urlList,

	"sx-get": urlLoad, "sx-post": urlLoad, "sx-put": urlLoad, "sx-patch": urlLoad, "sx-delete": urlLoad,
	"sx-push-url": urlLoad, "sx-replace-url": urlLoad, AttrLive: urlLoad, AttrWS: urlLoad,
}

// loadAttrs are those that load code or frames, by element and attribute.
var loadAttrs = map[string]urlRule{
	"script src": urlLoad, "script href": urlLoad, "script xlink:href": urlLoad,
	"link href": urlLoad, "iframe src": urlLoad, "frame src": urlLoad, "embed src": urlLoad, "object data": urlLoad,
	"base href": urlLoad, "applet code": urlLoad, "use href": urlAny, "use xlink:href": urlAny,
	"img src": urlImage, "source src": urlImage,
}

// urlRuleOf returns the rule for attribute attr (lower case) of element tag. The rules of SVG animations and
// of meta need the element's other attributes; see attrRule.
func urlRuleOf(tag, attr string) urlRule {
	if r, ok := loadAttrs[tag+" "+attr]; ok {
		return r
	}
	return urlAttrs[attr]
}

// safeURL returns u, or invalidURL when rule does not allow it. literal says that u stands in the source or
// was declared trustworthy: then an attribute that loads code takes other origins, yet never other schemes.
func safeURL(rule urlRule, u string, literal bool) string {
	switch rule {
	case urlAny, urlImage:
		if !allowedScheme(u, rule == urlImage) {
			return invalidURL
		}
	case urlLoad:
		if !allowedScheme(u, false) || !literal && !sameOrigin(u) {
			return invalidURL
		}
	case urlSet:
		return safeSrcset(u)
	case urlList:
		return safeList(u)
	case urlRefresh:
		return safeRefresh(u)
	case urlAnimate:
		return safeAnimate(u)
	}
	return u
}

// schemeOf returns the scheme of u in lower case as the URL parser would see it, or "" for a relative
// reference (WHATWG URL, "basic URL parser"): leading C0 controls and blanks are dropped, tabs and line
// breaks are dropped wherever they stand. Bytes that some parser might skip besides (anything up to 0x20,
// 0x7F to 0x9F, and Unicode's blanks and zero-width characters at the start) are skipped too: the answer
// only errs by refusing.
func schemeOf(u string) (scheme, rest string) {
	var buf [16]byte
	n := 0
	start := true
	for i, r := range u {
		switch {
		case r <= 0x20 || r >= 0x7F && r <= 0xA0:
			continue
		case start && (r == 0xFEFF || r == 0xFFFD || r >= 0x2000 && r <= 0x200F || r >= 0x2028 && r <= 0x202F || r == 0x3000 || r == 0xAD):
			continue
		case r == ':':
			return string(buf[:min(n, len(buf))]), u[i+1:]
		case r == '/' || r == '?' || r == '#' || r == '\\':
			return "", u
		}
		start = false
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		if r >= 0x80 {
			r = '?' // no scheme that is allowed
		}
		if n < len(buf) {
			buf[n] = byte(r)
		}
		n++
	}
	return "", u
}

// plainRelative tells at a glance that u is relative or of a web scheme. Most URLs are.
func plainRelative(u string) bool {
	if u == "" {
		return true
	}
	switch u[0] {
	case '/', '#', '?':
		return true
	}
	return strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://")
}

func allowedScheme(u string, image bool) bool {
	if plainRelative(u) {
		return true
	}
	scheme, rest := schemeOf(u)
	if scheme == "" && !strings.Contains(u, ":") {
		return true
	}
	if scheme == "" {
		// A colon after "/", "?" or "#" belongs to the path; one at the very start is a relative reference
		// to every parser.
		return true
	}
	if safeSchemes.has(scheme) {
		return true
	}
	return image && scheme == "data" && hasPrefixFold(strings.TrimLeft(rest, " \t\r\n\f"), "image/")
}

// sameOrigin reports whether u is a path on the page's own origin: no scheme, no authority, nothing that a
// parser drops on the way to finding one.
func sameOrigin(u string) bool {
	for i := range len(u) {
		if u[i] < 0x20 || u[i] == 0x7F {
			return false
		}
	}
	u = strings.TrimLeft(u, " ")
	if len(u) >= 2 && (u[0] == '/' || u[0] == '\\') && (u[1] == '/' || u[1] == '\\') {
		return false
	}
	if u != "" && u[0] == '\\' {
		return false
	}
	scheme, _ := schemeOf(u)
	return scheme == ""
}

// safeSrcset checks each candidate of a srcset (WHATWG HTML, "Parsing a srcset attribute"): a URL runs to
// the next blank, its trailing commas end the candidate; what follows up to a comma outside brackets are
// descriptors.
func safeSrcset(s string) string {
	if !strings.Contains(s, ":") {
		return s
	}
	var out []byte
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && (isSpace(s[i]) || s[i] == ',') {
			i++
		}
		out = append(out, s[start:i]...)
		start = i
		for i < len(s) && !isSpace(s[i]) {
			i++
		}
		url := strings.TrimRight(s[start:i], ",")
		ended := len(url) < i-start
		if url == "" {
			continue
		}
		// Parsers that split at every comma would see a URL in each part.
		safe := allowedScheme(url, false)
		for part := range strings.SplitSeq(url, ",") {
			safe = safe && allowedScheme(part, false)
		}
		if safe {
			out = append(out, url...)
		} else {
			out = append(out, invalidURL...)
		}
		out = append(out, s[start+len(url):i]...)
		if ended {
			continue
		}
		start = i
		for depth := 0; i < len(s) && (s[i] != ',' || depth > 0); i++ {
			switch s[i] {
			case '(':
				depth++
			case ')':
				depth = max(depth-1, 0)
			}
		}
		out = append(out, s[start:i]...)
	}
	return string(out)
}

// safeList checks each of several URLs separated by blanks.
func safeList(s string) string {
	safe := true
	for u := range strings.FieldsSeq(s) {
		safe = safe && allowedScheme(u, false)
	}
	if safe {
		return s
	}
	parts := strings.Fields(s)
	for i, u := range parts {
		if !allowedScheme(u, false) {
			parts[i] = invalidURL
		}
	}
	return strings.Join(parts, " ")
}

// safeRefresh checks the target of a meta refresh (WHATWG HTML, "shared declarative refresh steps"): digits
// and dots, then ";" or "," or blanks, then perhaps "url=" and a quote, then the URL.
func safeRefresh(s string) string {
	i := 0
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
		i++
	}
	digits := i
	for i < len(s) && (isSpace(s[i]) || s[i] == ';' || s[i] == ',') {
		i++
	}
	if i == digits && i < len(s) || digits == 0 && i == 0 {
		return s // no refresh to any parser: "width=device-width"
	}
	url := s[i:]
	if hasPrefixFold(url, "url") {
		if rest := strings.TrimLeft(url[3:], " \t\r\n\f"); strings.HasPrefix(rest, "=") {
			url = strings.TrimLeft(rest[1:], " \t\r\n\f")
		}
	}
	url = strings.TrimLeft(url, "'\"")
	if allowedScheme(url, false) {
		return s
	}
	return s[:digits] + ";url=" + invalidURL
}

// safeAnimate checks each value of an SVG animation, which may set a link.
func safeAnimate(s string) string {
	if !strings.Contains(s, ":") {
		return s
	}
	parts := strings.Split(s, ";")
	for i, p := range parts {
		if !allowedScheme(p, false) {
			parts[i] = invalidURL
		}
	}
	return strings.Join(parts, ";")
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }
