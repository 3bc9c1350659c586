//go:build race

package render_test

// underRace tells that the race detector is on: sync.Pool drops things at random then.
const underRace = true
