package page_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/sx-framework/sxgo/page"
)

func TestEcho(t *testing.T) {
	g := newGates("a")
	app, err := page.New(fstest.MapFS{"app.sx": {Data: []byte(`
(defpage home :path "/" :content (<> (p "sx") (~suspense :id "a" (do (gate "a") (b "came later")))))
(defaction save :path "/save" () (redirect "/"))`)}}, page.WithSecret("x"), g.option())
	if err != nil {
		t.Fatal(err)
	}
	defer app.Shutdown(t.Context())
	e := echo.New()
	var log bytes.Buffer
	e.Use(middleware.LoggerWithConfig(middleware.LoggerConfig{Format: "${method} ${uri} ${status} ${bytes_out}\n", Output: &log}))
	e.Use(middleware.Recover())
	e.GET("/api", func(c echo.Context) error { return c.String(http.StatusOK, "echo") })
	app.Mount(e)
	srv := httptest.NewServer(e)
	defer srv.Close()
	s := &server{Server: srv, app: app}
	if _, body := s.get(t, "/api"); body != "echo" {
		t.Errorf("echo's own route: %q", body)
	}
	r := s.open(t, t.Context(), "/")
	lacks(t, "shell", r.until(`<?start name="a">`), "came later")
	close(g["a"])
	wants(t, "page", r.rest(), `<template for="a"><b>came later</b></template>`)
	if resp, _ := s.do(t, "POST", "/save", ""); resp.StatusCode != 303 {
		t.Errorf("action: %d", resp.StatusCode)
	}
	if resp, _ := s.get(t, "/nothing"); resp.StatusCode != 404 {
		t.Errorf("missing: %d", resp.StatusCode)
	}
	srv.Close()
	for _, want := range []string{"GET /api 200 4\n", "GET / 200 ", "POST /save 303 0\n", "GET /nothing 404 "} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
}
