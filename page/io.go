package page

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/page/db"
	"github.com/sx-framework/sxgo/sx"
)

// ioPrimitives are those that reach the world outside the request: clock, chance, environment, network,
// database.
func (a *App) ioPrimitives() []*sx.Primitive {
	p := func(usage, doc string, effects sx.Effect, f func(ctx context.Context, args []sx.Value) (sx.Value, error)) *sx.Primitive {
		name, _, _ := strings.Cut(strings.Trim(usage, "()"), " ")
		return &sx.Primitive{Name: name, Usage: usage, Doc: doc, Effects: effects, Func: f}
	}
	sql := func(name string, run func(d *db.DB, ctx context.Context, query string, args ...sx.Value) (sx.Value, error)) func(context.Context, []sx.Value) (sx.Value, error) {
		return func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			query, err := text(name, 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			d, err := a.database(ctx)
			if err != nil {
				return sx.Nil, fmt.Errorf("%s: %w", name, err)
			}
			v, err := run(d, ctx, query, args[1:]...)
			if err != nil {
				return sx.Nil, fmt.Errorf("%s: %w", name, err)
			}
			return v, nil
		}
	}
	return []*sx.Primitive{
		p("(now)", "The time, RFC 3339 in UTC with milliseconds.", sx.IO, func(context.Context, []sx.Value) (sx.Value, error) {
			return sx.String(timeText(a.cfg.now())), nil
		}),
		p("(sleep milliseconds)", "Waits.", sx.IO, func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			if !args[0].IsNumber() || args[0].Float() < 0 || args[0].Float() > 600_000 {
				return sx.Nil, fmt.Errorf("sleep: argument 1 must be milliseconds, at most 600000, got %s", sx.Serialize(args[0]))
			}
			t := time.NewTimer(time.Duration(args[0].Float() * float64(time.Millisecond)))
			defer t.Stop()
			select {
			case <-t.C:
				return sx.Nil, nil
			case <-ctx.Done():
				return sx.Nil, ctx.Err()
			}
		}),
		p("(uuid)", "A random UUID (version 4).", sx.IO, func(context.Context, []sx.Value) (sx.Value, error) {
			var b [16]byte
			rand.Read(b[:])
			b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
			return sx.String(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])), nil
		}),
		p("(random-int low high?)", "A random integer from low to high, both included; with one argument, from 0 to below it.", sx.IO, func(_ context.Context, args []sx.Value) (sx.Value, error) {
			for i, v := range args {
				if !v.IsNumber() || v.Float() != math.Trunc(v.Float()) {
					return sx.Nil, fmt.Errorf("random-int: argument %d must be an integer, got %s", i+1, sx.Serialize(v))
				}
			}
			low, high := 0.0, args[0].Float()-1
			if len(args) == 2 {
				low, high = args[0].Float(), args[1].Float()
			}
			if high < low {
				return sx.Nil, fmt.Errorf("random-int: nothing lies between %s and %s", sx.FormatNumber(low), sx.FormatNumber(high))
			}
			n, err := rand.Int(rand.Reader, big.NewInt(int64(high)-int64(low)+1))
			if err != nil {
				return sx.Nil, err
			}
			return sx.Number(low + float64(n.Int64())), nil
		}),
		p("(env name)", "A variable of the environment that (defconfig :env (…)) lists, or nil.", sx.IO, func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			name, err := text("env", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			if !slices.Contains(a.siteOf(ctx).config.env, name) {
				return sx.Nil, fmt.Errorf("env: %s is not allowed: list it in (defconfig :env (\"%s\"))", name, name)
			}
			if v, ok := a.cfg.lookupEnv(name); ok {
				return sx.String(strings.ToValidUTF8(v, "\ufffd")), nil
			}
			return sx.Nil, nil
		}),
		p("(fetch url options?)", "Makes an HTTP request: :method :headers :body :json :timeout :max-size. Gives {:status :ok :headers :body :url}.", sx.IO, func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			u, err := text("fetch", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			return a.fetcher(ctx).fetch(ctx, u, optional(args, 1).Dict())
		}),
		p("(log message ...)", "Writes to the log.", sx.IO, func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			var parts []string
			for _, v := range args {
				parts = append(parts, plainText(v))
			}
			attrs := []slog.Attr{}
			if q, ok := ctx.Value(requestKey{}).(*request); ok {
				attrs = append(attrs, slog.String("path", q.r.URL.Path))
			}
			a.log.LogAttrs(ctx, slog.LevelInfo, strings.Join(parts, " "), attrs...)
			return sx.Nil, nil
		}),
		p("(db-query sql ...)", "The rows of a query as a list of dicts; ? stands for a parameter.", sx.IO, sql("db-query", (*db.DB).Query)),
		p("(db-query-one sql ...)", "The first row of a query as a dict, or nil.", sx.IO, sql("db-query-one", (*db.DB).QueryOne)),
		p("(db-exec sql ...)", "Runs a statement and gives {:rows n :last-id id}.", sx.IO|sx.Write, sql("db-exec", (*db.DB).Exec)),
		{Name: "db-transaction*", Usage: "(db-transaction* thunk)", Doc: "Calls thunk in a transaction; db-transaction is the form to write.", Effects: sx.IO | sx.Write,
			F1: func(m *sx.Machine, thunk sx.Value) sx.Value { return a.transaction(m, thunk) }},
		p("(url-for page args?)", "The path of a page or handler, by its name, with path and query parameters from a dict.", sx.IO, func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			s, err := a.loadedSite(ctx, "url-for")
			if err != nil {
				return sx.Nil, err
			}
			path, err := s.urlFor(plainText(args[0]), optional(args, 1).Dict())
			return sx.String(path), err
		}),
		p("(asset name)", "The same as asset-url; a layout that uses it for an entry point, such as app.css, links all of them itself.", sx.IO, func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			s, err := a.loadedSite(ctx, "asset")
			if err != nil {
				return sx.Nil, err
			}
			u, entry, err := s.assets.urlOf(plainText(args[0]))
			if q, ok := ctx.Value(requestKey{}).(*request); ok && entry {
				q.mu.Lock()
				q.linked = true
				q.mu.Unlock()
			}
			return sx.String(u), err
		}),
		p("(asset-url name)", "The address of a file of assets/, with its fingerprint.", sx.IO, func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			s, err := a.loadedSite(ctx, "asset-url")
			if err != nil {
				return sx.Nil, err
			}
			u, _, err := s.assets.urlOf(plainText(args[0]))
			return sx.String(u), err
		}),
	}
}

// transaction calls thunk on a machine whose context carries the transaction. What thunk raises rolls it
// back, except a redirect, which follows upon success.
func (a *App) transaction(m *sx.Machine, thunk sx.Value) sx.Value {
	d, err := a.database(m.Context())
	if err != nil {
		m.Throw(fmt.Errorf("db-transaction: %w", err))
	}
	var v sx.Value
	err = d.Transaction(m.Context(), func(ctx context.Context) error {
		f := m.Fork(ctx)
		defer f.Release()
		return f.Protect(func() { v = f.Call(thunk) })
	})
	if err != nil {
		m.Throw(err)
	}
	return v
}

// prelude defines the forms of the page layer that are macros.
const prelude = `
(defmacro db-transaction (&rest body)
  "Runs body in a transaction: it is committed when body returns or redirects, and rolled back on errors and abort."
  ` + "`(db-transaction* (fn () ,@body)))" + `
`

// timeText is how times are written: RFC 3339 in UTC with milliseconds.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
