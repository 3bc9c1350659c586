//go:build !linux

package live

import "net/http"

// loops is implemented where there is a poller for it; elsewhere every stream is served by net/http.
type loops struct{}

func (l *loops) count() int { return 0 }
func (l *loops) drain()     {}
func (l *loops) close()     {}

func (s *Server) detach(http.ResponseWriter, *http.Request, *stream) bool { return false }
