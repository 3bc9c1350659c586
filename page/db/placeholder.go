package db

import (
	"fmt"
	"strconv"
	"strings"
)

// statement is an SQL text translated for its database, with what the words of it say.
type statement struct {
	text      string
	params    int
	returning bool // has a RETURNING clause
	writes    bool // changes data, or might
}

// translate replaces ? by the database's placeholders and ?? by ?. Strings ('…', E'…' and $tag$…$tag$ on
// PostgreSQL), quoted names ("…", and `…` or […] on SQLite) and comments are copied as they are
// (SQLite "SQL As Understood By SQLite", "Comments", "Literal Values"; PostgreSQL 15 manual, 4.1).
func translate(query string, postgres bool) (statement, error) {
	var b strings.Builder
	b.Grow(len(query) + 16)
	st := statement{}
	first := ""
	for i := 0; i < len(query); {
		c := query[i]
		end := i + 1
		switch {
		case c == '\'':
			escapes := postgres && i > 0 && (query[i-1] == 'E' || query[i-1] == 'e') && (i == 1 || !wordByte(query[i-2]))
			end = quoted(query, i, '\'', escapes)
		case c == '"':
			end = quoted(query, i, '"', false)
		case c == '`' && !postgres:
			end = quoted(query, i, '`', false)
		case c == '[' && !postgres:
			end = after(query, i+1, "]")
		case strings.HasPrefix(query[i:], "--"):
			end = after(query, i, "\n")
		case strings.HasPrefix(query[i:], "/*"):
			end = comment(query, i, postgres)
		case c == '$' && postgres && (i == 0 || !wordByte(query[i-1])):
			if tag := dollarTag(query[i:]); tag != "" {
				end = after(query, i+len(tag), tag)
			}
		case c == '?':
			if strings.HasPrefix(query[i:], "??") {
				b.WriteByte('?')
				i += 2
				continue
			}
			st.params++
			if postgres {
				b.WriteByte('$')
				b.WriteString(strconv.Itoa(st.params))
			} else {
				b.WriteByte('?')
			}
			i++
			continue
		case wordByte(c):
			for end < len(query) && wordByte(query[end]) {
				end++
			}
			word := strings.ToLower(query[i:end])
			if first == "" {
				first = word
			}
			switch word {
			case "returning":
				st.returning = true
			case "insert", "update", "delete", "replace", "merge":
				st.writes = st.writes || first == "with" || first == "explain" || first == word
			}
		}
		if end < 0 {
			return st, fmt.Errorf("unterminated %s in the SQL text, at character %d", delimiterName(c), i+1)
		}
		b.WriteString(query[i:end])
		i = end
	}
	switch first {
	case "":
		return st, fmt.Errorf("empty SQL text")
	case "select", "with", "values", "explain":
	default:
		st.writes = true
	}
	st.text = b.String()
	return st, nil
}

func delimiterName(c byte) string {
	switch c {
	case '\'', '$':
		return "string"
	case '/':
		return "comment"
	}
	return "quoted name"
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// quoted returns the end of the text quoted by q at i; a doubled q stands for itself. -1: it never ends.
func quoted(s string, i int, q byte, escapes bool) int {
	for i++; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == q:
			if i+1 < len(s) && s[i+1] == q {
				i++
				continue
			}
			return i + 1
		}
	}
	return -1
}

// after returns the end of what ends with mark, from i on. A line comment may end with the text.
func after(s string, i int, mark string) int {
	n := strings.Index(s[i:], mark)
	if n < 0 {
		if mark == "\n" {
			return len(s)
		}
		return -1
	}
	return i + n + len(mark)
}

// comment returns the end of a block comment, which nests on PostgreSQL and may end with the text on SQLite.
func comment(s string, i int, nests bool) int {
	if !nests {
		if end := after(s, i+2, "*/"); end >= 0 {
			return end
		}
		return len(s)
	}
	depth := 0
	for i < len(s) {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return -1
}

// dollarTag returns the $tag$ that s begins with, or "".
func dollarTag(s string) string {
	for i := 1; i < len(s); i++ {
		c := s[i]
		if c == '$' {
			return s[:i+1]
		}
		if !wordByte(c) || i == 1 && c >= '0' && c <= '9' {
			return ""
		}
	}
	return ""
}
