package page

import (
	_ "embed"
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
// the page anew; a failed one shows the error over the page, which stays as it was. How the latest one went is the state of the
// topic: a page that was on its way meanwhile, or came later, is told too.

const (
	developmentTopic  = "development"
	developmentSource = "/_sx/live/(development)"
)

// Names of the events that development sends: the client acts on them in the page.
const (
	eventReload  = "sx:reload"
	eventOverlay = "sx:overlay"
)

func (a *App) announceReload() {
	a.announce(eventReload, map[string]any{"turn": a.current().turn})
}

func (a *App) announceFailure(err error) {
	a.announce(eventOverlay, map[string]any{"text": strings.Join(explain(err), "\n\n")})
}

func (a *App) announce(name string, what map[string]any) {
	if !a.cfg.dev {
		return
	}
	detail, err := json.Marshal(what)
	if err != nil {
		return
	}
	ev, err := live.FrameEvent(render.Frame{Event: render.EventDispatch, Name: name, Detail: detail})
	if err == nil {
		ev.Kind, ev.Slot = hub.Value, "reload"
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
	return fmt.Appendf(nil, `<script nonce="%s" data-turn="%d">%s</script><script nonce="%s" src="%s" async></script>`, nonce, s.turn, developmentScript, nonce, client.Script())
}

//go:embed development.js
var developmentScript string

var _ http.Handler = (*App)(nil)
