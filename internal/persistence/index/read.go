package index

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strings"
	"time"
	"unicode/utf8"
)

// SessionOf is the session that has a block, and the sequence number of the frame where
// it begins. False: this index does not know.
func (x *Index) SessionOf(ctx context.Context, block uint64) (id string, seq uint64, ok bool) {
	db := x.db.Load()
	if db == nil {
		return "", 0, false
	}
	var at int64
	err := db.QueryRowContext(ctx, `SELECT s.id, b.seq FROM blocks b JOIN sessions s ON s.n = b.session WHERE b.number = ?`, int64(block)).Scan(&id, &at)
	return id, uint64(at), x.healthy(err)
}

// healthy reports whether a question was answered. A file that turns out to be damaged
// is told of to the writer, which makes it again.
func (x *Index) healthy(err error) bool {
	if damaged(err) {
		x.broken.Store(true)
		x.nudge()
	}
	return err == nil
}

// Counts are what the index holds.
type Counts struct{ Sessions, Commands int }

// Check reads the whole file. An error says that it should be made again.
func (x *Index) Check(ctx context.Context) (c Counts, err error) {
	db := x.db.Load()
	if db == nil {
		return c, nil
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return c, err
	}
	if verdict != "ok" {
		return c, errors.New(verdict)
	}
	return c, db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM blocks)").Scan(&c.Sessions, &c.Commands)
}

// Whole are the ended sessions all of whose commands can be found here.
func (x *Index) Whole(ctx context.Context) map[string]bool {
	db := x.db.Load()
	if db == nil {
		return nil
	}
	rows, err := db.QueryContext(ctx, "SELECT id FROM sessions WHERE whole AND NOT blind")
	if !x.healthy(err) {
		return nil
	}
	defer rows.Close()
	whole := map[string]bool{}
	for rows.Next() {
		var id string
		if !x.healthy(rows.Scan(&id)) {
			return nil
		}
		whole[id] = true
	}
	if !x.healthy(rows.Err()) {
		return nil
	}
	return whole
}

// Command is one that was found.
type Command struct {
	Session string // id
	Block   uint64
	Text    string
	Started time.Time
}

// Commands are those of the user's that hold a text, in any case of letters, the newest
// session first and in each session the oldest command first. Every command that holds
// the text is among them, others may be: the empty text finds all. Only sessions that
// Whole names are looked through.
func (x *Index) Commands(ctx context.Context, session, text string, since time.Time) iter.Seq2[Command, error] {
	return func(yield func(Command, error) bool) {
		db := x.db.Load()
		if db == nil {
			return
		}
		rows, err := commandRows(ctx, db, session, text, since)
		if !x.healthy(err) {
			yield(Command{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var c Command
			var number, started int64
			err := rows.Scan(&c.Session, &number, &started, &c.Text)
			c.Block, c.Started = uint64(number), time.Unix(0, started)
			if !yield(c, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); !x.healthy(err) {
			yield(Command{}, err)
		}
	}
}

func commandRows(ctx context.Context, db *sql.DB, session, text string, since time.Time) (*sql.Rows, error) {
	where, args := []string{"s.whole", "NOT s.blind", "NOT b.internal"}, []any{}
	if !since.IsZero() {
		where, args = append(where, "b.started >= ?"), append(args, since.UnixNano())
	}
	if session != "" {
		where, args = append(where, "s.id = ?"), append(args, session)
	}
	// A trigram has three characters; a shorter text is in no list of them.
	if utf8.ValidString(text) && utf8.RuneCountInString(text) >= 3 && !strings.ContainsRune(text, 0) {
		where, args = append(where, "commands MATCH ?"), append(args, `"`+strings.ReplaceAll(text, `"`, `""`)+`"`)
	}
	return db.QueryContext(ctx, `SELECT s.id, b.number, b.started, c.command
		FROM commands c JOIN blocks b ON b.number = c.rowid JOIN sessions s ON s.n = b.session
		WHERE `+strings.Join(where, " AND ")+` ORDER BY s.id DESC, b.number`, args...)
}
