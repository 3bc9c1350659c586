package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/sx-framework/sxgo/page/db"
	"github.com/sx-framework/sxgo/sx"
)

// each runs a test on every database, with an empty one of its own.
func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Run("sqlite", func(t *testing.T) {
		d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "data", "app.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		f(t, d)
	})
	t.Run("postgres", func(t *testing.T) {
		if postgresMissing != "" {
			t.Skip("no PostgreSQL: ", postgresMissing)
		}
		admin, err := db.Open(t.Context(), postgresURL)
		if err != nil {
			t.Fatal(err)
		}
		defer admin.Close()
		name := "t_" + strings.ToLower(strings.NewReplacer("/", "_", "#", "_").Replace(t.Name()))
		mustExec(t, admin, "drop database if exists "+name)
		mustExec(t, admin, "create database "+name)
		d, err := db.Open(t.Context(), strings.Replace(postgresURL, "/postgres?", "/"+name+"?", 1))
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		f(t, d)
	})
}

func mustExec(t *testing.T, d *db.DB, q string, args ...sx.Value) sx.Value {
	t.Helper()
	v, err := d.Exec(context.WithoutCancel(t.Context()), q, args...)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return v
}

// show writes a value in a form that tests compare.
func show(v sx.Value) string {
	switch v.Kind() {
	case sx.KindNil:
		return "nil"
	case sx.KindBool:
		return fmt.Sprint(v.Truthy())
	case sx.KindNumber:
		return fmt.Sprint(v.Float())
	case sx.KindString:
		return fmt.Sprintf("%q", v.Text())
	case sx.KindList:
		var parts []string
		for _, i := range v.List().Items {
			parts = append(parts, show(i))
		}
		return "(" + strings.Join(parts, " ") + ")"
	case sx.KindDict:
		var parts []string
		d := v.Dict()
		for i := range d.Len() {
			k, v := d.At(i)
			parts = append(parts, ":"+k+" "+show(v))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return v.TypeName()
}

func query(t *testing.T, d *db.DB, q string, args ...sx.Value) string {
	t.Helper()
	v, err := d.Query(t.Context(), q, args...)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return show(v)
}

func id(d *db.DB) string {
	if d.Dialect() == "postgres" {
		return "id serial primary key"
	}
	return "id integer primary key"
}

func TestTypes(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		mustExec(t, d, `create table v (n integer, big bigint, r double precision, s text, b boolean, d date, ts timestamp,
			price numeric(10,2))`)
		mustExec(t, d, `insert into v values (?, ?, ?, ?, ?, ?, ?, ?)`, sx.Number(-7), sx.String("9007199254740993"), sx.Number(0.1),
			sx.String("it's ? \"ü\" 漢"), sx.True, sx.String("2026-02-28"), sx.String("2026-02-28T23:59:58.125Z"), sx.Number(12.5))
		mustExec(t, d, `insert into v(n, b, price) values (?, ?, ?)`, sx.Nil, sx.False, sx.String("3"))
		got := query(t, d, "select * from v order by n")
		for _, want := range []string{
			`{:n -7 :big "9007199254740993" :r 0.1 :s "it's ? \"ü\" 漢" :b true :d "2026-02-28" :ts "2026-02-28T23:59:58.125Z" :price "12.50"}`,
			`{:n nil :big nil :r nil :s nil :b false :d nil :ts nil :price "3.00"}`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		if got := query(t, d, "select s from v where b = ? and n = ? and d = ?", sx.True, sx.Number(-7), sx.String("2026-02-28")); !strings.Contains(got, "漢") {
			t.Errorf("comparison with parameters: got %s", got)
		}
	})
}

func TestQueryOneAndExec(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		mustExec(t, d, "create table todos ("+id(d)+", title text not null unique, done boolean not null default false)")
		if got := show(mustExec(t, d, "insert into todos(title) values (?) returning id", sx.String("a"))); got != "{:rows 1 :last-id 1}" {
			t.Errorf("insert returning: got %s", got)
		}
		want := "{:rows 1 :last-id 2}"
		if d.Dialect() == "postgres" {
			want = "{:rows 1 :last-id nil}"
		}
		if got := show(mustExec(t, d, "insert into todos(title) values (?)", sx.String("b"))); got != want {
			t.Errorf("insert: got %s, want %s", got, want)
		}
		one, err := d.QueryOne(t.Context(), "select title from todos where id = ?", sx.Number(1))
		if err != nil || show(one) != `{:title "a"}` {
			t.Errorf("one: got %s, %v", show(one), err)
		}
		one, err = d.QueryOne(t.Context(), "select title from todos where id = ?", sx.Number(99))
		if err != nil || !one.IsNil() {
			t.Errorf("none: got %s, %v", show(one), err)
		}
		if got := query(t, d, "select title from todos order by id limit ?", sx.Number(1)); got != `({:title "a"})` {
			t.Errorf("limit: got %s", got)
		}
		res := mustExec(t, d, "update todos set done = ?", sx.True)
		if n, _ := res.Dict().Lookup("rows"); show(n) != "2" {
			t.Errorf("update: got %s", show(res))
		}
		// What an attacker types is a value, whatever it looks like.
		evil := "x'); drop table todos; --"
		mustExec(t, d, "insert into todos(title) values (?)", sx.String(evil))
		if got := query(t, d, "select title from todos where title = ?", sx.String(evil)); got != fmt.Sprintf(`({:title %q})`, evil) {
			t.Errorf("got %s", got)
		}
	})
}

func TestErrors(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		mustExec(t, d, "create table a (x integer unique)")
		for _, c := range []struct {
			q    string
			args []sx.Value
			want string
		}{
			{"select ?", nil, "has 1 parameters, got 0"},
			{"select 1", []sx.Value{sx.Nil}, "has 0 parameters, got 1"},
			{"select * from missing", nil, "migrations/*.sql"},
			{"select ?", []sx.Value{sx.ListOf(sx.NewList())}, "parameter 1 must be a string, number, boolean or nil, got list"},
			{"selec 1", nil, "syntax"},
			{"select 'x", nil, "unterminated string"},
		} {
			if _, err := d.Query(t.Context(), c.q, c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %q", c.q, err, c.want)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := d.Query(ctx, "select 1"); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: got %v", err)
		}
	})
}

type redirect struct{}

func (redirect) Error() string { return "redirect" }
func (redirect) Commits() bool { return true }

func TestTransaction(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		mustExec(t, d, "create table a (x integer)")
		insert := func(ctx context.Context, n int) error {
			_, err := d.Exec(ctx, "insert into a values (?)", sx.Int(n))
			return err
		}
		stop := errors.New("stop")
		err := d.Transaction(t.Context(), func(ctx context.Context) error { return insert(ctx, 1) })
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Transaction(t.Context(), func(ctx context.Context) error {
			return errors.Join(insert(ctx, 2), stop)
		}); !errors.Is(err, stop) {
			t.Errorf("got %v", err)
		}
		if err := d.Transaction(t.Context(), func(ctx context.Context) error {
			if err := insert(ctx, 3); err != nil {
				return err
			}
			if err := d.Transaction(ctx, func(ctx context.Context) error { return errors.Join(insert(ctx, 4), stop) }); !errors.Is(err, stop) {
				t.Errorf("inner: got %v", err)
			}
			if err := d.Transaction(ctx, func(ctx context.Context) error { return insert(ctx, 5) }); err != nil {
				return err
			}
			return fmt.Errorf("leaving: %w", redirect{})
		}); !errors.As(err, new(redirect)) {
			t.Errorf("got %v", err)
		}
		func() {
			defer func() { recover() }()
			d.Transaction(t.Context(), func(ctx context.Context) error { insert(ctx, 6); panic("x") })
		}()
		ctx, cancel := context.WithCancel(t.Context())
		if err := d.Transaction(ctx, func(ctx context.Context) error {
			if err := insert(ctx, 7); err != nil {
				return err
			}
			cancel()
			return nil
		}); err == nil {
			t.Error("a cancelled transaction committed")
		}
		if got := query(t, d, "select x from a order by x"); got != "({:x 1} {:x 3} {:x 5})" {
			t.Errorf("got %s", got)
		}
	})
}

func TestConcurrentWriters(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		mustExec(t, d, "create table c (n integer)")
		mustExec(t, d, "insert into c values (0)")
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := d.Transaction(t.Context(), func(ctx context.Context) error {
					if d.Dialect() == "postgres" {
						if _, err := d.Query(ctx, "select n from c for update"); err != nil {
							return err
						}
					}
					v, err := d.QueryOne(ctx, "select n from c")
					if err != nil {
						return err
					}
					n, _ := v.Dict().Lookup("n")
					_, err = d.Exec(ctx, "update c set n = ?", sx.Number(n.Float()+1))
					return err
				}); err != nil {
					t.Error(err)
				}
				if _, err := d.Query(t.Context(), "select n from c"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := query(t, d, "select n from c"); got != "({:n 20})" {
			t.Errorf("got %s", got)
		}
	})
}

func TestMigrate(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		files := fstest.MapFS{
			"migrations/001-first.sql":       {Data: []byte("create table a (x integer);\ninsert into a values (1);\ninsert into a values (2);")},
			"migrations/002-id.sqlite.sql":   {Data: []byte("create table b (id integer primary key)")},
			"migrations/002-id.postgres.sql": {Data: []byte("create table b (id serial primary key)")},
			"migrations/README.md":           {Data: []byte("not sql")},
			"migrations/010-second.sql":      {Data: []byte("insert into a select max(x) + 1 from a;")},
		}
		applied, err := d.Migrate(t.Context(), files, "migrations")
		if err != nil || len(applied) != 3 || applied[0] != "001-first.sql" || applied[2] != "010-second.sql" {
			t.Fatalf("got %v, %v", applied, err)
		}
		if applied, err = d.Migrate(t.Context(), files, "migrations"); err != nil || len(applied) != 0 {
			t.Errorf("again: got %v, %v", applied, err)
		}
		if got := query(t, d, "select x from a order by x"); got != "({:x 1} {:x 2} {:x 3})" {
			t.Errorf("got %s", got)
		}
		files["migrations/011-bad.sql"] = &fstest.MapFile{Data: []byte("insert into a values (9); insert into nothing values (1);")}
		if _, err = d.Migrate(t.Context(), files, "migrations"); err == nil || !strings.Contains(err.Error(), "migrations/011-bad.sql") {
			t.Errorf("bad: got %v", err)
		}
		if got := query(t, d, "select x from a where x = 9"); got != "()" {
			t.Errorf("a failed migration left %s", got)
		}
		delete(files, "migrations/011-bad.sql")
		files["migrations/001-first.sql"].Data = []byte("create table a (y integer)")
		if _, err = d.Migrate(t.Context(), files, "migrations"); err == nil || !strings.Contains(err.Error(), "was changed after it had been applied") {
			t.Errorf("changed: got %v", err)
		}
		if applied, err := d.Migrate(t.Context(), fstest.MapFS{}, "migrations"); err != nil || applied != nil {
			t.Errorf("no folder: got %v, %v", applied, err)
		}
	})
}

func TestClosed(t *testing.T) {
	d, err := db.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	if got := query(t, d, "select 1 as one"); got != "({:one 1})" {
		t.Errorf("got %s", got)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Error(err)
	}
	if _, err := d.Query(t.Context(), "select 1"); !errors.Is(err, db.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := db.Open(t.Context(), "postgres://u:secret@127.0.0.1:1/x"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("unreachable: got %v", err)
	}
}

func BenchmarkQuery(b *testing.B) {
	d, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "app.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Exec(b.Context(), "create table t (id integer primary key, title text)"); err != nil {
		b.Fatal(err)
	}
	for range 13 {
		if _, err := d.Exec(b.Context(), "insert into t(title) values (?)", sx.String("a title")); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Query(b.Context(), "select id, title from t where id > ?", sx.Number(0)); err != nil {
			b.Fatal(err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte("no database"), 0o644); err != nil {
		t.Fatal(err)
	}
	for where, want := range map[string]string{
		"mysql://u:secret@h/x": "mysql:// is not known; postgres://… or the path of an SQLite file was expected",
		garbage:                "opening the database " + garbage + ": file is not a database",
		filepath.Join(garbage, "below", "app.db"): "making the folder of the database",
		"postgres://u:secret@127.0.0.1:1/x":       "connection refused",
	} {
		d, err := db.Open(t.Context(), where)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want %s", where, err, want)
		}
		if d != nil {
			d.Close()
		}
	}
	for _, where := range []string{"sqlite:" + filepath.Join(dir, "a.db"), "sqlite://" + filepath.Join(dir, "b.db"), filepath.Join(dir, "new", "c.db"), ":memory:"} {
		d, err := db.Open(t.Context(), where)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		d.Close()
	}
	for _, name := range []string{"a.db", "b.db", "new/c.db"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}
