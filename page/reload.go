package page

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"

	"github.com/sx-framework/sxgo/client"
	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// In development every page carries a region that is subscribed to one topic. A reload tells it to fetch
// the page anew; a failed one shows the error over the page, which stays as it was.

const (
	developmentTopic  = "development"
	developmentSource = "/_sx/live/(development)"
)

// Names of the events that development sends: the client acts on them in the page.
const (
	eventReload  = "sx:reload"
	eventOverlay = "sx:overlay"
)

func (a *App) announceReload() { a.announce(eventReload, "") }

func (a *App) announceFailure(err error) {
	a.announce(eventOverlay, strings.Join(explain(err), "\n\n"))
}

func (a *App) announce(name, text string) {
	if !a.cfg.dev {
		return
	}
	detail, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return
	}
	ev, err := live.FrameEvent(render.Frame{Event: render.EventDispatch, Name: name, Detail: detail})
	if err == nil {
		_, err = a.hub.Publish(developmentTopic, ev)
	}
	if err != nil && err != hub.ErrClosed {
		a.log.Warn("open pages could not be told of the reload", "err", err)
	}
}

// developmentTags is what pages carry in development: a script that shows errors over the page and fetches
// it anew after a reload.
func (s *site) developmentTags(q *request) []byte {
	if !s.app.cfg.dev {
		return nil
	}
	nonce := html.EscapeString(q.nonce)
	return fmt.Appendf(nil, `<script nonce="%s">%s</script><script nonce="%s" src="%s" async></script>`, nonce, developmentScript, nonce, client.Script())
}

// developmentScript listens on the page's own connection. It builds the overlay by nodes, since Trusted
// Types are on, and asks the client to visit the page again, which keeps typed text and scroll.
const developmentScript = `addEventListener("DOMContentLoaded",()=>{const r=document.createElement("div");r.hidden=true;r.setAttribute("data-sx-live","` + developmentSource + `");document.body.append(r)});` +
	`addEventListener("sx:overlay",e=>{let o=document.getElementById("sx-overlay");if(!o){o=document.createElement("pre");o.id="sx-overlay";o.setAttribute("role","alert");o.style.cssText="position:fixed;inset:auto 1rem 1rem;z-index:2147483647;max-height:60vh;overflow:auto;padding:1rem;background:#2b1214;color:#ffdad6;border-radius:.5rem;font:14px/1.5 monospace;white-space:pre-wrap";document.body.append(o)}o.textContent=e.detail.text},true);` +
	`addEventListener("sx:reload",()=>{document.getElementById("sx-overlay")?.remove();window.Sx&&Sx.visit?Sx.visit(location.href,{replace:true,morph:true}):location.reload()},true)`

var _ http.Handler = (*App)(nil)
