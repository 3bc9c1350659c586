package page

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sx-framework/sxgo/sx"
)

// inputField is one &key parameter of a handler or an action, with its annotations: what a request must
// send under its name.
type inputField struct {
	name     string
	kind     string // any number string boolean list dict; "" is any
	nullable bool   // string?
	required bool
	min, max *float64 // number: value; string: code points; list: items
	in       []sx.Value
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// parseInputs reads the parameters after &key in a parameter list, and gives the defaults as forms by name.
func parseInputs(params []sx.Value) (fields []inputField, defaults map[string]sx.Value, err error) {
	defaults = map[string]sx.Value{}
	seenKey := false
	for _, p := range params {
		if p.IsSymbol("&key") {
			seenKey = true
			continue
		}
		f := inputField{}
		switch p.Kind() {
		case sx.KindSymbol:
			f.name = p.Text()
		case sx.KindList:
			var def *sx.Value
			if f, def, err = parseInput(p.List().Items); err != nil {
				return nil, nil, err
			}
			if def != nil {
				defaults[f.name] = *def
			}
		default:
			return nil, nil, fmt.Errorf("expected a parameter name, got %s", sx.Serialize(p))
		}
		if strings.HasPrefix(f.name, "&") {
			return nil, nil, fmt.Errorf("%s has no meaning here: parameters come by name, after &key", f.name)
		}
		if !seenKey {
			return nil, nil, fmt.Errorf("parameter %s must stand after &key: requests send parameters by name", f.name)
		}
		if slices.ContainsFunc(fields, func(o inputField) bool { return o.name == f.name }) {
			return nil, nil, fmt.Errorf("parameter %s is named twice", f.name)
		}
		fields = append(fields, f)
	}
	return fields, defaults, nil
}

func parseInput(items []sx.Value) (f inputField, def *sx.Value, err error) {
	if len(items) == 0 || items[0].Kind() != sx.KindSymbol {
		return f, nil, fmt.Errorf("expected (name :as type …)")
	}
	f.name = items[0].Text()
	for i := 1; i < len(items); i++ {
		if items[i].Kind() != sx.KindKeyword {
			return f, nil, fmt.Errorf("parameter %s: expected a keyword, got %s", f.name, sx.Serialize(items[i]))
		}
		key := items[i].Text()
		if key == "required" {
			f.required = true
			continue
		}
		if i+1 == len(items) {
			return f, nil, fmt.Errorf("parameter %s: :%s needs a value", f.name, key)
		}
		i++
		v := items[i]
		switch key {
		case "as":
			f.kind, f.nullable = strings.CutSuffix(plainText(v), "?")
			if !slices.Contains([]string{"any", "number", "string", "boolean", "list", "dict"}, f.kind) {
				return f, nil, fmt.Errorf("parameter %s: unknown type %s (there are any, number, string, boolean, list and dict)", f.name, f.kind)
			}
		case "default":
			def = &v
		case "min", "max":
			if !v.IsNumber() {
				return f, nil, fmt.Errorf("parameter %s: :%s must be a number", f.name, key)
			}
			n := v.Float()
			if key == "min" {
				f.min = &n
			} else {
				f.max = &n
			}
		case "in":
			if v.List() == nil {
				return f, nil, fmt.Errorf("parameter %s: :in must be a list of values", f.name)
			}
			f.in = v.List().Items
		default:
			return f, nil, fmt.Errorf("parameter %s: unknown annotation :%s (there are :as :required :default :min :max :in)", f.name, key)
		}
	}
	return f, def, nil
}

// violations are messages by field, in the order of the fields.
type violations struct {
	names    []string
	messages map[string]string
}

func (v *violations) add(name, message string) {
	if v.messages == nil {
		v.messages = map[string]string{}
	}
	if _, ok := v.messages[name]; !ok {
		v.names = append(v.names, name)
		v.messages[name] = message
	}
}

func (v *violations) dict() *sx.Dict {
	d := sx.NewDict(len(v.names))
	for _, n := range v.names {
		d.Set(n, sx.String(v.messages[n]))
	}
	return d
}

// check converts what was sent for a field to its type and checks its annotations. The message is empty
// when all is well; given is false when nothing was sent, so that a default applies.
func (f *inputField) check(v sx.Value, texts []string, sent bool) (value sx.Value, given bool, message string) {
	if sent && texts != nil {
		v, message = f.convert(texts)
		if message != "" {
			return sx.Nil, true, message
		}
		if f.kind == "string" || f.kind == "" || f.kind == "any" {
			if f.required && v.IsString() && blank(v.Text()) {
				return sx.Nil, true, "is required"
			}
		}
	}
	if f.kind == "boolean" && v.IsNil() && !f.nullable && texts == nil {
		return sx.False, sent, "" // a checkbox that is not checked sends nothing
	}
	if !sent || v.IsNil() {
		if f.required {
			return sx.Nil, sent, "is required"
		}
		return sx.Nil, false, ""
	}
	return v, true, f.checkValue(v)
}

// blank reports whether a text says nothing: whoever must fill in a field has not done so with spaces.
func blank(s string) bool { return strings.TrimSpace(s) == "" }

func (f *inputField) convert(texts []string) (sx.Value, string) {
	text := texts[0]
	switch f.kind {
	case "number":
		text = strings.TrimSpace(text)
		if text == "" {
			return sx.Nil, ""
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n != n || n > sx.MaxSafe || n < -sx.MaxSafe || strings.ContainsAny(text, "xXpP_iIn") {
			return sx.Nil, "must be a number"
		}
		return sx.Number(n), ""
	case "boolean":
		switch strings.ToLower(text) {
		case "on", "true", "1":
			return sx.True, ""
		case "", "off", "false", "0":
			return sx.False, ""
		}
		return sx.Nil, "must be true or false"
	case "list":
		l := sx.NewList()
		for _, t := range texts {
			l.Items = append(l.Items, sx.String(t))
		}
		return sx.ListOf(l), ""
	case "dict":
		return sx.Nil, "must be a file"
	case "string":
		if f.nullable && text == "" {
			return sx.Nil, ""
		}
		return sx.String(text), ""
	}
	return textsValue(texts), ""
}

func (f *inputField) checkValue(v sx.Value) string {
	size, unit := 0.0, ""
	switch v.Kind() {
	case sx.KindNumber:
		size = v.Float()
	case sx.KindString:
		size, unit = float64(utf8.RuneCountInString(v.Text())), " characters"
		if f.required && blank(v.Text()) {
			return "is required"
		}
	case sx.KindList:
		size, unit = float64(v.List().Len()), " entries"
	}
	switch want := f.kind; {
	case want == "" || want == "any" || want == v.Kind().String():
	default:
		return "must be a " + want
	}
	if f.min != nil && size < *f.min {
		return "must be at least " + sx.FormatNumber(*f.min) + unit
	}
	if f.max != nil && size > *f.max {
		return "must be at most " + sx.FormatNumber(*f.max) + unit
	}
	if f.in != nil {
		var names []string
		for _, o := range f.in {
			if plainText(o) == plainText(v) {
				return ""
			}
			names = append(names, plainText(o))
		}
		return "must be one of " + strings.Join(names, ", ")
	}
	return ""
}
