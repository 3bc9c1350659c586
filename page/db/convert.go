package db

import (
	"database/sql"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sx-framework/sxgo/sx"
)

// arguments converts SX values to parameters. PostgreSQL gets numbers and booleans as text, which it parses
// as the type it inferred for the parameter: SX has one number type, and a number must fit an integer, a
// numeric and a text column alike.
func arguments(args []sx.Value, postgres bool) ([]any, error) {
	out := make([]any, len(args))
	for i, v := range args {
		switch v.Kind() {
		case sx.KindNil:
			out[i] = nil
		case sx.KindBool:
			out[i] = v.Truthy()
			if postgres {
				out[i] = strconv.FormatBool(v.Truthy())
			}
		case sx.KindNumber:
			f := v.Float()
			switch {
			case postgres:
				out[i] = strconv.FormatFloat(f, 'f', -1, 64)
			case f == math.Trunc(f):
				out[i] = int64(f)
			default:
				out[i] = f
			}
		case sx.KindString, sx.KindSymbol, sx.KindKeyword:
			s := v.Text()
			if postgres && strings.IndexByte(s, 0) >= 0 {
				return nil, fmt.Errorf("parameter %d holds a NUL character, which PostgreSQL cannot store", i+1)
			}
			out[i] = s
		default:
			return nil, fmt.Errorf("parameter %d must be a string, number, boolean or nil, got %s (json-encode lists and dicts)", i+1, v.TypeName())
		}
	}
	return out, nil
}

// columnKind is how a column's values are converted; it comes from the type the column was declared with.
type columnKind uint8

const (
	plainColumn columnKind = iota
	boolColumn
	dateColumn
	timeColumn
	numericColumn
	blobColumn
)

type column struct {
	name  string
	kind  columnKind
	scale int // of NUMERIC(p, s); -1: as it is
}

func columnOf(t *sql.ColumnType) column {
	c := column{name: t.Name(), scale: -1}
	declared := strings.ToUpper(t.DatabaseTypeName())
	base, rest, _ := strings.Cut(declared, "(")
	switch strings.TrimSpace(base) {
	case "BOOL", "BOOLEAN":
		c.kind = boolColumn
	case "DATE":
		c.kind = dateColumn
	case "TIMESTAMP", "TIMESTAMPTZ", "DATETIME", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITHOUT TIME ZONE":
		c.kind = timeColumn
	case "NUMERIC", "DECIMAL":
		c.kind = numericColumn
		if _, s, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(rest), ")"), ","); ok {
			if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && n >= 0 && n < 100 {
				c.scale = n
			}
		} else if rest != "" {
			c.scale = 0
		}
	case "BLOB", "BYTEA":
		c.kind = blobColumn
	}
	return c
}

// value converts what a driver gave.
func (c column) value(v any) (sx.Value, error) {
	switch v := v.(type) {
	case nil:
		return sx.Nil, nil
	case bool:
		return sx.Bool(v), nil
	case int64:
		return c.integer(v), nil
	case float64:
		return c.float(v), nil
	case time.Time:
		return c.time(v), nil
	case string:
		return c.text(v)
	case []byte:
		if c.kind == blobColumn {
			return sx.String(base64.StdEncoding.EncodeToString(v)), nil
		}
		return c.text(string(v))
	}
	return sx.Nil, fmt.Errorf("column %s: cannot convert a database value of type %T", c.name, v)
}

func (c column) integer(n int64) sx.Value {
	switch {
	case c.kind == boolColumn:
		return sx.Bool(n != 0)
	case c.kind == numericColumn:
		if c.scale > 0 {
			return sx.String(strconv.FormatInt(n, 10) + "." + strings.Repeat("0", c.scale))
		}
		return sx.String(strconv.FormatInt(n, 10))
	case c.kind == timeColumn || c.kind == dateColumn:
		return c.time(time.Unix(n, 0))
	case n > sx.MaxSafe || n < -sx.MaxSafe:
		return sx.String(strconv.FormatInt(n, 10))
	}
	return sx.Number(float64(n))
}

func (c column) float(f float64) sx.Value {
	switch {
	case c.kind == numericColumn:
		return sx.String(strconv.FormatFloat(f, 'f', c.scale, 64))
	case math.IsNaN(f) || math.IsInf(f, 0) || f > sx.MaxSafe || f < -sx.MaxSafe:
		return sx.String(strconv.FormatFloat(f, 'g', -1, 64))
	}
	return sx.Number(f)
}

func (c column) time(t time.Time) sx.Value {
	if c.kind == dateColumn {
		return sx.String(t.Format(time.DateOnly))
	}
	return sx.String(t.UTC().Format(time.RFC3339Nano))
}

// text converts text. SQLite keeps what was written into a date column, in whatever form; what is a time
// is returned in one form.
func (c column) text(s string) (sx.Value, error) {
	switch c.kind {
	case boolColumn:
		switch strings.ToLower(s) {
		case "true", "t", "1", "yes", "on":
			return sx.True, nil
		case "false", "f", "0", "no", "off":
			return sx.False, nil
		}
	case dateColumn, timeColumn:
		for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
			"2006-01-02T15:04:05.999999999", "2006-01-02 15:04", time.DateOnly} {
			if t, err := time.Parse(layout, s); err == nil {
				return c.time(t), nil
			}
		}
	}
	if !utf8.ValidString(s) {
		return sx.Nil, fmt.Errorf("column %s holds text that is not valid UTF-8", c.name)
	}
	return sx.String(s), nil
}
