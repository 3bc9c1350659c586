package page

import (
	"bytes"
	"slices"
	"strings"
)

// assemble appends the page to dst and gives where its late boundaries go: what follows is the end of the
// document.
func (v *view) assemble(dst []byte, edits []edit) (page []byte, split int) {
	out, h := v.out, v.host
	if h.HeadEnd == 0 && h.BodyEnd == 0 && !startsDocument(out) {
		outer := &v.site.outer
		dst = append(dst, outer[0]...)
		dst = v.appendHead(dst)
		dst = append(dst, outer[1]...)
		dst = appendEdited(dst, out, edits)
		return append(dst, outer[2]...), len(dst)
	}
	end := h.BodyEnd
	if end == 0 || end > len(out) {
		end = len(out)
		if i := bytes.LastIndex(out, []byte("</html>")); i >= 0 {
			end = i
		}
	}
	insert := edit{start: h.HeadEnd, end: h.HeadEnd, write: v.appendHead}
	if h.HeadEnd == 0 {
		at := bytes.Index(out, []byte("<body"))
		if at < 0 {
			if at = bytes.IndexByte(out, '>') + 1; bytes.HasPrefix(out, []byte("<!")) {
				at += bytes.IndexByte(out[at:], '>') + 1
			}
		}
		insert = edit{start: at, end: at, write: func(dst []byte) []byte {
			return append(v.appendHead(append(dst, "<head>"...)), "</head>"...)
		}}
	}
	edits = append(edits, insert)
	if e, ok := v.titleEdit(out[:h.HeadEnd]); ok {
		edits = append(edits, e)
	}
	if len(edits) > 1 {
		slices.SortFunc(edits, func(a, b edit) int { return a.start - b.start })
	}
	if len(out) == 0 || out[0] != '<' || !hasFold(out, "<!doctype") {
		dst = append(dst, "<!DOCTYPE html>"...)
	}
	dst = appendEdited(dst, out[:end], edits)
	return append(dst, out[end:]...), len(dst)
}

// startsDocument reports whether markup brings a document of its own.
func startsDocument(out []byte) bool { return hasFold(out, "<html") || hasFold(out, "<!doctype") }

// hasFold reports whether out begins with prefix, in whatever case.
func hasFold(out []byte, prefix string) bool {
	return len(out) >= len(prefix) && strings.EqualFold(string(out[:len(prefix)]), prefix)
}
