package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/sx-framework/sxgo/live/hub"
)

// brokerFromEnv links this process with others when NATS_URL says where they meet; nil is this process alone.
func brokerFromEnv(_ context.Context, _ *slog.Logger) (hub.Broker, error) {
	if os.Getenv("NATS_URL") == "" {
		return nil, nil
	}
	if os.Getenv("SX_SECRET") == "" {
		return nil, usagef("NATS_URL is set and SX_SECRET is not: nodes that share streams must share the key of their tokens")
	}
	return nil, errors.New("not yet: NATS_URL")
}
