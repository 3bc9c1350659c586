//go:build !linux

package main_test

import (
	"context"
	"net"
	"testing"
)

// island is a network of its own; this system has none.
type island struct{}

func newIsland(t *testing.T) *island {
	t.Log("the network is not cut off: this system has no networks apart")
	return nil
}

func (*island) run(f func()) { f() }

func (*island) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, addr)
}
