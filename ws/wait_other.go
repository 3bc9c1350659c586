//go:build !unix

package ws

import "net"

// waitReadable does nothing here: the library's own reading waits.
func waitReadable(net.Conn) {}
