// Command bench compares requests per second of a page with data: this framework, echo with templ, echo with
// html/template, and echo with templ and the security headers that our pages carry by themselves. All run in
// one process, in turns; the median of the rounds' ratios counts.
//
//	cd page/bench && go run . -rounds 25 -time 250ms
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"flag"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sx-framework/sxgo/page"
)

//go:embed app.sx
var files embed.FS

// Fortune is one row.
type Fortune struct {
	ID      int
	Message string
}

// fortunes returns fresh rows for each request, as a database would.
func fortunes() []Fortune {
	messages := [...]string{"fortune: No such file or directory", "A computer scientist is someone who fixes things that aren't broken.",
		"After enough decimal places, nobody gives a damn.", "A bad random number generator: 1, 1, 1, 1, 1, 4.33e+67, 1, 1, 1",
		"A computer program does what you tell it to do, not what you want it to do.", "Emacs is a nice operating system, but I prefer UNIX. — Tom Christaensen",
		"Any program that runs right is obsolete.", "A list is only as strong as its weakest link. — Donald Knuth", "Feature: A bug with seniority.",
		"Computers make very fast, very accurate mistakes.", `<script>alert("This should not be displayed in a browser alert box.");</script>`,
		"フレームワークのベンチマーク", "Additional fortune added at request time."}
	rows := make([]Fortune, len(messages))
	for i, m := range messages {
		rows[i] = Fortune{i + 1, m}
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i].Message < rows[j].Message })
	return rows
}

const htmlTemplate = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Fortunes</title></head><body><main><h1>Fortunes</h1><table><tr><th>id</th><th>message</th></tr>` +
	`{{range .}}<tr><td>{{.ID}}</td><td>{{.Message}}</td></tr>{{end}}</table></main></body></html>`

const policy = "default-src 'self'; script-src 'nonce-NONCE' 'strict-dynamic'; style-src 'self' 'nonce-NONCE'; style-src-attr 'unsafe-inline'; img-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; require-trusted-types-for 'script'"

type contender struct {
	name    string
	handler http.Handler
	addr    string
	rounds  []float64 // requests per second of each
}

func main() {
	rounds := flag.Int("rounds", 25, "rounds for each contender")
	length := flag.Duration("time", 250*time.Millisecond, "length of a round")
	conns := flag.Int("conns", 16, "connections")
	flag.Parse()
	app, err := page.New(files, page.WithSecret("bench"), page.WithPrimitive("load-fortunes", "(load-fortunes)", fortunes))
	if err != nil {
		log.Fatal(err)
	}
	defer app.Shutdown(context.Background())

	withTempl := echo.New()
	withTempl.GET("/", func(c echo.Context) error {
		c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
		return fortunesPage(fortunes()).Render(c.Request().Context(), c.Response())
	})
	tmpl := template.Must(template.New("").Parse(htmlTemplate))
	withTemplate := echo.New()
	withTemplate.GET("/", func(c echo.Context) error {
		c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
		return tmpl.Execute(c.Response(), fortunes())
	})
	guarded := echo.New() // the headers and the nonce that a page of ours carries
	guarded.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			var b [16]byte
			rand.Read(b[:])
			h := c.Response().Header()
			h.Set("Content-Security-Policy", strings.ReplaceAll(policy, "NONCE", base64.RawStdEncoding.EncodeToString(b[:])))
			h.Set("Cache-Control", "no-cache")
			h.Set("Content-Language", "en")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
			h.Set("Vary", "Accept-Encoding")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("X-Frame-Options", "SAMEORIGIN")
			return next(c)
		}
	})
	guarded.GET("/", func(c echo.Context) error {
		c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
		return fortunesPage(fortunes()).Render(c.Request().Context(), c.Response())
	})
	mounted := echo.New()
	app.Mount(mounted)

	all := []*contender{{name: "sx", handler: app}, {name: "sx on echo", handler: mounted}, {name: "echo + templ", handler: withTempl}, {name: "echo + html/template", handler: withTemplate},
		{name: "echo + templ, secured", handler: guarded}}
	for _, c := range all {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		srv := &http.Server{Handler: c.handler}
		go srv.Serve(ln) // ends with the process
		c.addr = ln.Addr().String()
	}
	for round := range *rounds + 1 {
		for _, c := range all {
			n := load(c.addr, *conns, *length)
			if round > 0 { // the first one warms up
				c.rounds = append(c.rounds, n)
			}
		}
	}
	fmt.Printf("%-22s %12s %16s %24s\n", "", "requests/s", "/ echo + templ", "/ echo + html/template")
	for _, c := range all {
		fmt.Printf("%-22s %12.0f %16.2f %24.2f\n", c.name, slices.Max(c.rounds), ratio(c, all[2]), ratio(c, all[3]))
	}
}

// ratio is the median of the ratios of the rounds: what else the machine does meanwhile slows both of a round.
func ratio(a, b *contender) float64 {
	var all []float64
	for i := range a.rounds {
		all = append(all, a.rounds[i]/b.rounds[i])
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// load sends requests on a number of connections for a time, and gives how many per second were answered.
func load(addr string, conns int, length time.Duration) float64 {
	var done atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range conns {
		wg.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				log.Fatal(err)
			}
			defer conn.Close()
			r := bufio.NewReaderSize(conn, 16<<10)
			for time.Since(began) < length {
				if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: bench\r\n\r\n"); err != nil {
					log.Fatal(err)
				}
				if err := skip(r); err != nil {
					log.Fatal(err)
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}

// skip reads one response with little work of its own, so that what is measured is the server.
func skip(r *bufio.Reader) error {
	length, chunked := -1, false
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		s := strings.TrimRight(string(line), "\r\n")
		switch {
		case first:
			if !strings.Contains(s, " 200 ") {
				return fmt.Errorf("unexpected %q", s)
			}
		case s == "":
			if !chunked {
				_, err := r.Discard(length)
				return err
			}
			return skipChunks(r)
		case strings.HasPrefix(s, "Content-Length: "):
			length, _ = strconv.Atoi(s[16:])
		case s == "Transfer-Encoding: chunked":
			chunked = true
		}
	}
}

func skipChunks(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(line)), 16, 32)
		if err != nil {
			return err
		}
		if _, err := r.Discard(int(n) + 2); err != nil || n == 0 {
			return err
		}
	}
}
