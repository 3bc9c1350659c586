// Package db gives SX programs a database: SQLite, embedded and without any set-up, or PostgreSQL by URL.
//
// The four operations (Query, QueryOne, Exec, Transaction) take SQL with ? for parameters on both, and give
// the same types on both, so that a program is written once:
//
//	database, err := db.Open(ctx, "data/app.db")            // or "postgres://…"
//	_, err = database.Exec(ctx, "insert into todos(title) values (?)", sx.String("buy milk"))
//	rows, err := database.Query(ctx, "select id, title from todos where done = ?", sx.False)
//
// Parameters are the only way to get a value into a statement. ?? writes a question mark; ? inside strings,
// comments and quoted names is left alone.
//
// SQLite runs in WAL mode with foreign keys on and a busy timeout of 10 s. Readers run concurrently; writers
// queue for one connection, which is fair and never deadlocks on upgrading a lock.
//
// A DB is safe for concurrent use. A result is limited to [MaxRows] rows.
package db
