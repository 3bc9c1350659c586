package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// plainText returns the text of an atom: of a string as it is, of a number as it prints, of nil nothing.
func plainText(v sx.Value) string {
	switch v.Kind() {
	case sx.KindNil:
		return ""
	case sx.KindString, sx.KindSymbol, sx.KindKeyword:
		return v.Text()
	case sx.KindNumber:
		return sx.FormatNumber(v.Float())
	case sx.KindBool:
		if v.Truthy() {
			return "true"
		}
		return "false"
	}
	if o, ok := v.Opaque(); ok {
		return o.Text
	}
	return sx.Serialize(v)
}

// encodeJSON writes a value as compact JSON, keys in the dict's order.
func encodeJSON(v sx.Value) ([]byte, error) { return appendJSON(nil, v, 0) }

const jsonDepth = 200

func appendJSON(dst []byte, v sx.Value, depth int) ([]byte, error) {
	if depth > jsonDepth {
		return nil, fmt.Errorf("nested deeper than %d", jsonDepth)
	}
	var err error
	switch v.Kind() {
	case sx.KindNil:
		return append(dst, "null"...), nil
	case sx.KindBool, sx.KindNumber:
		return append(dst, plainText(v)...), nil
	case sx.KindString, sx.KindSymbol, sx.KindKeyword:
		return appendJSONString(dst, v.Text()), nil
	case sx.KindList:
		dst = append(dst, '[')
		for i, item := range v.List().Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendJSON(dst, item, depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	case sx.KindDict:
		d := v.Dict()
		dst = append(dst, '{')
		for i := range d.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			k, item := d.At(i)
			dst = append(appendJSONString(dst, k), ':')
			if dst, err = appendJSON(dst, item, depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	}
	return nil, fmt.Errorf("a %s has no JSON form", v.TypeName())
}

func appendJSONString(dst []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(true)
	if err := e.Encode(s); err != nil {
		return append(dst, `""`...) // cannot happen: every string has a JSON form
	}
	return append(dst, bytes.TrimRight(b.Bytes(), "\n")...)
}

// decodeJSON reads one JSON value. Numbers beyond the exact range of SX become strings, as ids travel.
func decodeJSON(data []byte) (sx.Value, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := jsonValue(d, 0)
	if err != nil {
		return sx.Nil, err
	}
	if d.More() {
		return sx.Nil, errors.New("more than one JSON value")
	}
	return v, nil
}

func jsonValue(d *json.Decoder, depth int) (sx.Value, error) {
	if depth > jsonDepth {
		return sx.Nil, fmt.Errorf("nested deeper than %d", jsonDepth)
	}
	t, err := d.Token()
	if err != nil {
		return sx.Nil, err
	}
	switch t := t.(type) {
	case nil:
		return sx.Nil, nil
	case bool:
		return sx.Bool(t), nil
	case string:
		return sx.String(strings.ToValidUTF8(t, "\ufffd")), nil
	case json.Number:
		f, err := t.Float64()
		if err != nil || math.Abs(f) > sx.MaxSafe {
			return sx.String(t.String()), nil
		}
		return sx.Number(f), nil
	case json.Delim:
		if t == '[' {
			l := sx.NewList()
			for d.More() {
				v, err := jsonValue(d, depth+1)
				if err != nil {
					return sx.Nil, err
				}
				l.Items = append(l.Items, v)
			}
			_, err := d.Token()
			return sx.ListOf(l), err
		}
		dict := sx.NewDict(4)
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return sx.Nil, err
			}
			v, err := jsonValue(d, depth+1)
			if err != nil {
				return sx.Nil, err
			}
			dict.Set(k.(string), v)
		}
		_, err := d.Token()
		return sx.DictOf(dict), err
	}
	return sx.Nil, fmt.Errorf("unexpected %v", t)
}
