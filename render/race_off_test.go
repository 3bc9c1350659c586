//go:build !race

package render_test

// underRace tells that the race detector is on.
const underRace = false
