//go:build unix

package ws

import (
	"net"
	"syscall"
)

// waitReadable waits until something can be read from conn, or it is closed. Waiting here and not inside the
// library's reading keeps the stack of a quiet connection at its smallest: a goroutine that waits at the end
// of a long chain of calls keeps 8 KB. Connections that are not the operating system's own, such as TLS,
// return at once.
func waitReadable(conn net.Conn) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Read(peek) // an error shows again in the read that follows
}

// peek reports whether a read would not block: readiness is announced once, so what an earlier read left
// must be looked for.
func peek(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return err != syscall.EAGAIN && err != syscall.EINTR
}
