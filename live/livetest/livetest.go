// Package livetest serves handlers over a network within the process, so that tests of streams can run in fake time:
// to testing/synctest a goroutine that waits on such a network is idle, and one that waits on a socket is not.
// It is imported by tests only.
package livetest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
)

// Network is a listener whose connections are pipes. Its methods may be called from any goroutine.
type Network struct {
	// Refuse tells, when a client connects, whether it is refused. It is set before that; nil refuses nobody.
	Refuse func() bool

	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

var _ net.Listener = (*Network)(nil)

// Serve serves h on a network of its own until the test ends. The client is the one way to reach it; whatever host it
// asks for, h answers. Cleanup closes the server, which ends its connections, before what was registered earlier.
func Serve(t testing.TB, h http.Handler) (*Network, *http.Client) {
	n := &Network{conns: make(chan net.Conn), closed: make(chan struct{})}
	srv := &http.Server{Handler: h}
	var wg sync.WaitGroup
	wg.Go(func() { srv.Serve(n) }) // ends with Close
	tr := &http.Transport{DialContext: n.dial, DisableCompression: true}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		srv.Close()
		wg.Wait()
	})
	return n, &http.Client{Transport: tr}
}

// Accept implements net.Listener.
func (n *Network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr implements net.Listener.
func (n *Network) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (n *Network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if n.Refuse != nil && n.Refuse() {
		return nil, errors.New("refused")
	}
	a, b := net.Pipe()
	select {
	case n.conns <- b:
		return a, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
