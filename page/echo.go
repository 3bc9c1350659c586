package page

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Mount serves the application by an echo router: what no route of the router's own matches goes to the
// application. Middleware that wraps the response writer works as long as it has Unwrap; middleware that
// collects or compresses responses must not stand before the application, which compresses by itself: it
// would hold streams back, and the answer to a WebSocket handshake.
func (a *App) Mount(e *echo.Echo) {
	serve := func(c echo.Context) error {
		// The writer beneath echo's own: streams find flushing and hijacking there without a detour. echo is
		// told what was sent, for its log.
		w := &echoWriter{ResponseWriter: c.Response().Writer, res: c.Response()}
		a.ServeHTTP(w, c.Request())
		return nil
	}
	e.Any("/", serve)
	e.Any("/*", serve)
}

// echoWriter passes a response on and notes status and size in echo's Response.
type echoWriter struct {
	http.ResponseWriter
	res *echo.Response
}

// WriteHeader notes the status.
func (w *echoWriter) WriteHeader(status int) {
	if status >= 200 && !w.res.Committed {
		w.res.Status, w.res.Committed = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes the size.
func (w *echoWriter) Write(b []byte) (int, error) {
	if !w.res.Committed {
		w.res.Status, w.res.Committed = http.StatusOK, true
	}
	n, err := w.ResponseWriter.Write(b)
	w.res.Size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController find the connection.
func (w *echoWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
