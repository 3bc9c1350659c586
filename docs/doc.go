// Package docs holds the documentation, an SX application; serve it with: go run ./cmd/sx serve docs
//
// The tests of this package run every example that the pages show.
package docs

//go:generate go run ./gen
