package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Committer is an error with which a transaction may be left without losing its work, as a redirect is.
type Committer interface {
	error
	Commits() bool
}

type txKey struct{ db *DB }

type transaction struct {
	tx    *sql.Tx
	depth int // of savepoints
}

func (d *DB) transaction(ctx context.Context) *transaction {
	tx, _ := ctx.Value(txKey{d}).(*transaction)
	return tx
}

// Transaction runs f; operations with the context it gets belong to the transaction. It commits when f
// returns nil or a [Committer] that says so, and rolls back on every other error, on cancellation and on a
// panic. Transactions nest by savepoints. f must not use the context after it has returned.
func (d *DB) Transaction(ctx context.Context, f func(ctx context.Context) error) (err error) {
	if outer := d.transaction(ctx); outer != nil {
		return d.savepoint(ctx, outer, f)
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return d.explain(err)
	}
	done := false
	defer func() {
		if !done {
			tx.Rollback() // f panicked
		}
	}()
	ferr := f(context.WithValue(ctx, txKey{d}, &transaction{tx: tx}))
	done = true
	if !commits(ferr) {
		if rerr := tx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
			return errors.Join(ferr, fmt.Errorf("rolling back: %w", rerr))
		}
		return ferr
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", d.explain(err))
	}
	return ferr
}

func (d *DB) savepoint(ctx context.Context, outer *transaction, f func(ctx context.Context) error) error {
	name := fmt.Sprintf("sx_%d", outer.depth+1)
	if _, err := outer.tx.ExecContext(ctx, "savepoint "+name); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			outer.tx.ExecContext(context.WithoutCancel(ctx), "rollback to "+name)
		}
	}()
	ferr := f(context.WithValue(ctx, txKey{d}, &transaction{outer.tx, outer.depth + 1}))
	done = true
	verb := "release "
	if !commits(ferr) {
		verb = "rollback to "
	}
	if _, err := outer.tx.ExecContext(context.WithoutCancel(ctx), verb+name); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return errors.Join(ferr, err)
	}
	return ferr
}

func commits(err error) bool {
	if err == nil {
		return true
	}
	var c Committer
	return errors.As(err, &c) && c.Commits()
}
