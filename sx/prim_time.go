package sx

import (
	"strconv"
	"strings"
	"time"
)

func timePrimitives() []*Primitive {
	return []*Primitive{
		{Usage: "(format-date date format)", Doc: "A date (RFC 3339) in UTC by a format of %Y %m %d %H %M %S %b %B %a %A %j %%.", F2: formatDate2},
		{Usage: "(parse-datetime s default?)", Doc: "A date and time with offset (RFC 3339), or a date alone, in UTC; what is none gives the default or nil.",
			F1: func(m *Machine, a Value) Value { return parseDatetime(m, a, Nil) }, F2: parseDatetime},
	}
}

func parseDatetime(m *Machine, a, otherwise Value) Value {
	if a.IsNil() {
		return otherwise
	}
	t, ok := parseTime(trimSpace(m.Str("parse-datetime", 0, a)))
	if !ok {
		return otherwise
	}
	return String(t.Format("2006-01-02T15:04:05.999999999Z"))
}

// parseTime reads a date-time of RFC 3339 section 5.6, with a blank in place of T allowed as its note says, or a
// full-date as midnight. time.Parse would also take hours of one digit and commas.
func parseTime(s string) (time.Time, bool) {
	number := func(at, n, low, high int) int {
		if at+n > len(s) {
			return -1
		}
		v := 0
		for _, c := range []byte(s[at : at+n]) {
			if c < '0' || c > '9' {
				return -1
			}
			v = v*10 + int(c-'0')
		}
		if v < low || v > high {
			return -1
		}
		return v
	}
	is := func(at int, chars string) bool { return at < len(s) && strings.IndexByte(chars, s[at]) >= 0 }
	none := time.Time{}
	year, month, day := number(0, 4, 0, 9999), number(5, 2, 1, 12), number(8, 2, 1, 31)
	if year < 0 || month < 0 || day < 0 || !is(4, "-") || !is(7, "-") {
		return none, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day { // 30 February
		return none, false
	}
	if len(s) == 10 {
		return t, true
	}
	hour, minute, second := number(11, 2, 0, 23), number(14, 2, 0, 59), number(17, 2, 0, 59)
	if hour < 0 || minute < 0 || second < 0 || !is(10, "Tt ") || !is(13, ":") || !is(16, ":") {
		return none, false
	}
	at, nanos := 19, 0
	if is(at, ".") {
		from := at + 1
		for at = from; is(at, "0123456789"); at++ {
			if at-from < 9 {
				nanos = nanos*10 + int(s[at]-'0')
			}
		}
		if at == from {
			return none, false
		}
		for n := at - from; n < 9; n++ {
			nanos *= 10
		}
	}
	offset := 0
	switch {
	case is(at, "Zz"):
		at++
	case is(at, "+-"):
		h, m := number(at+1, 2, 0, 23), number(at+4, 2, 0, 59)
		if h < 0 || m < 0 || !is(at+3, ":") {
			return none, false
		}
		offset = h*60 + m
		if s[at] == '-' {
			offset = -offset
		}
		at += 6
	default:
		return none, false
	}
	t = time.Date(year, time.Month(month), day, hour, minute-offset, second, nanos, time.UTC)
	if at != len(s) || t.Year() < 0 || t.Year() > 9999 {
		return none, false
	}
	return t, true
}

func formatDate2(m *Machine, a, b Value) Value {
	t, ok := parseTime(trimSpace(m.Str("format-date", 0, a)))
	if !ok {
		m.ArgFail("format-date", 0, "a date such as 2026-03-01 or 2026-03-01T12:00:00Z", a)
	}
	format := m.Str("format-date", 1, b)
	m.Bytes(5 * len(format))
	out := make([]byte, 0, 2*len(format))
	two := func(n int) { out = append(out, byte('0'+n/10), byte('0'+n%10)) }
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			out = append(out, format[i])
			continue
		}
		if i++; i == len(format) {
			m.Fail(RangeError, "format-date: the format ends in %%; write %%%% for a percent sign")
		}
		switch format[i] {
		case 'Y':
			out = append(out, padZero(t.Year(), 4)...)
		case 'm':
			two(int(t.Month()))
		case 'd':
			two(t.Day())
		case 'H':
			two(t.Hour())
		case 'M':
			two(t.Minute())
		case 'S':
			two(t.Second())
		case 'b':
			out = append(out, t.Month().String()[:3]...)
		case 'B':
			out = append(out, t.Month().String()...)
		case 'a':
			out = append(out, t.Weekday().String()[:3]...)
		case 'A':
			out = append(out, t.Weekday().String()...)
		case 'j':
			out = append(out, padZero(t.YearDay(), 3)...)
		case '%':
			out = append(out, '%')
		default:
			r := []rune(format[i:])[0]
			m.Fail(RangeError, "format-date: unknown %%%c in the format; known are %%Y %%m %%d %%H %%M %%S %%b %%B %%a %%A %%j %%%%", r)
		}
	}
	return String(string(out))
}

func padZero(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}
