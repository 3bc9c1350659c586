package db_test

import (
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page/db"
)

func TestTranslate(t *testing.T) {
	for _, c := range []struct {
		in, sqlite, postgres string
		params               int
	}{
		{`select ? + ?`, `select ? + ?`, `select $1 + $2`, 2},
		{`select '?', "?", ?`, `select '?', "?", ?`, `select '?', "?", $1`, 1},
		{`select 'it''s ?' , ?`, `select 'it''s ?' , ?`, `select 'it''s ?' , $1`, 1},
		{"select ? -- ?\n, ?", "select ? -- ?\n, ?", "select $1 -- ?\n, $2", 2},
		{"select ? -- ?", "select ? -- ?", "select $1 -- ?", 1},
		{`select /* ? */ ?`, `select /* ? */ ?`, `select /* ? */ $1`, 1},
		{`select a ?? b`, `select a ? b`, `select a ? b`, 0},
		{`select a ??| ?`, `select a ?| ?`, `select a ?| $1`, 1},
		{"select \"a\"\"?\" = ?", "select \"a\"\"?\" = ?", "select \"a\"\"?\" = $1", 1},
	} {
		for _, pg := range []bool{false, true} {
			want := c.sqlite
			if pg {
				want = c.postgres
			}
			got, n, _, _, err := db.Translate(c.in, pg)
			if err != nil || got != want || n != c.params {
				t.Errorf("%q (postgres %v): got %q, %d, %v, want %q, %d", c.in, pg, got, n, err, want, c.params)
			}
		}
	}
	for in, want := range map[string]string{
		`select $$ ? $$, ?`:             `select $$ ? $$, $1`,
		`select $a$ $$ ? $a$, ?`:        `select $a$ $$ ? $a$, $1`,
		`select E'\' ?', ?`:             `select E'\' ?', $1`,
		`select name'\', ?`:             `select name'\', $1`,
		`select /* /* ? */ ? */ ?`:      `select /* /* ? */ ? */ $1`,
		`select a$1$b, ?`:               `select a$1$b, $1`,
		`select "a?b", 'x' || ? || 'y'`: `select "a?b", 'x' || $1 || 'y'`,
	} {
		if got, _, _, _, err := db.Translate(in, true); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{"select `?`, ?": "select `?`, ?", "select [?], ?": "select [?], ?"} {
		if got, n, _, _, err := db.Translate(in, false); err != nil || got != want || n != 1 {
			t.Errorf("%q: got %q, %d, %v, want %q, 1", in, got, n, err, want)
		}
	}
	for _, bad := range []string{`select 'x`, `select "x`, `select $$x`, `select /* x`, ``, `  -- nothing`} {
		if _, _, _, _, err := db.Translate(bad, true); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
}

func TestTranslateClassifies(t *testing.T) {
	for in, want := range map[string]string{
		"select 1":                                 "",
		" SELECT 'insert'":                         "",
		"insert into a values (1)":                 "writes",
		"insert into a values (1) returning id":    "returning writes",
		"with x as (select 1) select * from x":     "",
		"with x as (select 1) delete from a":       "writes",
		"update a set b = 1 where c = 'returning'": "writes",
		"pragma foreign_keys":                      "writes",
		"select replace(a, 'x', 'y') from b":       "",
		"select \"returning\" from a":              "",
	} {
		_, _, returning, writes, err := db.Translate(in, false)
		var got []string
		if returning {
			got = append(got, "returning")
		}
		if writes {
			got = append(got, "writes")
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
}

func FuzzTranslate(f *testing.F) {
	f.Add("select ? -- ? ", true)
	f.Add("select E'\\", true)
	f.Add("$a$", true)
	f.Add("/*", false)
	f.Fuzz(func(t *testing.T, in string, pg bool) {
		text, n, _, _, err := db.Translate(in, pg)
		if err == nil && !pg && strings.Count(text, "?") < n {
			t.Errorf("%q: %q has fewer than %d placeholders", in, text, n)
		}
	})
}
