package page

import (
	"net/http"
	"net/netip"
	"time"
)

// What tests outside the package look at: tables whose answers no request shows.

// PublicAddr reports whether (fetch …) may reach an address.
func PublicAddr(a netip.Addr) bool { return publicAddr(a) }

// ClientOf returns the address of the client of a request, and the origin that the client sees, behind proxies.
func ClientOf(trusted string, r *http.Request) (addr, url string, err error) {
	p, err := parseProxies(trusted)
	if err != nil {
		return "", "", err
	}
	o := p.resolve(r)
	return o.addr.String(), o.url(), nil
}

// History keeps readings of one machine.
type History = history

const HistoryLength = historyLength

// Add notes a reading and gives the newest n.
func (h *history) Add(measure string, value float64, n int, now time.Time) []float64 {
	return h.add(measure, value, n, now)
}

// Running counts the streams whose slots are being evaluated because somebody is subscribed.
func (a *App) Running() int {
	a.regions.mu.Lock()
	defer a.regions.mu.Unlock()
	return len(a.regions.running)
}

// HoldPasswords keeps passwords from being worked on until release is called; waiting counts those that wait.
func (a *App) HoldPasswords() (waiting func() int64, release func()) {
	for range cap(a.hashing.work) {
		a.hashing.work <- struct{}{}
	}
	return a.hashing.underWay.Load, func() {
		for range cap(a.hashing.work) {
			<-a.hashing.work
		}
	}
}
