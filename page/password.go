package page

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/sx-framework/sxgo/sx"
)

// Passwords are kept as PBKDF2 with HMAC-SHA-256 (RFC 8018), with the number of rounds that OWASP's Password Storage
// Cheat Sheet asks for, in the textual form that other systems write too:
// $pbkdf2-sha256$i=ROUNDS$SALT$HASH, base64 without padding.

const (
	passwordRounds = 600_000
	passwordMost   = 1024 // bytes of a password; longer ones would be work for nothing
	passwordPrefix = "$pbkdf2-sha256$i="
	passwordQueue  = 64 // passwords under way, those that wait included
)

// hashing bounds how many passwords are worked on at once: each keeps a core busy for a tenth of a second or more. It
// bounds how many wait, too, since whoever waits holds one of the places for evaluations: a flood of logins is not to
// stop the rest of the site.
type hashing struct {
	work     chan struct{} // one for each password that is worked on
	underWay atomic.Int64
}

func newHashing() *hashing {
	return &hashing{work: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))}
}

func (h *hashing) derive(ctx context.Context, password string, salt []byte, rounds, size int) ([]byte, error) {
	defer h.underWay.Add(-1)
	if h.underWay.Add(1) > passwordQueue {
		return nil, Abort(http.StatusServiceUnavailable, "Too many passwords are being checked. Try again in a moment.")
	}
	select {
	case h.work <- struct{}{}:
		defer func() { <-h.work }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return pbkdf2.Key(sha256.New, password, salt, rounds, size)
}

func (h *hashing) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	key, err := h.derive(ctx, password, salt, passwordRounds, sha256.Size)
	if err != nil {
		return "", err
	}
	e := base64.RawStdEncoding
	return passwordPrefix + strconv.Itoa(passwordRounds) + "$" + e.EncodeToString(salt) + "$" + e.EncodeToString(key), nil
}

var errPasswordHash = errors.New("the second argument is not what password-hash gave")

// matches reports whether a password is that of a hash. An empty hash belongs to nobody; checking it takes as long as any other,
// so that the time of an answer does not tell who has an account.
func (h *hashing) matches(ctx context.Context, password, hash string) (bool, error) {
	if hash == "" {
		_, err := h.derive(ctx, password, make([]byte, 16), passwordRounds, sha256.Size)
		return false, err
	}
	rest, ok := strings.CutPrefix(hash, passwordPrefix)
	parts := strings.Split(rest, "$")
	if !ok || len(parts) != 3 {
		return false, errPasswordHash
	}
	rounds, err := strconv.Atoi(parts[0])
	salt, err2 := base64.RawStdEncoding.DecodeString(parts[1])
	want, err3 := base64.RawStdEncoding.DecodeString(parts[2])
	if err != nil || err2 != nil || err3 != nil || rounds < 1 || rounds > 10*passwordRounds || len(want) < 16 || len(want) > 64 {
		return false, errPasswordHash
	}
	key, err := h.derive(ctx, password, salt, rounds, len(want))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, want) == 1, nil
}

func (a *App) passwordPrimitives() []*sx.Primitive {
	return []*sx.Primitive{
		{Name: "password-hash", Usage: "(password-hash password)", Effects: sx.IO,
			Doc: "What to keep of a password: PBKDF2-SHA-256 with a random salt. Takes a tenth of a second or more on purpose.",
			Func: func(ctx context.Context, args []sx.Value) (sx.Value, error) {
				password, err := text("password-hash", 0, args[0])
				if err != nil {
					return sx.Nil, err
				}
				if len(password) > passwordMost {
					return sx.Nil, fmt.Errorf("password-hash: a password of %d bytes exceeds the limit of %d", len(password), passwordMost)
				}
				s, err := a.hashing.hash(ctx, password)
				return sx.String(s), err
			}},
		{Name: "password-matches?", Usage: "(password-matches? password hash)", Effects: sx.IO,
			Doc: "Whether a password is the one that password-hash was given. With nil for the hash it is false, after the same time.",
			Func: func(ctx context.Context, args []sx.Value) (sx.Value, error) {
				password, err := text("password-matches?", 0, args[0])
				if err != nil {
					return sx.Nil, err
				}
				hash := ""
				if !args[1].IsNil() {
					if hash, err = text("password-matches?", 1, args[1]); err != nil {
						return sx.Nil, err
					}
					if hash == "" {
						return sx.Nil, fmt.Errorf("password-matches?: %w", errPasswordHash)
					}
				}
				if len(password) > passwordMost {
					return sx.False, nil // password-hash takes none of that length
				}
				ok, err := a.hashing.matches(ctx, password, hash)
				if errors.Is(err, errPasswordHash) {
					err = fmt.Errorf("password-matches?: %w", err)
				}
				return sx.Bool(ok), err
			}},
	}
}
