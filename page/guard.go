package page

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/sx-framework/sxgo/sx"
)

// guard compiles (defguard name body…).
func (d *declarations) guard(a *sx.Analyzer, f *sx.Form) {
	name, ok := nameOf(a, f, "defguard")
	if !ok {
		return
	}
	switch {
	case d.site.guards[name] != nil:
		a.Errorf(f.Site(), sx.DuplicateError, "guard %s is defined twice: first at %s", name, placeOf(d.site.guards[name].fn.Site()))
		return
	case d.site.app.cfg.guards[name] != nil:
		a.Errorf(f.Site(), sx.DuplicateError, "guard %s is defined in Go already", name)
		return
	case name == "public":
		a.Errorf(f.Site(), sx.DuplicateError, "guard public is built in: it lets everybody pass")
		return
	case f.Len() < 3:
		a.Errorf(f.Site(), sx.FormError, "guard %s has no body", name)
		return
	}
	d.site.guards[name] = &compiled{fn: a.Function("guard "+name, nil, f.Forms(2)...)}
}

// runGuards runs the guards by name: the first that refuses decides.
func (s *site) runGuards(ctx context.Context, q *request, names []string) error {
	for _, n := range names {
		if g := s.app.cfg.guards[n]; g != nil {
			if err := callGuard(g, q.r.WithContext(ctx)); err != nil {
				return err
			}
			continue
		}
		v, err := s.prog.Call(ctx, s.guards[n].value)
		if err != nil {
			return err
		}
		if !v.Truthy() {
			return ErrUnauthorized
		}
	}
	return nil
}

// callGuard calls a guard written in Go. A panic in it is an error: those of streams run apart from any request.
func callGuard(g Guard, r *http.Request) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("guard: panic in Go: %v\n%s", v, debug.Stack())
		}
	}()
	return g(r)
}
