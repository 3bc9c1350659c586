package page

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// requestPrimitives are those that read the request or change the response.
func requestPrimitives() []*sx.Primitive {
	return slices.Concat(readingPrimitives(), sessionPrimitives(), respondingPrimitives())
}

// The effects of these primitives.
const (
	reads  = sx.IO | sx.Request
	writes = sx.IO | sx.Response
)

// onRequest makes a primitive of f. One that changes the response fails when the response has begun.
func onRequest(usage, doc string, effects sx.Effect, f func(q *request, args []sx.Value) (sx.Value, error)) *sx.Primitive {
	name, _, _ := strings.Cut(strings.Trim(usage, "()"), " ")
	return &sx.Primitive{Name: name, Usage: usage, Doc: doc, Effects: effects,
		Func: func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			q, err := requestOf(ctx, name)
			if err != nil {
				return sx.Nil, err
			}
			if effects&sx.Response != 0 {
				q.mu.Lock()
				err := q.responding(name)
				q.mu.Unlock()
				if err != nil {
					return sx.Nil, err
				}
			}
			return f(q, args)
		}}
}

// named makes a primitive whose first argument is a string: the name of what it is about.
func named(usage, doc string, effects sx.Effect, f func(q *request, name string, args []sx.Value) (sx.Value, error)) *sx.Primitive {
	var p *sx.Primitive
	p = onRequest(usage, doc, effects, func(q *request, args []sx.Value) (sx.Value, error) {
		name, err := text(p.Name, 0, args[0])
		if err != nil {
			return sx.Nil, err
		}
		return f(q, name, args)
	})
	return p
}

// text returns argument i, counted from 0, which must be a string.
func text(name string, i int, v sx.Value) (string, error) {
	s, ok := v.AsString()
	if !ok {
		return "", fmt.Errorf("%s: argument %d must be a string, got %s", name, i+1, v.TypeName())
	}
	return s, nil
}

// optional returns argument i, or nil.
func optional(args []sx.Value, i int) sx.Value {
	if i < len(args) {
		return args[i]
	}
	return sx.Nil
}

// readingPrimitives read the request, and the form that was sent with it.
func readingPrimitives() []*sx.Primitive {
	return []*sx.Primitive{
		onRequest("(request-path)", "The path of the request's URL.", reads, func(q *request, _ []sx.Value) (sx.Value, error) {
			return sx.String(q.r.URL.Path), nil
		}),
		onRequest("(request-method)", "The method of the request, such as GET.", reads, func(q *request, _ []sx.Value) (sx.Value, error) {
			return sx.String(q.r.Method), nil
		}),
		named("(request-arg name default?)", "A parameter of the URL's query, or the default.", reads, func(q *request, name string, args []sx.Value) (sx.Value, error) {
			if q.sub != nil {
				if v, ok := q.sub.query[name]; ok {
					return sx.String(v[0]), nil
				}
			}
			return optional(args, 1), nil
		}),
		named("(request-header name)", "A header of the request, or nil.", reads, func(q *request, name string, _ []sx.Value) (sx.Value, error) {
			v, ok := q.r.Header[http.CanonicalHeaderKey(name)]
			if !ok {
				return sx.Nil, nil
			}
			return sx.String(strings.ToValidUTF8(strings.Join(v, ", "), "\ufffd")), nil
		}),
		onRequest("(request-form)", "Everything that the form or JSON body of the request holds, as a dict.", reads, func(q *request, _ []sx.Value) (sx.Value, error) {
			if q.sub == nil {
				return sx.DictOf(sx.NewDict(0)), nil
			}
			return sx.DictOf(q.sub.raw()), nil
		}),
		named("(path-param name)", "A parameter of the path, or nil.", sx.IO, func(q *request, name string, _ []sx.Value) (sx.Value, error) {
			for _, p := range q.params {
				if p.Name == name {
					return p.Value, nil
				}
			}
			return sx.Nil, nil
		}),
		named("(cookie name)", "A cookie of the request, or nil.", reads, func(q *request, name string, _ []sx.Value) (sx.Value, error) {
			c, err := q.r.Cookie(name)
			if err != nil {
				return sx.Nil, nil
			}
			return sx.String(strings.ToValidUTF8(c.Value, "\ufffd")), nil
		}),
		onRequest("(current-url)", "The address of the request as the visitor wrote it.", reads, func(q *request, _ []sx.Value) (sx.Value, error) {
			return sx.String(strings.ToValidUTF8(q.origin.url()+q.r.URL.RequestURI(), "\ufffd")), nil
		}),
		onRequest("(form-errors field)", "What is wrong with a field of the form that was sent, or nil.", reads, func(q *request, args []sx.Value) (sx.Value, error) {
			v, _ := q.invalid.Lookup(plainText(args[0]))
			return v, nil
		}),
		onRequest("(form-value field default?)", "What the user had put into a field of the form that was sent, or the default.", reads, func(q *request, args []sx.Value) (sx.Value, error) {
			if v, ok := q.inputs.Lookup(plainText(args[0])); ok {
				return v, nil
			}
			return optional(args, 1), nil
		}),
	}
}

// sessionPrimitives read and change the visitor's session.
func sessionPrimitives() []*sx.Primitive {
	return []*sx.Primitive{
		named("(session-get key default?)", "A value of the visitor's session, or the default.", reads, func(q *request, key string, args []sx.Value) (sx.Value, error) {
			if v, ok := q.sess().get(key); ok {
				return v, nil
			}
			return optional(args, 1), nil
		}),
		named("(session-set! key value)", "Keeps a value in the visitor's session; nil removes it. The visitor can read it.", reads|writes, func(q *request, key string, args []sx.Value) (sx.Value, error) {
			return sx.Nil, q.sess().set(key, args[1])
		}),
		onRequest("(session-clear!)", "Forgets the visitor's session and ends its streams.", reads|writes, func(q *request, _ []sx.Value) (sx.Value, error) {
			q.sess().clear()
			return sx.Nil, nil
		}),
		onRequest("(session-regenerate!)", "Gives the visitor's session a new id, as after a login.", reads|writes, func(q *request, _ []sx.Value) (sx.Value, error) {
			q.sess().regenerate()
			return sx.Nil, nil
		}),
		named("(flash! key message)", "Leaves a message for the next page that asks for it.", reads|writes, func(q *request, key string, args []sx.Value) (sx.Value, error) {
			return sx.Nil, q.sess().setFlash(key, args[1])
		}),
		named("(flash key)", "Takes the message that was left under key, or nil.", reads|writes, func(q *request, key string, _ []sx.Value) (sx.Value, error) {
			return q.sess().takeFlash(key), nil
		}),
	}
}
