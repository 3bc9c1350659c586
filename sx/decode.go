package sx

import (
	"fmt"
	"reflect"
	"slices"
)

// Decode puts v into what dst points to, converted as arguments of Go functions are (see WithFunc): numbers must be
// exact, times are text, lists fill slices, dicts fill maps and structs by the names of their fields. Unlike there, an
// entry of v that a struct at the top has no field for is an error: what comes from outside must have the shape that
// is expected. The error is an *Error of kind TypeError. It panics when dst is not a pointer.
func Decode(v Value, dst any) (err error) {
	defer goDataError(&err)
	p := reflect.ValueOf(dst)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		panic(fmt.Sprintf("sx: Decode into %T, which is not a pointer", dst))
	}
	to := p.Elem()
	if to.Kind() == reflect.Struct && v.Kind() == KindDict {
		fields := goTypeOf(to.Type()).fields
		for k := range v.Entries() {
			if !slices.ContainsFunc(fields, func(f *goField) bool { return f.name == k }) {
				return &Error{Kind: TypeError, Message: fmt.Sprintf("unknown keyword :%s", k)}
			}
		}
	}
	if m := assign(to, v, 0); m != nil {
		where := "the value"
		if m.path != "" {
			where = ":" + m.path
		}
		return &Error{Kind: TypeError, Message: fmt.Sprintf("%s must be %s, got %s", where, m.want, describe(m.got))}
	}
	return nil
}
