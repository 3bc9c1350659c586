package page

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/page/db"
	"github.com/sx-framework/sxgo/sx"
	"github.com/sx-framework/sxgo/ws"
)

// App is a running application. Its methods may be called from any goroutine. Close it with Shutdown.
type App struct {
	cfg      *config
	log      *slog.Logger
	settings Settings
	limits   Limits
	proxies  proxies
	keys     keyring
	sessions *sessionCodec
	system   *system
	packers  compressors
	scripts  packedScripts
	buffers  buffers
	hub      *hub.Hub
	live     *live.Server
	ws       *ws.Server
	site     atomic.Pointer[site]
	slots    chan struct{} // one for each evaluation under way
	hashing  *hashing
	uploads  uploadRoom
	stop     context.CancelCauseFunc
	ctx      context.Context // ends with Shutdown; for work that no request waits for
	work     sync.WaitGroup

	reloadMu sync.Mutex

	fetchMu sync.Mutex
	fetch   *fetcher // nil until it is needed

	dbMu sync.Mutex
	db   *db.DB

	draining atomic.Bool
	refusals refusals
	ending   endings // what ends with a session
	regions  regions
}

// ErrUnauthorized is what a Guard returns for a visitor who has to log in: status 401.
var ErrUnauthorized = errors.New("not logged in")

var errShutdown = errors.New("the server is shutting down")

// New loads the application at the root of fsys: its .sx files, public/, assets/ and migrations/. The error
// is sx.Diagnostics when the program is wrong. Migrations are applied before New returns.
func New(fsys fs.FS, opts ...Option) (*App, error) {
	cfg := defaultConfig()
	for _, o := range opts {
		o(cfg)
	}
	if v, ok := cfg.lookupEnv("SX_DEV"); ok && v != "" && v != "0" && !cfg.dev {
		WithDevelopment()(cfg) // as sx serve says to Go programs that it runs
	}
	settings, err := ReadSettings(fsys)
	if err != nil {
		return nil, err
	}
	if cfg.log == nil {
		format, _ := cfg.lookupEnv("SX_LOG_FORMAT")
		if cfg.log, err = loggerOf(cmp.Or(format, settings.LogFormat)); err != nil {
			return nil, err
		}
	}
	a := &App{cfg: cfg, log: cfg.log, settings: settings, limits: cfg.limits.filled(), hashing: newHashing()}
	if err := a.configure(); err != nil {
		return nil, err
	}
	s, err := a.load(fsys)
	if err != nil {
		a.Shutdown(context.Background())
		return nil, err
	}
	a.site.Store(s)
	if err := a.migrate(context.Background(), fsys); err != nil {
		a.Shutdown(context.Background())
		return nil, err
	}
	return a, nil
}

// loggerOf returns the logger of an application that was given none.
func loggerOf(format string) (*slog.Logger, error) {
	switch format {
	case "":
		return slog.Default(), nil
	case "text":
		return slog.New(slog.NewTextHandler(os.Stderr, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, nil)), nil
	}
	return nil, fmt.Errorf("SX_LOG_FORMAT is %q; text or json was expected", format)
}

// leastSecret is the length below which SX_SECRET is worth a warning: 16 random bytes in hexadecimal.
const leastSecret = 32

func (a *App) configure() error {
	var err error
	env := func(name string) string { v, _ := a.cfg.lookupEnv(name); return v }
	if a.proxies, err = parseProxies(env("SX_TRUSTED_PROXIES")); err != nil {
		return err
	}
	secret := a.cfg.secret
	if secret == "" {
		secret = env("SX_SECRET")
	}
	if secret == "" {
		secret = rand.Text()
		if !a.cfg.dev {
			a.log.Warn("SX_SECRET is not set: sessions end with this process")
		}
	} else if len(secret) < leastSecret && a.cfg.secret == "" && !a.cfg.dev {
		a.log.Warn("SX_SECRET is short: whoever guesses it can forge sessions; openssl rand -hex 32 makes a good one", "characters", len(secret), "want", leastSecret)
	}
	a.keys = keyring{[]byte(secret)}
	a.sessions = &sessionCodec{key: a.keys.key("session"), now: a.cfg.now}
	a.cfg.dataDir = cmp.Or(env("SX_DATA"), a.cfg.dataDir, a.settings.Data, "data")
	a.uploads = uploadRoom{folder: filepath.Join(a.cfg.dataDir, "uploads"), now: a.cfg.now}
	if a.cfg.database == "" {
		a.cfg.database = env("DATABASE_URL")
	}
	a.system = &system{disk: "."}
	a.refusals.log = a.log
	a.slots = make(chan struct{}, a.limits.Evaluations)
	a.ctx, a.stop = context.WithCancelCause(context.Background())
	hubOptions := []hub.Option{hub.WithLogger(a.log)}
	if a.cfg.broker != nil {
		hubOptions = append(hubOptions, hub.WithBroker(a.cfg.broker))
	}
	a.hub = hub.New(hubOptions...)
	a.live = live.NewServer(a.hub, a.liveOptions()...)
	a.startStreams()
	a.ws = ws.NewServer(a.hub, a.socketOptions()...)
	a.regions.init()
	return nil
}

// current returns the site as it was loaded last.
func (a *App) current() *site { return a.site.Load() }

// siteOf returns the site that the evaluation of ctx belongs to: a request keeps the one it began with. While a program
// loads it is the one being made, which has its settings and nothing else yet.
func (a *App) siteOf(ctx context.Context) *site {
	if q, ok := ctx.Value(requestKey{}).(*request); ok {
		return q.site
	}
	if s, ok := ctx.Value(loadingKey{}).(*site); ok {
		return s
	}
	return a.current()
}

// loadingKey is that of the site whose definitions are being computed.
type loadingKey struct{}

// loadedSite returns the site of ctx for primitives that need its pages, its files or its components.
func (a *App) loadedSite(ctx context.Context, primitive string) (*site, error) {
	if ctx.Value(loadingKey{}) != nil {
		return nil, fmt.Errorf("%s: the application is still being loaded: call it in a function or a component", primitive)
	}
	return a.siteOf(ctx), nil
}

// Program returns the loaded program.
func (a *App) Program() *sx.Program { return a.current().prog }

// Hub returns the application's hub, for events published from Go.
func (a *App) Hub() *hub.Hub { return a.hub }

// Handler returns the application as a handler. Mount it outside of middleware that collects responses.
func (a *App) Handler() http.Handler { return a }

// Reload loads the application anew and swaps it in; requests under way finish with the old one. When the
// new one is wrong, the old one stays, and development shows the error over open pages.
func (a *App) Reload(fsys fs.FS) error {
	a.reloadMu.Lock()
	defer a.reloadMu.Unlock()
	s, err := a.load(fsys)
	if err == nil {
		err = a.migrate(a.ctx, fsys)
	}
	if err != nil {
		a.announceFailure(err)
		return err
	}
	s.turn = a.current().turn + 1
	a.site.Store(s)
	a.regions.renew()
	a.announceReload()
	return nil
}

// Shutdown tells open streams to reconnect elsewhere, makes /readyz say no, and waits for them and for
// background work until ctx ends; then it closes hub and database. Stop the http.Server afterwards.
func (a *App) Shutdown(ctx context.Context) error {
	a.draining.Store(true)
	var streams error
	drained := make(chan struct{})
	go func() { // ends when the streams have, or with ctx
		defer close(drained)
		streams = a.live.Drain(ctx)
	}()
	err := a.ws.Drain(ctx)
	<-drained
	err = errors.Join(streams, err)
	a.stop(errShutdown)
	err = errors.Join(err, a.hub.Close(ctx))
	done := make(chan struct{})
	go func() { // ends with the background work
		a.work.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		err = errors.Join(err, fmt.Errorf("work still running: %w", ctx.Err()))
	}
	a.fetchMu.Lock()
	if a.fetch != nil {
		a.fetch.close()
	}
	a.fetchMu.Unlock()
	a.dbMu.Lock()
	defer a.dbMu.Unlock()
	if a.db != nil {
		err = errors.Join(err, a.db.Close())
	}
	return err
}

// fetcher returns what makes requests to the addresses that the site of ctx allows. It is made anew when a reload
// changed them.
func (a *App) fetcher(ctx context.Context) *fetcher {
	allowed := a.siteOf(ctx).config.fetchAllow
	a.fetchMu.Lock()
	defer a.fetchMu.Unlock()
	if a.fetch == nil || !slices.Equal(a.fetch.allowed, allowed) {
		if a.fetch != nil {
			a.fetch.close()
		}
		a.fetch = newFetcher(allowed)
	}
	return a.fetch
}

// database opens the database on first use. A failure is remembered for a second, so that a page does not
// wait for a dead server at each query.
func (a *App) database(ctx context.Context) (*db.DB, error) {
	a.dbMu.Lock()
	defer a.dbMu.Unlock()
	if a.db != nil {
		return a.db, nil
	}
	if a.ctx.Err() != nil {
		return nil, errShutdown
	}
	where := a.cfg.database
	if where == "" {
		where = filepath.Join(a.cfg.dataDir, "app.db")
	}
	d, err := db.Open(ctx, where)
	if err != nil {
		return nil, err
	}
	a.db = d
	return d, nil
}

func (a *App) migrate(ctx context.Context, fsys fs.FS) error {
	found, err := subFS(fsys, "migrations")
	if err != nil || found == nil {
		return err
	}
	d, err := a.database(ctx)
	if err != nil {
		return err
	}
	applied, err := d.Migrate(ctx, fsys, "migrations")
	for _, name := range applied {
		a.log.Info("migration applied", "file", name)
	}
	return err
}

// acquire waits for a place among the evaluations under way.
func (a *App) acquire(ctx context.Context) error {
	select {
	case a.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (a *App) release() { <-a.slots }

// ServeHTTP answers a request.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o := a.proxies.resolve(r)
	if o.host != r.Host {
		r = r.Clone(r.Context())
		r.Host = o.host // what the cross-origin protection compares with
	}
	if a.cfg.dev {
		a.serveLogged(w, r, o)
		return
	}
	a.route(w, r, o)
}

// endings is what ends when a session does: its streams and sockets.
type endings struct {
	mu   sync.Mutex
	next int
	of   map[string]map[int]func()
}

// add registers f for the end of session id, and gives what takes it back.
func (e *endings) add(id string, f func()) (remove func()) {
	if id == "" {
		return func() {}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.of == nil {
		e.of = map[string]map[int]func(){}
	}
	if e.of[id] == nil {
		e.of[id] = map[int]func(){}
	}
	e.next++
	n := e.next
	e.of[id][n] = f
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.of[id], n)
		if len(e.of[id]) == 0 {
			delete(e.of, id)
		}
	}
}

func (e *endings) end(id string) {
	e.mu.Lock()
	list := e.of[id]
	delete(e.of, id)
	e.mu.Unlock()
	for _, f := range list {
		f()
	}
}

// endSession closes the streams and sockets of a session that was left.
func (a *App) endSession(id string) {
	a.ending.end(id)
	a.ws.CloseSession(id)
}

const healthTimeout = 2 * time.Second
