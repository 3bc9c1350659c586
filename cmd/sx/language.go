package main

import (
	"context"
	"log/slog"
	"testing/fstest"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// languageOptions returns the language as sx eval, render and repl know it: with markup, and when asked with the
// primitives that reach the world outside. done ends what those use.
func languageOptions(withIO bool) (opts []sx.Option, done func(), err error) {
	opts = append(render.Options(), sx.WithDevelopment())
	if !withIO {
		return opts, func() {}, nil
	}
	outside, done, err := outsidePrimitives()
	if err != nil {
		return nil, nil, err
	}
	return append(opts, sx.WithPrimitives(outside...)), done, nil
}

// outsidePrimitives returns the primitives of every application that reach the world outside. done ends what they use.
func outsidePrimitives() (outside []*sx.Primitive, done func(), err error) {
	app, err := page.New(fstest.MapFS{}, page.WithDevelopment(), page.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, nil, err
	}
	for _, p := range app.Program().Primitives() {
		if p.Effects&(sx.IO|sx.Request|sx.Response|sx.Write) != 0 {
			outside = append(outside, p)
		}
	}
	return outside, func() { app.Shutdown(context.Background()) }, nil
}
