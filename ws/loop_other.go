//go:build !linux

package ws

import (
	"errors"
	"syscall"
	"time"
)

// Elsewhere a goroutine serves each connection.

var errNothing = errors.New("nothing to read")

type (
	loops struct{}
	loop  struct{}
)

func startLoops(time.Duration) (*loops, error) { return nil, errors.ErrUnsupported }

func (*loops) pick() *loop      { return nil }
func (*loops) end()             {}
func (*loop) enter(*Conn) error { return errors.ErrUnsupported }
func (*loop) watch(*Conn) error { return errors.ErrUnsupported }
func (*loop) leave(*Conn)       {}
func (*loop) push(*Conn, uint32) {
}

const whyWrite uint32 = 0

func tryWrite(syscall.RawConn, []byte) (int, error) { return 0, nil }
func tryRead(syscall.RawConn, []byte) (int, error)  { return 0, errors.ErrUnsupported }
