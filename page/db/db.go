package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/sx-framework/sxgo/sx"
)

// MaxRows is how many rows one query may give. More is an error: a page that shows a million rows wants a
// limit clause.
const MaxRows = 100_000

// ErrClosed is returned by operations on a closed database.
var ErrClosed = errors.New("database is closed")

// DB is an open database. It is safe for concurrent use.
type DB struct {
	postgres bool
	read     *sql.DB // SQLite: any number of readers; PostgreSQL: the same as write
	write    *sql.DB // SQLite: one connection

	mu     sync.Mutex
	cache  map[string]statement // by SQL text; SQL texts are literals of the program, so there are few
	closed bool
}

// Open opens a database: a path or sqlite:PATH (folders are made, ":memory:" works) for SQLite, a
// postgres:// or postgresql:// URL for PostgreSQL. It fails when the database cannot be reached.
func Open(ctx context.Context, where string) (*DB, error) {
	d := &DB{cache: map[string]statement{}}
	if strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://") {
		d.postgres = true
		pool, err := sql.Open("pgx", where)
		if err != nil {
			return nil, fmt.Errorf("opening PostgreSQL: %w", hidePassword(err, where))
		}
		pool.SetMaxOpenConns(4 * max(4, runtime.GOMAXPROCS(0)))
		pool.SetMaxIdleConns(8)
		pool.SetConnMaxIdleTime(5 * time.Minute)
		d.read, d.write = pool, pool
	} else {
		path, ours := strings.CutPrefix(where, "sqlite:")
		if scheme, _, found := strings.Cut(where, "://"); found && !ours {
			return nil, fmt.Errorf("opening the database: %s:// is not known; postgres://… or the path of an SQLite file was expected", scheme)
		}
		if err := d.openSQLite(strings.TrimPrefix(path, "//")); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := d.write.PingContext(ctx); err != nil {
		d.Close()
		if !d.postgres {
			return nil, fmt.Errorf("opening the database %s: %w", where, err)
		}
		return nil, fmt.Errorf("opening the database: %w", hidePassword(err, where))
	}
	return d, nil
}

func (d *DB) openSQLite(path string) error {
	const pragmas = "_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)"
	var err error
	if path == ":memory:" {
		if d.write, err = sql.Open("sqlite", "file::memory:?"+pragmas); err != nil {
			return err
		}
		d.write.SetMaxOpenConns(1) // each connection would be a database of its own
		d.read = d.write
		return nil
	}
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("making the folder of the database: %w", err)
		}
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas + "&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"
	if d.write, err = sql.Open("sqlite", dsn); err != nil {
		return err
	}
	d.write.SetMaxOpenConns(1)
	if d.read, err = sql.Open("sqlite", dsn+"&_pragma=query_only(1)"); err != nil {
		d.write.Close()
		return err
	}
	d.read.SetMaxOpenConns(max(4, 2*runtime.GOMAXPROCS(0)))
	d.read.SetMaxIdleConns(4)
	return nil
}

// hidePassword keeps the password of a URL out of messages.
func hidePassword(err error, where string) error {
	u, perr := url.Parse(where)
	if perr != nil || u.User == nil {
		return err
	}
	pw, ok := u.User.Password()
	if !ok || pw == "" || !strings.Contains(err.Error(), pw) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), pw, "…"))
}

// Dialect returns "sqlite" or "postgres".
func (d *DB) Dialect() string {
	if d.postgres {
		return "postgres"
	}
	return "sqlite"
}

// Ping reports whether the database can be reached.
func (d *DB) Ping(ctx context.Context) error { return d.write.PingContext(ctx) }

// Close closes all connections. Later operations fail.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	err := d.write.Close()
	if d.read != d.write {
		err = errors.Join(err, d.read.Close())
	}
	return err
}

func (d *DB) prepare(query string, args []sx.Value) (statement, []any, error) {
	d.mu.Lock()
	st, ok := d.cache[query]
	closed := d.closed
	d.mu.Unlock()
	if closed {
		return st, nil, ErrClosed
	}
	if !ok {
		var err error
		if st, err = translate(query, d.postgres); err != nil {
			return st, nil, err
		}
		d.mu.Lock()
		if len(d.cache) < 4096 {
			d.cache[query] = st
		}
		d.mu.Unlock()
	}
	if st.params != len(args) {
		return st, nil, fmt.Errorf("the statement has %d parameters, got %d values", st.params, len(args))
	}
	values, err := arguments(args, d.postgres)
	return st, values, err
}

// runner is a pool or a transaction.
type runner interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (d *DB) runner(ctx context.Context, writes bool) runner {
	if tx := d.transaction(ctx); tx != nil {
		return tx.tx
	}
	if writes {
		return d.write
	}
	return d.read
}

// Query returns the rows of a statement as a list of dicts, keys in column order.
func (d *DB) Query(ctx context.Context, query string, args ...sx.Value) (sx.Value, error) {
	rows, err := d.query(ctx, query, args, MaxRows)
	if err != nil {
		return sx.Nil, err
	}
	return sx.ListOf(sx.NewList(rows...)), nil
}

// QueryOne returns the first row as a dict, or nil when there is none.
func (d *DB) QueryOne(ctx context.Context, query string, args ...sx.Value) (sx.Value, error) {
	rows, err := d.query(ctx, query, args, 1)
	if err != nil || len(rows) == 0 {
		return sx.Nil, err
	}
	return rows[0], nil
}

func (d *DB) query(ctx context.Context, query string, args []sx.Value, most int) (_ []sx.Value, err error) {
	st, values, err := d.prepare(query, args)
	if err != nil {
		return nil, err
	}
	rows, err := d.runner(ctx, st.writes).QueryContext(ctx, st.text, values...)
	if err != nil {
		return nil, d.explain(err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil && cerr != nil {
			err = d.explain(cerr)
		}
	}()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	columns := make([]column, len(types))
	for i, t := range types {
		columns[i] = columnOf(t)
	}
	cells, dest := make([]any, len(types)), make([]any, len(types))
	for i := range cells {
		dest[i] = &cells[i]
	}
	var out []sx.Value
	for rows.Next() {
		if len(out) == most {
			if most == 1 {
				return out, nil
			}
			return nil, fmt.Errorf("the query gives more than %d rows: add a limit", most)
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		row := sx.NewDict(len(columns))
		for i, c := range columns {
			v, err := c.value(cells[i])
			if err != nil {
				return nil, err
			}
			row.Set(c.name, v)
		}
		out = append(out, sx.DictOf(row))
	}
	if err := rows.Err(); err != nil {
		return nil, d.explain(err)
	}
	return out, nil
}

// Exec runs a statement and gives {:rows n :last-id id}. rows is how many were changed; last-id is the id
// of the last row inserted on SQLite, and the first column of a RETURNING clause on both (on PostgreSQL it
// is nil without one).
func (d *DB) Exec(ctx context.Context, query string, args ...sx.Value) (sx.Value, error) {
	st, values, err := d.prepare(query, args)
	if err != nil {
		return sx.Nil, err
	}
	n, last := int64(0), sx.Nil
	if st.returning {
		rows, err := d.query(ctx, query, args, MaxRows)
		if err != nil {
			return sx.Nil, err
		}
		n = int64(len(rows))
		if n > 0 {
			if row := rows[n-1].Dict(); row.Len() > 0 {
				_, last = row.At(0)
			}
		}
	} else {
		res, err := d.runner(ctx, true).ExecContext(ctx, st.text, values...)
		if err != nil {
			return sx.Nil, d.explain(err)
		}
		if n, err = res.RowsAffected(); err != nil {
			return sx.Nil, err
		}
		if !d.postgres {
			if id, err := res.LastInsertId(); err == nil && id != 0 {
				last = column{}.integer(id)
			}
		}
	}
	result := sx.NewDict(2)
	result.Set("rows", sx.Number(float64(n)))
	result.Set("last-id", last)
	return sx.DictOf(result), nil
}

// explain adds a hint to errors that people meet first.
func (d *DB) explain(err error) error {
	msg := err.Error()
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case strings.Contains(msg, "no such table"), strings.Contains(msg, "42P01"):
		return fmt.Errorf("%w (tables are made by migrations/*.sql)", err)
	case strings.Contains(msg, "attempt to write a readonly database"):
		return fmt.Errorf("%w (use db-exec for statements that change data)", err)
	case strings.Contains(msg, "sql: database is closed"):
		return ErrClosed
	}
	return err
}
