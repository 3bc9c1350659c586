package page

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
)

// slotStyle makes the wrappers of slots disappear from layout. It is a file of its own: a style element would
// need the nonce of the first page when the client takes in the next one.
const slotStyle = "[data-suspense]:where(div,span),[data-sx-live]:where(div),[data-sx-ws]:where(div){display:contents}"

// slotStyleURL changes with the text, so that browsers keep it for ever.
func slotStyleURL() string {
	sum := sha256.Sum256([]byte(slotStyle))
	return stylePrefix + hex.EncodeToString(sum[:6]) + ".css"
}

const stylePrefix = "/_sx/slots."

func serveSlotStyle(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	io.WriteString(w, slotStyle)
}
