package nats_test

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/hub/hubtest"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/live/nats"
)

// cluster starts servers that know each other, each as inside a node of a small cluster.
func cluster(t *testing.T, n int) []*nats.Server {
	t.Helper()
	var addrs, routes []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, l.Addr().String())
		routes = append(routes, "nats-route://"+l.Addr().String())
		l.Close()
	}
	servers := make([]*nats.Server, n)
	var wg sync.WaitGroup
	for i := range servers {
		wg.Go(func() {
			s, err := nats.Embed(nats.Embedded{Dir: t.TempDir(), Cluster: addrs[i], Routes: routes, Name: fmt.Sprint("n", i), Secret: "ours"})
			if err != nil {
				t.Error(err)
				return
			}
			servers[i] = s
			t.Cleanup(func() { s.Close() })
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return servers
}

// Three nodes with embedded servers are one: each has what any publishes, and the two that are left go on when one has gone.
func TestCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("elections take seconds")
	}
	servers := cluster(t, 3)
	t.Run("conformance", func(t *testing.T) { conform(t, servers, nats.Replicas(3)) })
	t.Run("one leaves", func(t *testing.T) {
		var hubs []*hub.Hub
		var brokers []*nats.Broker
		var readers []*hubtest.Reader
		for _, s := range servers {
			h, b := node(t, "", nats.Via(s), nats.Stream("leaving"), nats.Replicas(3))
			hubs, brokers = append(hubs, h), append(brokers, b)
			readers = append(readers, hubtest.Subscribe(t, h, "t", hub.Cursor{}))
		}
		publish(t, hubs[0], "log", hub.Ordered, "before")
		for _, r := range readers {
			r.Until("before")
		}
		servers[2].Close()
		livetest.Eventually(t, "the broker does not notice", func() bool { return errors.Is(brokers[2].Err(), nats.ErrDisconnected) })
		publish(t, hubs[2], "log", hub.Ordered, "waits") // it may not get away before the node ends
		publish(t, hubs[1], "log", hub.Ordered, "after")
		for _, r := range readers[:2] {
			r.Until("after").Expect("before", "after")
			if r.Resets != nil {
				t.Errorf("resets: %v", r.Resets)
			}
		}
		if msgs, _ := hubs[2].Snapshot("t"); len(msgs) != 1 {
			t.Errorf("the node without a server holds %d events, want what it had", len(msgs))
		}
	})
}
