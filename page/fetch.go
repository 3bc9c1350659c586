package page

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sort"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/sx-framework/sxgo/sx"
)

// fetcher makes the requests of (fetch …). It reaches public addresses only: the address that is dialled is
// checked, after the name was resolved and again for each redirect, so that a name which resolves to a
// private address, or to another one the second time, gets nowhere.
type fetcher struct {
	allowed []netip.Prefix // reached although they are not public
	client  *http.Client
}

const (
	fetchTimeout   = 10 * time.Second
	fetchMost      = 10 << 20 // bytes of body
	fetchRedirects = 5
)

var errAddress = errors.New("not a public address")

func newFetcher(allowed []netip.Prefix) *fetcher {
	f := &fetcher{allowed: allowed}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return f.check(address)
	}}
	f.client = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // the environment's proxy would dial for us, unchecked
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    8,
			IdleConnTimeout:        30 * time.Second,
			TLSHandshakeTimeout:    5 * time.Second,
			MaxResponseHeaderBytes: 1 << 20,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > fetchRedirects {
				return fmt.Errorf("more than %d redirects", fetchRedirects)
			}
			return checkFetchURL(r.URL)
		},
	}
	return f
}

func (f *fetcher) close() { f.client.CloseIdleConnections() }

func (f *fetcher) check(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return err
	}
	a = a.WithZone("")
	if slices.ContainsFunc(f.allowed, func(p netip.Prefix) bool { return p.Contains(a) || p.Contains(a.Unmap()) }) || publicAddr(a) {
		return nil
	}
	return fmt.Errorf("%w: %s (private addresses must be allowed: (defconfig :fetch-allow (\"%s\")))", errAddress, a, a)
}

// specialPrefixes are the ranges that are not on the public internet (IANA special-purpose address
// registries), beyond what netip's predicates cover.
func specialPrefixes() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
		netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
		netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("5f00::/16"), netip.MustParsePrefix("fec0::/10"),
	}
}

// publicAddr reports whether a is a public unicast address. An IPv4 address within an IPv6 one (mapped, or
// NAT64's 64:ff9b::/96) counts as what it leads to.
func publicAddr(a netip.Addr) bool {
	a = a.Unmap()
	if netip.MustParsePrefix("64:ff9b::/96").Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(specialPrefixes(), func(p netip.Prefix) bool { return p.Contains(a) })
}

func checkFetchURL(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("scheme %q is not http or https", u.Scheme)
	}
	if u.Host == "" {
		return errors.New("the URL has no host")
	}
	return nil
}

// fetch makes a request. opts are :method :headers :body :json :timeout (milliseconds) and :max-size
// (bytes). It gives {:status :ok :headers :body :url}; statuses beyond 399 are no errors.
func (f *fetcher) fetch(ctx context.Context, rawURL string, opts *sx.Dict) (sx.Value, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return sx.Nil, fmt.Errorf("fetch: %w", err)
	}
	rawURL = u.Redacted() // for errors, which are logged
	if err := checkFetchURL(u); err != nil {
		return sx.Nil, fmt.Errorf("fetch %s: %w", rawURL, err)
	}
	o, err := readFetchOptions(opts)
	if err != nil {
		return sx.Nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, o.method, u.String(), strings.NewReader(o.body))
	if err != nil {
		return sx.Nil, fmt.Errorf("fetch %s: %w", rawURL, err)
	}
	if o.body == "" {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	req.Header = o.headers
	resp, err := f.client.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return sx.Nil, fmt.Errorf("fetch %s: %w", rawURL, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, o.most+1))
	if err != nil {
		return sx.Nil, fmt.Errorf("fetch %s: %w", rawURL, err)
	}
	if int64(len(data)) > o.most {
		return sx.Nil, fmt.Errorf("fetch %s: the answer exceeds the limit of %d bytes", rawURL, o.most)
	}
	return fetched(resp, data), nil
}

// fetchOptions are what a program says of a request.
type fetchOptions struct {
	method  string
	headers http.Header
	body    string
	timeout time.Duration
	most    int64 // bytes of the answer
}

const (
	mostFetchTime = 300_000 // milliseconds that a program may allow
	mostFetchSize = 1 << 30 // bytes that a program may allow
)

// readFetchOptions reads the options of fetch, which may be none.
func readFetchOptions(opts *sx.Dict) (fetchOptions, error) {
	o := fetchOptions{method: "GET", headers: http.Header{}, timeout: fetchTimeout, most: fetchMost}
	for i := range opts.Len() {
		switch k, v := opts.At(i); k {
		case "method":
			o.method = strings.ToUpper(plainText(v))
		case "headers":
			d := v.Dict()
			for j := range d.Len() {
				name, value := d.At(j)
				o.headers.Set(name, plainText(value))
			}
		case "body":
			o.body = plainText(v)
		case "json":
			text, err := encodeJSON(v)
			if err != nil {
				return o, fmt.Errorf("fetch: :json: %w", err)
			}
			o.body = string(text)
			o.headers.Set("Content-Type", "application/json")
		case "timeout":
			if !v.IsNumber() || v.Float() <= 0 || v.Float() > mostFetchTime {
				return o, errors.New("fetch: :timeout must be milliseconds, at most 300000")
			}
			o.timeout = time.Duration(v.Float() * float64(time.Millisecond))
		case "max-size":
			if !v.IsNumber() || v.Float() <= 0 || v.Float() > mostFetchSize {
				return o, errors.New("fetch: :max-size must be bytes, at most 1 GiB")
			}
			o.most = int64(v.Float())
		default:
			return o, fmt.Errorf("fetch: unknown option :%s (there are :method :headers :body :json :timeout :max-size)", k)
		}
	}
	if o.headers.Get("User-Agent") == "" {
		o.headers.Set("User-Agent", "sx")
	}
	return o, nil
}

// fetched returns the dict that fetch gives: :status :ok :headers :body :url.
func fetched(resp *http.Response, data []byte) sx.Value {
	text := string(data)
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	names := make([]string, 0, len(resp.Header))
	for name := range resp.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	h := sx.NewDict(len(names))
	for _, name := range names {
		h.Set(strings.ToLower(name), sx.String(strings.ToValidUTF8(strings.Join(resp.Header[name], ", "), "\ufffd")))
	}
	d := sx.NewDict(5)
	d.Set("status", sx.Int(resp.StatusCode))
	d.Set("ok", sx.Bool(resp.StatusCode >= 200 && resp.StatusCode < 300))
	d.Set("headers", sx.DictOf(h))
	d.Set("body", sx.String(text))
	d.Set("url", sx.String(resp.Request.URL.String()))
	return sx.DictOf(d)
}
