package sx

import (
	"strings"
)

// A full name says where a component lives: ~cards/user is in cards.sx or in cards/user.sx, ~cards/user/name in
// cards/user.sx, and with a namespace, ~shared:cards/user, in the library of that name. The folder components is no
// part of names, and in app.sx, which may be all of a small application, they may be any.

// misplaced warns where the full name of a component and its file differ. Short names are global.
func (l *loader) misplaced(name string, at *Site) {
	full := strings.TrimPrefix(name, "~")
	if !strings.Contains(full, "/") || at.src == nil {
		return
	}
	place, ok := placeOfFile(at.src.Name)
	if !ok {
		return
	}
	if dir := full[:strings.LastIndexByte(full, '/')]; place == dir || place == full {
		return
	}
	e := &Error{Kind: FormError, Warning: true, Message: name + " is in a file whose components are named ~" + place + "/…"}
	e.setPlace(at.place)
	l.prog.diags = append(l.prog.diags, e)
}

// placeOfFile gives what the names in a file begin with: "cards/user" of components/cards/user.sx.
func placeOfFile(file string) (string, bool) {
	path, ok := strings.CutSuffix(file, ".sx")
	if !ok || path == "app" {
		return "", false
	}
	ns := ""
	if i := strings.IndexByte(path, ':'); i >= 0 {
		ns, path = path[:i+1], path[i+1:]
	}
	var parts []string
	for _, p := range strings.Split(path, "/") {
		if p != "components" {
			parts = append(parts, p)
		}
	}
	return ns + strings.Join(parts, "/"), len(parts) > 0
}
