package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
)

// Migrate applies the *.sql files of a folder in the order of their names, each in a transaction, and notes
// each with its checksum in the table sx_migrations. A file that was applied before is skipped; one that was
// changed since is an error. NAME.sqlite.sql and NAME.postgres.sql are for one database only. Processes that
// start together wait for each other. It returns the names of those it applied.
func (d *DB) Migrate(ctx context.Context, fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir) // sorted by name
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return nil, d.explain(err)
	}
	defer conn.Close()
	if d.postgres {
		// A session lock, since files run in transactions of their own. The number is arbitrary but fixed.
		const lock = 0x5358_6d69
		if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", lock); err != nil {
			return nil, err
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", lock)
	}
	const table = `create table if not exists sx_migrations (name text primary key, checksum text not null, applied_at text not null)`
	if _, err := conn.ExecContext(ctx, table); err != nil {
		return nil, fmt.Errorf("making the table of migrations: %w", err)
	}
	var applied []string
	for _, e := range entries {
		if e.IsDir() || path.Ext(e.Name()) != ".sql" || !d.concerns(e.Name()) {
			continue
		}
		text, err := fs.ReadFile(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return applied, err
		}
		ran, err := d.migrate(ctx, conn, e.Name(), string(text))
		if err != nil {
			return applied, fmt.Errorf("migration %s: %w", path.Join(dir, e.Name()), err)
		}
		if ran {
			applied = append(applied, e.Name())
		}
	}
	return applied, nil
}

func (d *DB) concerns(name string) bool {
	name = strings.TrimSuffix(name, ".sql")
	other := ".postgres"
	if d.postgres {
		other = ".sqlite"
	}
	return !strings.HasSuffix(name, other)
}

func (d *DB) migrate(ctx context.Context, conn *sql.Conn, name, text string) (ran bool, err error) {
	// Line ends differ between checkouts; that does not count as a change of the file.
	hash := sha256.Sum256([]byte(strings.ReplaceAll(text, "\r\n", "\n")))
	sum := hex.EncodeToString(hash[:])
	one, two, three := "?", "?", "?"
	if d.postgres {
		one, two, three = "$1", "$2", "$3"
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return false, d.explain(err)
	}
	defer tx.Rollback()
	var before string
	switch err := tx.QueryRowContext(ctx, "select checksum from sx_migrations where name = "+one, name).Scan(&before); {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return false, err
	case before != sum:
		return false, errors.New("the file was changed after it had been applied (write a new migration instead)")
	default:
		return false, nil
	}
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("insert into sx_migrations(name, checksum, applied_at) values (%s, %s, %s)", one, two, three),
		name, sum, time.Now().UTC().Format(time.RFC3339)); err != nil {
		return false, err
	}
	return true, tx.Commit()
}
