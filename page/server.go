package page

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// Server runs a site on one address until a signal ends it: the whole life of a process that serves one. The zero
// value works. What a field does not say, the environment does, and what that does not say, the Settings of the site, if
// it has that method.
type Server struct {
	Addr    string           // where to listen; else SX_ADDR, PORT, Settings, :8080
	Metrics string           // the address of /metrics for Prometheus; else SX_METRICS_ADDR, Settings, none
	Grace   time.Duration    // how long running responses may take to finish; else SX_GRACE, Settings, 10s
	Log     *slog.Logger     // default slog.Default()
	Started func(url string) // called once connections are accepted; default: the address is logged
}

// Run accepts connections until the first SIGINT or SIGTERM, or the end of ctx, then drains the site and shuts it
// down. A second signal ends it at once, with ErrInterrupted. Whatever it returns, the site has been shut down.
func (s *Server) Run(ctx context.Context, site Site) error {
	log, grace := s.Log, s.Grace
	if log == nil {
		log = slog.Default()
	}
	unserved := func(err error) error { return errors.Join(err, site.Shutdown(context.WithoutCancel(ctx))) }
	var said Settings
	if c, ok := site.(interface{ Settings() Settings }); ok {
		said = c.Settings()
	}
	if grace == 0 {
		var err error
		if grace, err = graceOr(os.Getenv("SX_GRACE"), said.Grace); err != nil {
			return unserved(err)
		}
	}
	ln, err := Listen(cmp.Or(s.Addr, addrFromEnv(), said.Addr))
	if err != nil {
		return unserved(err)
	}
	if metrics := cmp.Or(s.Metrics, os.Getenv("SX_METRICS_ADDR"), said.Metrics); metrics != "" {
		stop, err := serveMetrics(metrics, site, log)
		if err != nil {
			return unserved(errors.Join(err, ln.Close()))
		}
		defer stop()
	}
	signals := make(chan os.Signal, 2) // both signals, should they come before they are looked at
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if url := URL(ln.Addr()); s.Started != nil {
		s.Started(url) // the listener queues connections already
	} else {
		log.Info("listening", "url", url)
	}
	return (&serving{site: site, grace: grace, log: log}).run(ctx, ln, signals)
}

// Listen opens a TCP address, "" being SX_ADDR, else PORT, else :8080, a number a port on every interface, and says clearly when it is taken; the
// error wraps syscall.EADDRINUSE then.
func Listen(addr string) (net.Listener, error) {
	if addr = cmp.Or(addr, addrFromEnv(), ":8080"); strings.Trim(addr, "0123456789") == "" {
		addr = ":" + addr // a port alone
	}
	ln, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &busyError{addr}
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("no permission to listen on %s; ports below 1024 need a privileged user", addr)
	case err != nil:
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return ln, nil
}

// busyError says that an address is taken, without the system's words for it.
type busyError struct{ addr string }

func (b *busyError) Error() string { return "address " + b.addr + " is in use by another program" }
func (b *busyError) Unwrap() error { return syscall.EADDRINUSE }

// addrFromEnv returns the address that the environment says, or "".
func addrFromEnv() string {
	if port := os.Getenv("PORT"); port != "" && os.Getenv("SX_ADDR") == "" {
		return ":" + port
	}
	return os.Getenv("SX_ADDR")
}

// URL returns the address to open in a browser: wildcard and loopback addresses become localhost.
func URL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
