// Package nats links the hubs of several nodes through NATS JetStream: it is a hub.Broker.
//
//	b, err := nats.Connect(ctx, "nats://10.0.0.5:4222")
//	if err != nil {
//		return err
//	}
//	defer b.Close()
//	h := hub.New(hub.WithBroker(b))
//
// All topics live in one stream. Each slot of a topic has a subject of its own, of which the newest events are kept, so that a node
// that begins to follow a topic finds every slot's value. The stream's sequence numbers are the cursors and its creation
// time is the epoch: a client may resume at any node.
//
// Publishing puts the event into a bounded queue and returns; a node that loses its NATS server keeps serving what it has, says so through
// Err, sends what is queued when the connection is back, and catches up. Embed starts a NATS server inside the process.
//
// A Broker is safe for concurrent use.
package nats
