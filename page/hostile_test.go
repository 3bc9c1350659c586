package page_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/sx-framework/sxgo/page"
)

func TestHostileRequests(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defpage home :path "/" :content (p "home"))
(defpage file :path "/files/<path:name>" :content (p name))
(defaction save :path "/save" (&key (title :as string)) (p "saved"))
(defaction upload :path "/upload" (&key file) (p (get file "size")))`, "public/a.txt", "public", ".env", "secret"})

	t.Run("cross-origin", func(t *testing.T) {
		for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			resp, body := s.do(t, "POST", "/save", "title=x", append(h, "Content-Type", form)...)
			if resp.StatusCode != 403 || strings.Contains(body, "saved") {
				t.Errorf("%v: got %d", h, resp.StatusCode)
			}
		}
		wants(t, "log", s.logs.String(), "cross-origin request refused")
	})

	t.Run("body of 100 MB", func(t *testing.T) {
		// Announced: refused at once. Not announced: refused when the limit is reached.
		for _, length := range []int64{100 << 20, -1} {
			r, err := http.NewRequest("POST", s.URL+"/save", io.LimitReader(zeros{}, 100<<20))
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = length
			r.Header.Set("Content-Type", form)
			resp, err := s.Client().Do(r)
			if err != nil { // the server may close before all was written
				continue
			}
			resp.Body.Close()
			if resp.StatusCode != 413 {
				t.Errorf("length %d: got %d", length, resp.StatusCode)
			}
		}
		s.logs.until(t, "a body of 104857600 bytes exceeds the limit of 10485760")
		s.logs.until(t, "the body exceeds the limit of 10485760 bytes")
	})

	t.Run("traversal", func(t *testing.T) {
		for _, path := range []string{"/../app.sx", "/%2e%2e/app.sx", "/..%2fapp.sx", "/files/..%2f..%2fapp.sx", "/%2e%2e%5capp.sx", "/.env", "/app.sx", "/public/a.txt",
			"/a.txt/../../app.sx", "/a.txt%00.html", "//app.sx", "/./app.sx", "/_sx/assets/../app.sx", "/_sx/client/../../app.sx"} {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			conn.Close()
			if resp.StatusCode == 200 || strings.Contains(string(body), "defpage") || strings.Contains(string(body), "secret") {
				t.Errorf("%s: got %d %s", path, resp.StatusCode, body)
			}
			if l := resp.Header.Get("Location"); strings.HasPrefix(l, "//") {
				t.Errorf("%s: redirected to another host: %s", path, l)
			}
		}
		s.logs.until(t, `status=404 method=GET path=/../app.sx reason="the path has dotted segments`)
	})

	t.Run("header of 1 MB and half a request", func(t *testing.T) {
		srv := httptest.NewUnstartedServer(nil)
		srv.Config = s.app.Server(s.app)
		srv.Config.ReadHeaderTimeout = 100 * time.Millisecond
		srv.Start()
		defer srv.Close()
		r, _ := http.NewRequest("GET", srv.URL+"/", nil)
		r.Header.Set("X-Big", strings.Repeat("x", 1<<20+8192))
		if resp, err := srv.Client().Do(r); err == nil {
			resp.Body.Close()
			if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("got %d", resp.StatusCode)
			}
		}
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("the connection of half a request stays open: %v", err)
		}
		s.logs.until(t, `msg="connection without a whole request" from=`+conn.LocalAddr().String())
		// net/http waits half a second before it closes the one with the large header.
		for deadline := time.Now().Add(10 * time.Second); strings.Count(s.logs.String(), "connection without a whole request") < 2; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the connection of the large header is not logged:\n%s", s.logs)
			}
		}
	})

	t.Run("half a body", func(t *testing.T) {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, "POST /save HTTP/1.1\r\nHost: x\r\nContent-Type: "+form+"\r\nContent-Length: 100\r\n\r\ntitle=")
		conn.Close()
		s.logs.until(t, `path=/save reason="the body could not be read"`)
	})

	t.Run("a body that stops", func(t *testing.T) {
		s := serve(t, []string{"app.sx", `(defaction save :path "/save" (&key title) (str "saved " title)) (defpage home :path "/" :content (p "x"))`},
			page.WithLimits(page.Limits{Timeout: 1500 * time.Millisecond, Evaluations: 1}))
		const head = "POST /save HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
		for _, kind := range []string{form, "text/plain"} { // one that is read, and one that is not
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprint(conn, head+"Content-Type: "+kind+"\r\n\r\ntitle=")
			// It takes nobody's place meanwhile.
			if resp, _ := s.get(t, "/"); resp.StatusCode != 200 {
				t.Errorf("meanwhile: %d", resp.StatusCode)
			}
			conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			answer, err := io.ReadAll(conn)
			if want := map[string]string{form: "HTTP/1.1 408 ", "text/plain": "HTTP/1.1 415 "}[kind]; err != nil || !strings.HasPrefix(string(answer), want) {
				t.Errorf("%s: got %v, %.60q, want %s", kind, err, answer, want)
			}
		}
		// One that comes slowly, and takes longer than an evaluation may, is taken; the connection serves more requests.
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, head+"Content-Type: "+form+"\r\n\r\n")
		for _, c := range "title=abc" {
			time.Sleep(200 * time.Millisecond) // what a slow line does
			fmt.Fprintf(conn, "%c", c)
		}
		fmt.Fprint(conn, head+"Content-Type: "+form+"\r\nConnection: close\r\n\r\ntitle=def")
		conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.Contains(string(answer), "saved abc") || !strings.Contains(string(answer), "saved def") {
			t.Errorf("a slow body: %v, %q", err, answer)
		}
	})

	t.Run("1,000 at once", func(t *testing.T) {
		var wg sync.WaitGroup
		var failed atomic.Int64
		tr := &http.Transport{MaxIdleConnsPerHost: 50, MaxConnsPerHost: 200}
		defer tr.CloseIdleConnections()
		c := &http.Client{Transport: tr}
		for range 1000 {
			wg.Go(func() {
				resp, err := c.Get(s.URL + "/")
				if err != nil {
					failed.Add(1)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != 200 {
					failed.Add(1)
				}
			})
		}
		wg.Wait()
		if n := failed.Load(); n > 0 {
			t.Errorf("%d of 1,000 requests failed", n)
		}
	})
	if resp, body := s.get(t, "/"); resp.StatusCode != 200 || !strings.Contains(body, "<p>home</p>") {
		t.Errorf("afterwards: %d", resp.StatusCode)
	}
}

// Nonsense does not fill the log: there are so many lines a second, and the rest is counted.
func TestRefusalsDoNotFillTheLog(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage home :path "/" :content (p "home"))`})
	began, sent := time.Now(), 0
	for ; !strings.Contains(s.logs.String(), " more="); sent++ {
		if resp, _ := s.get(t, "/%2e%2e/app.sx"); resp.StatusCode != 404 {
			t.Fatalf("got %d", resp.StatusCode)
		}
		if time.Since(began) > 30*time.Second {
			t.Fatal("nothing is counted")
		}
	}
	lines := strings.Count(s.logs.String(), "request refused")
	if most := 20 * int(time.Since(began)/time.Second+2); lines > most || lines >= sent {
		t.Errorf("%d lines for %d requests in %v", lines, sent, time.Since(began))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestLeavingCancelsBoundaries(t *testing.T) {
	var running, ended atomic.Int64
	s := serve(t, []string{"app.sx", `(defpage p :path "/" :content (main
	  (~suspense :id "a" (p (work))) (~suspense :id "b" (p (work)))))`},
		page.WithPrimitive("work", "(work)", func(ctx context.Context) string {
			running.Add(1)
			<-ctx.Done()
			ended.Add(1)
			return "x"
		}))
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	r := s.open(t, ctx, "/")
	r.until(`<?start name="b">`)
	for running.Load() < 2 {
		runtime.Gosched()
	}
	cancel()
	deadline := time.Now().Add(5 * time.Second)
	for (ended.Load() < 2 || runtime.NumGoroutine() > before+1) && time.Now().Before(deadline) {
		s.Client().CloseIdleConnections()
		time.Sleep(time.Millisecond) // polled: the server notices a closed connection in its own time
	}
	if ended.Load() != 2 {
		t.Errorf("%d of 2 boundaries ended when the client had left", ended.Load())
	}
	if n := runtime.NumGoroutine(); n > before+1 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	lacks(t, "log", s.logs.String(), "boundary failed")
}

func TestCompression(t *testing.T) {
	g := newGates("gzip", "br", "zstd")
	s := serve(t, []string{"app.sx", `
(defpage whole :path "/" :content (map (fn (i) (p "some words that repeat")) (range 200)))
(defpage streamed :path "/streamed" :content (main (h1 "shell here") (~suspense :id "a" (do (gate (request-arg "gate")) (b "arrived")))))`}, g.option())
	open := map[string]func(io.Reader) (io.Reader, error){
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		"zstd": func(r io.Reader) (io.Reader, error) {
			d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
			return d, err
		},
	}
	tr := &http.Transport{DisableCompression: true}
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr}
	for coding, decode := range open {
		get := func(path string) (*http.Response, *bufio.Reader) {
			r, _ := http.NewRequest("GET", s.URL+path, nil)
			r.Header.Set("Accept-Encoding", coding)
			resp, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Header.Get("Content-Encoding") != coding || !strings.Contains(strings.Join(resp.Header["Vary"], ","), "Accept-Encoding") {
				t.Errorf("%s: %v", coding, resp.Header)
			}
			d, err := decode(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp, bufio.NewReader(d)
		}
		resp, body := get("/")
		data, err := io.ReadAll(body)
		resp.Body.Close()
		if err != nil || strings.Count(string(data), "<p>some words that repeat</p>") != 200 || resp.ContentLength > 2500 {
			t.Errorf("%s: %d bytes, %d sent, %v", coding, len(data), resp.ContentLength, err)
		}
		resp, body = get("/streamed?gate=" + coding)
		r := &reader{t: t, body: body, resp: resp}
		lacks(t, coding+" shell", r.until(`<?end></div>`), "arrived")
		close(g[coding])
		wants(t, coding+" page", r.rest(), `<template for="a"><b>arrived</b></template></body></html>`)
		resp.Body.Close()
	}
}

func TestHealth(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage p :path "/<path:rest>" :content (p rest))`})
	for _, path := range []string{"/healthz", "/livez", "/readyz"} {
		if resp, _ := s.get(t, path); resp.StatusCode != 200 {
			t.Errorf("%s: got %d", path, resp.StatusCode)
		}
	}
	if err := s.app.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if resp, _ := s.get(t, "/readyz"); resp.StatusCode != 503 {
		t.Errorf("draining: got %d", resp.StatusCode)
	}
	if resp, _ := s.get(t, "/livez"); resp.StatusCode != 200 {
		t.Errorf("draining: got %d", resp.StatusCode)
	}
}
