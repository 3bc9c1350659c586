package main_test

import (
	"context"
	"net"
	"runtime"
	"syscall"
	"testing"
	"unsafe"
)

// island is a network of its own, in which there is nothing but a loopback interface: a program that is started there
// reaches nobody, and is reached from there alone.
type island struct{ do chan func() }

// newIsland makes one, or gives nil and says why where that is not allowed.
func newIsland(t *testing.T) *island {
	t.Helper()
	i, made := &island{make(chan func())}, make(chan error)
	go func() { // ends with the test
		runtime.LockOSThread() // for ever: the thread is of no use to others, and ends with this goroutine
		err := syscall.Unshare(syscall.CLONE_NEWNET)
		if err == nil {
			err = loopbackUp()
		}
		if made <- err; err != nil {
			return
		}
		for f := range i.do {
			f()
		}
	}()
	if err := <-made; err != nil {
		t.Logf("the network is not cut off: %v", err)
		return nil
	}
	t.Cleanup(func() { close(i.do) })
	return i
}

// run runs f on the island; without one it just does.
func (i *island) run(f func()) {
	if i == nil {
		f()
		return
	}
	done := make(chan struct{})
	i.do <- func() { defer close(done); f() }
	<-done
}

// dial connects to an address of the island: a socket belongs to the network that it is made in.
func (i *island) dial(_ context.Context, network, addr string) (c net.Conn, err error) {
	i.run(func() { c, err = net.Dial(network, addr) })
	return c, err
}

// loopbackUp brings the loopback interface up, as netdevice(7) says.
func loopbackUp() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	r := struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		rest  [22]byte
	}{flags: syscall.IFF_UP | syscall.IFF_RUNNING}
	copy(r.name[:], "lo")
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&r))); e != 0 {
		return e
	}
	return nil
}
