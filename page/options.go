package page

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/sx"
)

// config is what the options of New fill in.
type config struct {
	options  []sx.Option // for the program
	guards   map[string]Guard
	streams  []goStream
	sockets  []goSocket
	bundler  Bundler
	broker   hub.Broker
	log      *slog.Logger
	secret   string
	database string
	dataDir  string
	dev      bool
	minify   bool
	tests    bool

	wholeClient bool

	now       func() time.Time
	lookupEnv func(string) (string, bool)
	limits    Limits
}

// Option configures an application; see New.
type Option func(*config)

// Guard decides whether a request may see a page or a stream: nil lets it pass; Abort and Redirect make
// the errors to return otherwise. ErrUnauthorized gives 401; every other error 500.
type Guard func(r *http.Request) error

// Limits bounds what requests may cost. A zero field means its default, a negative one no limit.
type Limits struct {
	Body        int64         // bytes of a request body; default 10 MiB
	Uploads     int64         // bytes of all the files that visitors sent and programs saved, and of those under way; default 10 GiB
	Boundaries  int           // boundaries of one page that are evaluated at once; default 16
	Evaluations int           // pages and boundaries evaluated at once in the whole process; default 4096
	Timeout     time.Duration // of a page up to its shell, of a handler, and of a boundary without :timeout; default 30s
	PerAddress  int           // live connections from one address; default 1,000, loopback in development unlimited
	PerSession  int           // live connections of one session; default 200
	Connections int           // streams, and as many sockets, at once in the whole process; default 100,000
}

func (l Limits) filled() Limits {
	pick := func(v, def int64) int64 {
		switch {
		case v == 0:
			return def
		case v < 0:
			return 1 << 40
		}
		return v
	}
	return Limits{
		Body:        pick(l.Body, bodyMost),
		Uploads:     pick(l.Uploads, 10<<30),
		Boundaries:  int(pick(int64(l.Boundaries), 16)),
		Evaluations: int(min(pick(int64(l.Evaluations), 4096), 1<<24)),
		Timeout:     time.Duration(pick(int64(l.Timeout), int64(30*time.Second))),
		PerAddress:  int(pick(int64(l.PerAddress), 1000)),
		PerSession:  int(pick(int64(l.PerSession), 200)),
		Connections: int(pick(int64(l.Connections), 100_000)),
	}
}

func defaultConfig() *config {
	return &config{
		guards:    map[string]Guard{},
		now:       time.Now,
		lookupEnv: os.LookupEnv,
		minify:    true,
	}
}

// WithPrimitive registers a Go function under a name:
//
//	page.WithPrimitive("load-article", loadArticle)
//	page.WithPrimitive("price", price, "(price article currency?)", sx.Pure)
//
// fn is func(ctx, []sx.Value) (sx.Value, error), or any function whose parameters and results convert (see
// sx.WithFunc). details are, in any order, a usage line, which names the parameters in messages and docs, and
// effects, which say what the function reaches; without any it is IO. State sx.Request when the answer depends
// on the visitor, so that it is never shared. The usage line may also stand before fn. A detail of another
// type is a panic, and so is a function that cannot work: both are programming mistakes.
func WithPrimitive(name string, fn any, details ...any) Option {
	if _, ok := fn.(string); ok && len(details) > 0 {
		fn, details[0] = details[0], fn
	}
	usage, effects, stated, pure := "", sx.Pure, false, false
	for _, d := range details {
		switch d := d.(type) {
		case string:
			usage = d
		case sx.Effect:
			effects |= d
			stated, pure = true, d == sx.Pure
		default:
			panic(fmt.Sprintf("page: WithPrimitive %s: a detail must be a usage line or an sx.Effect, got %T", name, d))
		}
	}
	if !stated || !pure || effects != sx.Pure {
		effects |= sx.IO // whatever reaches something is on the server only
	}
	return func(c *config) { c.options = append(c.options, sx.WithFunc(name, usage, effects, fn)) }
}

// WithProgram adds options of the language: components written in Go, limits, further special forms.
func WithProgram(opts ...sx.Option) Option {
	return func(c *config) { c.options = append(c.options, opts...) }
}

// WithLibrary mounts the .sx files of fsys under a namespace: their components are ~ns:path/name, and are written
// so, as (defcomp ~ns:path/name …).
func WithLibrary(ns string, fsys fs.FS) Option {
	return func(c *config) { c.options = append(c.options, sx.WithLibrary(ns, fsys)) }
}

// WithGuard defines a guard for :auth :name. One of the same name in .sx is a load error.
func WithGuard(name string, g Guard) Option { return func(c *config) { c.guards[name] = g } }

// WithBundler sets what makes TypeScript, JavaScript and CSS of assets/ ready for browsers. Default: files
// are served as they are written.
func WithBundler(b Bundler) Option { return func(c *config) { c.bundler = b } }

// WithBroker links the application's hub with those of other processes. Default: this process alone.
func WithBroker(b hub.Broker) Option { return func(c *config) { c.broker = b } }

// WithLogger sets where the application logs. Default slog.Default(), or stderr in the form that SX_LOG_FORMAT, else
// (defconfig :log-format …), asks for.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.log = l } }

// WithSecret sets what cookies and tokens are signed with. Default: SX_SECRET, else a random one, so that
// sessions end with the process.
func WithSecret(secret string) Option { return func(c *config) { c.secret = secret } }

// WithDatabase sets the database: a path for SQLite or a postgres:// URL. Default: DATABASE_URL, else
// app.db in the data folder.
func WithDatabase(where string) Option { return func(c *config) { c.database = where } }

// WithData sets the folder for what the application keeps; SX_DATA wins over it. Default: :data of (defconfig …), else
// data, both in the working directory.
func WithData(dir string) Option { return func(c *config) { c.dataDir = dir } }

// WithDevelopment shows errors with their source in pages, checks types at run time, and lets Reload patch
// open pages.
func WithDevelopment() Option {
	return func(c *config) {
		c.dev, c.minify = true, false
		c.options = append(c.options, sx.WithDevelopment())
	}
}

// WithLimits bounds what requests may cost.
func WithLimits(l Limits) Option { return func(c *config) { c.limits = l } }

// WithClock sets the clock that (now), sessions and tokens go by. Default time.Now.
func WithClock(now func() time.Time) Option { return func(c *config) { c.now = now } }

// WithWholeClient gives every page the client's script with all its parts, as (defconfig :client :whole) does: for
// scripts of the site's own that call Sx.render and the like, where the framework cannot see them, as in markup
// made in Go. It sees files in assets/ and script elements in SX. By default a page gets what it can use.
func WithWholeClient() Option { return func(c *config) { c.wholeClient = true } }

// WithTests loads the files named *_test.sx too; see sx.Program.RunTests.
func WithTests() Option { return func(c *config) { c.tests = true } }
