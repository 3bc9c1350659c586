// Package poll reports, on Linux, when sockets that no goroutine waits for can be read or written. A [Poller] has one goroutine and no thread:
// its epoll instance is itself polled by the runtime. The packages live and ws have one for each of their loops.
//
// See epoll(7) for edge-triggered events, which it uses: after a report a socket is read, or written to, until it takes no more.
package poll
