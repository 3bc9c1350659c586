package main

import (
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// languageOptions gives the language as sx eval, render and repl know it: with markup, and when asked with the
// primitives that reach the world outside. done ends what those use.
func languageOptions(withIO bool) (opts []sx.Option, done func(), err error) {
	opts = append(render.Options(), sx.WithDevelopment())
	if !withIO {
		return opts, func() {}, nil
	}
	return opts, func() {}, nil
}
