package page

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// proxies says whose X-Forwarded-For, -Proto and -Host headers are believed (SX_TRUSTED_PROXIES: addresses
// and prefixes separated by commas).
type proxies []netip.Prefix

func parseProxies(list string) (proxies, error) {
	var p proxies
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		prefix, err := parsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("SX_TRUSTED_PROXIES: %w", err)
		}
		p = append(p, prefix)
	}
	return p, nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a prefix such as 10.0.0.0/8", s)
		}
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a prefix such as 10.0.0.0/8", s)
	}
	return p.Masked(), nil
}

// trusts reports whether an address is that of a proxy whose headers count.
func (p proxies) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(prefix netip.Prefix) bool { return prefix.Contains(a) })
}

// origin is where a request comes from and how it reached the site, with proxies seen through.
type origin struct {
	addr   netip.Addr // of the client; invalid when unknown
	secure bool       // HTTPS at the outermost trusted proxy
	host   string     // as the client wrote it
}

// url returns scheme and host as the client wrote them.
func (o origin) url() string {
	if o.secure {
		return "https://" + o.host
	}
	return "http://" + o.host
}

// countedAddress returns the address under which a client's live connections are counted: none for the developer's own.
func (a *App) countedAddress(r *http.Request) string {
	o := originOf(r)
	if a.cfg.dev && o.addr.IsLoopback() {
		return ""
	}
	return o.addr.String()
}

// owns reports whether a URL, or a path, is of this origin.
func (o origin) owns(target string) bool {
	if sameOriginPath(target) {
		return true
	}
	u, err := url.Parse(target)
	return err == nil && strings.EqualFold(u.Scheme+"://"+u.Host, o.url())
}

// resolve finds the origin. X-Forwarded-For is read from the right: each trusted proxy vouches for the one
// before it, and the first address that is not trusted is the client's.
func (p proxies) resolve(r *http.Request) origin {
	o := origin{addr: remoteAddr(r), secure: r.TLS != nil, host: r.Host}
	if !o.addr.IsValid() || !p.trusts(o.addr) {
		return o
	}
	if proto := lastOf(r.Header.Values("X-Forwarded-Proto")); proto != "" {
		o.secure = strings.EqualFold(proto, "https")
	}
	if host := lastOf(r.Header.Values("X-Forwarded-Host")); host != "" && !strings.ContainsAny(host, "/\\@?# \t\r\n") {
		o.host = host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		o.addr = a.Unmap()
		if !p.trusts(o.addr) {
			break
		}
	}
	return o
}

func lastOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	v := values[len(values)-1]
	if i := strings.LastIndexByte(v, ','); i >= 0 {
		v = v[i+1:]
	}
	return strings.TrimSpace(v)
}

func remoteAddr(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

type originKey struct{}

func withOrigin(ctx context.Context, o origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

func originOf(r *http.Request) origin {
	if o, ok := r.Context().Value(originKey{}).(origin); ok {
		return o
	}
	return proxies(nil).resolve(r)
}
