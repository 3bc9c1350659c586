package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/nats"
)

// brokerFrom links this process with others: at the NATS server that NATS_URL names, or, with how "embedded", at one inside this process,
// which listens for the other nodes at NATS_CLUSTER ("host:port"), knows them by NATS_ROUTES ("nats-route://host:port,…") and is called
// NATS_NAME (default the host's name). With two routes or more three nodes keep what is published. Without either this process is alone. The broker is to be closed.
func brokerFrom(ctx context.Context, log *slog.Logger, how string) (hub.Broker, io.Closer, error) {
	url := os.Getenv("NATS_URL")
	switch {
	case how != "" && how != "embedded":
		return nil, nil, usagef("--nats is %q; embedded was expected", how)
	case url == "" && how == "":
		return nil, nil, nil
	case os.Getenv("SX_SECRET") == "":
		what := "NATS_URL is set"
		if how != "" {
			what = "--nats is given"
		}
		return nil, nil, usagef("%s and SX_SECRET is not: nodes that share streams must share the key of their tokens", what)
	}
	opts := []nats.Option{nats.WithLogger(log)}
	var closers closers
	if how == "embedded" {
		name := os.Getenv("NATS_NAME")
		if name == "" {
			name, _ = os.Hostname() // an empty name is refused where one is needed
		}
		e := nats.Embedded{Dir: os.Getenv("NATS_DIR"), Cluster: os.Getenv("NATS_CLUSTER"), Name: name, Secret: os.Getenv("SX_SECRET")}
		if routes := os.Getenv("NATS_ROUTES"); routes != "" {
			if e.Routes = strings.Split(routes, ","); len(e.Routes) >= 2 {
				opts = append(opts, nats.Replicas(3)) // any of three may go
			}
		}
		s, err := nats.Embed(e)
		if err != nil {
			return nil, nil, err
		}
		closers = append(closers, s)
		opts = append(opts, nats.Via(s))
	}
	b, err := nats.Connect(ctx, url, opts...)
	if err != nil {
		closers.Close()
		return nil, nil, err
	}
	return b, append(closers, b), nil
}

// closers are closed last first.
type closers []io.Closer

// Close closes all and returns the first error.
func (c closers) Close() error {
	var first error
	for i := len(c) - 1; i >= 0; i-- {
		if err := c[i].Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
