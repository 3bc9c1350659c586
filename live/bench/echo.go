package main

import (
	"net"
	"net/http"

	"github.com/labstack/echo/v4"
)

// echoHub is the plain hub as a handler of echo v4.
type echoHub struct{ *plain }

func (h *echoHub) serve(l net.Listener) {
	e := echo.New()
	e.GET("/t", func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentType, "text/event-stream")
		c.Response().WriteHeader(http.StatusOK) // its Flush does not note that the header is gone
		h.stream(c.Response(), c.Request())
		return nil
	})
	http.Serve(l, e)
}
