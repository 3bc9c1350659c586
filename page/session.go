package page

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// A session lives in a cookie that its owner can read and nobody can change: the values as wire text, a
// random id and the time of issue, signed with HMAC-SHA256. The server keeps nothing.

const (
	sessionAge     = 30 * 24 * time.Hour
	sessionRefresh = 24 * time.Hour // a cookie older than this is issued anew when it is seen
	sessionMost    = 3584           // bytes of the cookie's value; browsers refuse cookies beyond 4096 with their attributes
	secureCookie   = "__Host-sx"    // over HTTPS; the prefix keeps other hosts of the domain from setting it
	plainCookie    = "sx"           // over plain HTTP, where browsers refuse the prefix
)

// keyring derives the keys of an application from its secret, one per purpose.
type keyring struct{ secret []byte }

func (k keyring) key(purpose string) []byte {
	h := hmac.New(sha256.New, k.secret)
	h.Write([]byte("sx " + purpose))
	return h.Sum(nil)
}

// sessionCodec reads and writes session cookies. It is immutable.
type sessionCodec struct {
	key []byte
	now func() time.Time
}

// session is the session of one request. Boundaries read it concurrently.
type session struct {
	mu     sync.Mutex
	id     string
	values *sx.Dict
	flash  *sx.Dict
	issued time.Time
	dirty  bool
	ended  []string // ids that were left or changed: their streams and sockets are closed, clients come back
}

func newSession() *session { return &session{values: sx.NewDict(0), flash: sx.NewDict(0)} }

func cookieName(secure bool) string {
	if secure {
		return secureCookie
	}
	return plainCookie
}

// read returns the session of a request: an empty one when there is no cookie, or none that this application
// signed within 30 days.
func (c *sessionCodec) read(r *http.Request, secure bool) *session {
	cookie, err := r.Cookie(cookieName(secure))
	if err != nil {
		return newSession()
	}
	s, err := c.decode(cookie.Value)
	if err != nil {
		s = newSession()
		s.dirty = true // so that the bad cookie is removed
	} else if c.now().Sub(s.issued) > sessionRefresh {
		s.dirty = true
	}
	return s
}

func (c *sessionCodec) sign(payload string) string {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte(payload))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (c *sessionCodec) encode(s *session) (string, error) {
	all := sx.NewDict(2)
	all.Set("values", sx.DictOf(s.values))
	if s.flash.Len() > 0 {
		all.Set("flash", sx.DictOf(s.flash))
	}
	text := s.id + "." + strconv.FormatInt(c.now().Unix(), 36) + "." + sx.Serialize(sx.DictOf(all))
	payload := base64.RawURLEncoding.EncodeToString([]byte(text))
	value := payload + "." + c.sign(payload)
	if len(value) > sessionMost {
		return "", fmt.Errorf("session too large: %d bytes of cookie exceed the limit of %d (keep ids in the session, and the data in the database)", len(value), sessionMost)
	}
	return value, nil
}

var errSession = errors.New("not a session of this application")

func (c *sessionCodec) decode(value string) (*session, error) {
	payload, mac, ok := strings.Cut(value, ".")
	if !ok || len(value) > 2*sessionMost || !hmac.Equal([]byte(mac), []byte(c.sign(payload))) {
		return nil, errSession
	}
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return nil, errSession
	}
	id, rest, ok := strings.Cut(string(text), ".")
	stamp, data, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 {
		return nil, errSession
	}
	unix, err := strconv.ParseInt(stamp, 36, 64)
	if err != nil {
		return nil, errSession
	}
	issued := time.Unix(unix, 0)
	if age := c.now().Sub(issued); age > sessionAge || age < -time.Hour {
		return nil, errSession
	}
	forms, err := sx.Read(sx.NewSource("session", data), sx.Limits{Nesting: 64})
	if err != nil || len(forms) != 1 || forms[0].Dict() == nil {
		return nil, errSession
	}
	s := newSession()
	s.id, s.issued = id, issued
	if v, ok := forms[0].Dict().Lookup("values"); ok && v.Dict() != nil {
		s.values = v.Dict().Clone(1)
	}
	if v, ok := forms[0].Dict().Lookup("flash"); ok && v.Dict() != nil {
		s.flash = v.Dict().Clone(1)
	}
	return s, nil
}

// write adds the cookie to a response when the session changed. It is called before the header is sent.
func (c *sessionCodec) write(w http.ResponseWriter, s *session, secure bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.dirty {
		return nil
	}
	s.dirty = false
	cookie := &http.Cookie{Name: cookieName(secure), Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	if s.id == "" || s.values.Len() == 0 && s.flash.Len() == 0 {
		cookie.MaxAge = -1
	} else {
		value, err := c.encode(s)
		if err != nil {
			return err
		}
		cookie.Value, cookie.MaxAge = value, int(sessionAge/time.Second)
	}
	http.SetCookie(w, cookie)
	return nil
}

func (s *session) get(key string) (sx.Value, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values.Lookup(key)
}

// set stores a value; nil removes it.
func (s *session) set(key string, v sx.Value) error {
	if !storable(v) {
		return fmt.Errorf("session-set!: cannot keep a value of type %s (strings, numbers, booleans, nil, lists and dicts can be kept)", v.TypeName())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id != "" && !slices.Contains(s.ended, s.id) {
		s.ended = append(s.ended, s.id) // streams begin anew with the new values
	}
	s.touch()
	s.values = put(s.values, key, v)
	return nil
}

func (s *session) setFlash(key string, v sx.Value) error {
	if !storable(v) {
		return fmt.Errorf("flash!: cannot keep a value of type %s (strings, numbers, booleans, nil, lists and dicts can be kept)", v.TypeName())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touch()
	s.flash = put(s.flash, key, v)
	return nil
}

// takeFlash reads a message and removes it.
func (s *session) takeFlash(key string) sx.Value {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.flash.Lookup(key)
	if ok {
		s.dirty = true
		s.flash = put(s.flash, key, sx.Nil)
	}
	return v
}

// clear forgets everything and takes a new id.
func (s *session) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = sx.NewDict(0)
	s.renew()
}

// regenerate keeps the values under a new id, as after a login.
func (s *session) regenerate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renew()
}

func (s *session) renew() {
	if s.id != "" && !slices.Contains(s.ended, s.id) {
		s.ended = append(s.ended, s.id)
	}
	s.id = ""
	s.touch()
}

func (s *session) touch() {
	s.dirty = true
	if s.id == "" {
		s.id = rand.Text()
	}
}

// put returns a copy of d with key set, or removed when v is nil: boundaries may be reading d.
func put(d *sx.Dict, key string, v sx.Value) *sx.Dict {
	c := sx.NewDict(d.Len() + 1)
	for i := range d.Len() {
		if k, old := d.At(i); k != key {
			c.Set(k, old)
		}
	}
	if !v.IsNil() {
		c.Set(key, v)
	}
	return c
}

// storable reports whether a value survives being written as wire text and read back.
func storable(v sx.Value) bool {
	switch v.Kind() {
	case sx.KindNil, sx.KindBool, sx.KindNumber, sx.KindString, sx.KindSymbol, sx.KindKeyword:
		return true
	case sx.KindList:
		for _, i := range v.List().Items {
			if !storable(i) {
				return false
			}
		}
		return true
	case sx.KindDict:
		d := v.Dict()
		for i := range d.Len() {
			if _, item := d.At(i); !storable(item) {
				return false
			}
		}
		return true
	}
	return false
}
