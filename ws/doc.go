// Package ws carries frames to browsers over WebSockets, and what browsers send back to Go functions.
//
// Clients of one channel share a topic of a hub: a frame that is broadcast is encoded once and written to
// each of them, with the cursors, history, resuming and coalescing of package live/hub. What a client sends
// is data: it is read by the bounded reader of the language, must be a list headed by a symbol, and is never
// evaluated.
//
//	type say struct{ Text string }
//
//	s := ws.NewServer(h)
//	mux.Handle("GET /ws/chat", s.Handle(
//		ws.On("say", func(ctx context.Context, c *ws.Conn, m say) error {
//			_, err := s.Broadcast(c.Channel(), render.Frame{ID: "messages", Mode: render.ModeAppend, HTML: line(m.Text)})
//			return err
//		})))
//
// A server message is one text message {"event":"sx-resolve","id":"EPOCH-SEQ","data":{…}}; a client
// reconnects with ?last_event_id=. A client message is one list as text, (chat-message :text "hello"), or
// (send "ID" (chat-message …)), which is acknowledged by sx-ack once its handler has returned and is not
// handled twice.
//
// The handshake, reading, masks and close codes are those of github.com/coder/websocket (RFC 6455).
// Writing is ours: a message is framed once, and one write sends a client all that is new. On Linux a quiet
// connection has no goroutine, see loop_linux.go. A client that accepts nothing for ten seconds is dropped; it
// delays nobody. permessage-deflate is never negotiated: a compressor for each connection costs more memory than
// everything else of it, and frames are small.
//
// Presence lists who is connected to a channel, at every node that shares the hub's broker.
//
// A Server and a Conn are safe for concurrent use. The handlers of one connection run one after another.
package ws
