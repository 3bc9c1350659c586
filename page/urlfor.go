package page

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// urlFor returns the path of a page, handler or action by name. Arguments that are no path parameters go
// into the query.
func (s *site) urlFor(name string, args *sx.Dict) (string, error) {
	if r := s.named(name); r != nil {
		used := map[string]bool{}
		path, err := r.pattern.build(func(n string) (string, bool) {
			used[n] = true
			v, ok := args.Lookup(n)
			return plainText(v), ok
		})
		if err != nil {
			return "", fmt.Errorf("url-for: %w", err)
		}
		query := url.Values{}
		for i := range args.Len() {
			if k, v := args.At(i); !used[k] && !v.IsNil() {
				query.Add(k, plainText(v))
			}
		}
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
		return path, nil
	}
	return "", errors.New(s.notNamed(name))
}

// named returns the route of a page, handler or action, or nil.
func (s *site) named(name string) *route {
	for _, r := range s.router.all {
		if r.name == name && r.hasName() {
			return r
		}
	}
	return nil
}

// hasName reports whether url-for knows a route: streams and sockets are named by their addresses.
func (r *route) hasName() bool { return r.kind == "page" || r.kind == "handler" || r.kind == "action" }

func (s *site) notNamed(name string) string {
	var names []string
	for _, r := range s.router.all {
		if r.hasName() {
			names = append(names, r.name)
		}
	}
	return fmt.Sprintf("url-for: no page, handler or action %s%s", name, nearOrAll(name, names))
}

// checkURLFor looks at a call of url-for when the program is loaded: a page that is named literally must be there, and get
// the parameters of its path where all that it gets is written there.
func (d *declarations) checkURLFor(a *sx.Analyzer, at *sx.Site, args []sx.Expr) {
	name, ok := sx.IsLiteral(args[0])
	if !ok {
		return
	}
	r := d.site.named(plainText(name))
	if r == nil && d.names[plainText(name)] != nil {
		for _, p := range d.site.pages {
			if p.errors != 0 && p.name == plainText(name) {
				a.Errorf(args[0].Site(), sx.UndefinedError, "url-for: page %s is for status %d and has no path", p.name, p.errors)
			}
		}
		return // otherwise something is wrong with the page, which has been said
	}
	if r == nil {
		a.Errorf(args[0].Site(), sx.UndefinedError, "%s", d.site.notNamed(plainText(name)))
		return
	}
	var given []string
	if len(args) > 1 {
		if v, ok := sx.IsLiteral(args[1]); ok && v.Dict() != nil {
			for i := range v.Dict().Len() {
				key, _ := v.Dict().At(i)
				given = append(given, key)
			}
		} else if given, _, ok = sx.EntriesOf(args[1]); !ok {
			return
		}
	}
	for _, param := range r.pattern.params() {
		if !slices.Contains(given, param) {
			a.Errorf(at, sx.KeywordError, "url-for: path %q needs a value for <%s>", r.pattern.text, param)
			return
		}
	}
}

// checkAsset looks at a call of asset or asset-url when the program is loaded.
func (d *declarations) checkAsset(a *sx.Analyzer, at *sx.Site, args []sx.Expr) {
	name, ok := sx.IsLiteral(args[0])
	if !ok || d.site.assets == nil { // the folder could not be read, which is an error of its own
		return
	}
	if _, _, err := d.site.assets.urlOf(plainText(name)); err != nil {
		a.Errorf(args[0].Site(), sx.UndefinedError, "%v", err)
	}
}

// nearOrAll hints at the name that was meant, or at all there are.
func nearOrAll(name string, names []string) string {
	const most = 12
	for _, n := range names {
		if near(name, n) {
			return fmt.Sprintf(" (did you mean %s?)", n)
		}
	}
	switch {
	case len(names) == 0:
		return " (there are none)"
	case len(names) > most:
		return fmt.Sprintf(" (there are %s and %d more)", strings.Join(names[:most], ", "), len(names)-most)
	}
	return " (there are " + strings.Join(names, ", ") + ")"
}
