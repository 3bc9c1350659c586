package page

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// leastShell is the size below which Safari paints nothing of a page that is still arriving.
const leastShell = 1024

// writeTimeout is how long a client may take to accept a part of a page.
const writeTimeout = 30 * time.Second

// sink writes a page part by part, through a compressor or not. Each part has a deadline.
type sink struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	packers *compressors
	coding  string
	enc     encoder
}

func newSink(w http.ResponseWriter, packers *compressors, coding string) *sink {
	k := &sink{w: w, rc: http.NewResponseController(w), packers: packers, coding: coding}
	if coding != "" {
		k.enc = packers.open(coding, w)
	}
	return k
}

func (k *sink) write(data []byte) error {
	// The server's own write timeout would cut the page; a deadline for each part does not. A writer that
	// knows no deadlines keeps the server's.
	if err := k.rc.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if k.enc == nil {
		if _, err := k.w.Write(data); err != nil {
			return err
		}
	} else {
		if _, err := k.enc.Write(data); err != nil {
			return err
		}
		if err := k.enc.Flush(); err != nil {
			return err
		}
	}
	if err := k.rc.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

func (k *sink) close() {
	if k.enc != nil {
		k.enc.Close()
		k.packers.put(k.coding, k.enc)
	}
	k.rc.SetWriteDeadline(time.Time{}) // the connection may serve another request
}

// padding is a comment of n bytes or a little more.
func padding(n int) []byte {
	return []byte("<!--" + strings.Repeat(" ", max(0, n-7)) + "-->")
}
