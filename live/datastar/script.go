package datastar

import (
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/live"
)

// ErrScripts is what ExecuteScript returns without AllowScripts.
var ErrScripts = errors.New("datastar: scripts are not allowed on this stream: see AllowScripts")

// Attribute is one of a script element, as name and value.
type Attribute struct{ Name, Value string }

// Script is code to run in the page.
type Script struct {
	Code       string
	Attributes []Attribute
	Keep       bool // leave the script element in the page; it is removed by default
	EventID    string
	Retry      time.Duration // default 1s, which is not written
}

// Event returns the script as an event that appends a script element to the body. Code that would end the element is an error, as is an attribute
// whose name is not one. Whoever sends it decides that the page may run it: a Stream asks for AllowScripts.
func (p Script) Event() (live.Event, error) {
	if lower := strings.ToLower(p.Code); strings.Contains(lower, "</script") || strings.Contains(lower, "<!--") {
		// WHATWG HTML, "Restrictions for contents of script elements".
		return live.Event{}, errors.New(`datastar: script contains "</script" or "<!--": write "<\/script" or "\x3C!--" in its strings`)
	}
	var b strings.Builder
	b.WriteString("<script")
	if !p.Keep {
		b.WriteString(` data-effect="el.remove()"`)
	}
	for _, a := range p.Attributes {
		if a.Name == "" || strings.ContainsAny(a.Name, " \t\r\n\f\x00\"'<>/=") {
			return live.Event{}, fmt.Errorf("datastar: %q is not an attribute name", a.Name)
		}
		fmt.Fprintf(&b, ` %s="%s"`, a.Name, html.EscapeString(a.Value))
	}
	b.WriteString(">" + p.Code + "</script>")
	return Elements{HTML: b.String(), Selector: "body", Mode: Append, EventID: p.EventID, Retry: p.Retry}.Event()
}

// ExecuteScript runs code in the page, if the stream has AllowScripts.
func (s *Stream) ExecuteScript(p Script) error {
	if !s.scripts {
		return ErrScripts
	}
	ev, err := p.Event()
	if err != nil {
		return err
	}
	return s.Send(ev)
}
