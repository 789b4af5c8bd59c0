package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// writer is the one goroutine that writes.
type writer struct {
	x   *Index
	src Source
}

const (
	// batchRows is how many events go into one transaction: a rebuild of a large store
	// holds neither its memory nor the readers' snapshot for longer than a moment.
	batchRows = 20000

	// longestCommand is what a command's text may have to be looked for here. A session
	// with a longer one is searched in its journal.
	longestCommand = 64 << 10
)

// begin looks for what changed while nobody wrote. A store without sessions needs no file.
func (w *writer) begin(ctx context.Context) error {
	ids, err := w.src.Sessions()
	if err != nil || len(ids) == 0 {
		return err
	}
	return w.mend(ctx, func() error {
		db, err := w.x.open(ctx)
		if err != nil {
			return err
		}
		known, err := wholeness(ctx, db)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if !known[id] {
				w.x.Touch(id)
			}
			delete(known, id)
		}
		for id := range known {
			w.x.Forget(id)
		}
		return nil
	})
}

// wholeness are all sessions in the index, and whether it knows all of them.
func wholeness(ctx context.Context, db *sql.DB) (map[string]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT id, whole FROM sessions")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	known := map[string]bool{}
	for rows.Next() {
		var id string
		var whole bool
		if err := rows.Scan(&id, &whole); err != nil {
			return nil, err
		}
		known[id] = whole
	}
	return known, rows.Err()
}

// mend does something, and once more with a new file if the old one is damaged.
func (w *writer) mend(ctx context.Context, do func() error) error {
	err := do()
	if !damaged(err) {
		return err
	}
	w.x.complain(fmt.Errorf("the index is damaged and made again: %w", err))
	if err := w.x.remove(); err != nil {
		return err
	}
	if err := w.touchAll(); err != nil {
		return err
	}
	return do()
}

func (w *writer) touchAll() error {
	ids, err := w.src.Sessions()
	for _, id := range ids {
		w.x.Touch(id)
	}
	return err
}

func (w *writer) answer(ctx context.Context, a ask) (Built, error) {
	if a.rebuild {
		return w.rebuild(ctx)
	}
	return Built{}, w.flush(ctx)
}

// rebuild begins again with an empty file.
func (w *writer) rebuild(ctx context.Context) (Built, error) {
	began := time.Now()
	if err := w.x.remove(); err != nil {
		return Built{}, err
	}
	if err := w.touchAll(); err != nil {
		return Built{}, err
	}
	b, err := w.write(ctx)
	b.Took = time.Since(began)
	return b, err
}

func (w *writer) flush(ctx context.Context) error {
	return w.mend(ctx, func() error {
		if w.x.broken.Swap(false) {
			return errFound
		}
		_, err := w.write(ctx)
		return err
	})
}

// write takes in what was touched. What it could not take stays touched.
func (w *writer) write(ctx context.Context) (done Built, err error) {
	db, err := w.x.open(ctx)
	if err != nil {
		return done, err
	}
	b := &batch{ctx: ctx, db: db, most: w.x.batchRows}
	defer b.rollback()
	for {
		id, gone, ok := w.next()
		if !ok {
			return done, b.commit()
		}
		if err := b.start(); err != nil {
			w.back(b, id, gone)
			return done, err
		}
		commands, bytes, err := w.session(b, id, gone)
		if done.Commands, done.Bytes = done.Commands+commands, done.Bytes+bytes; bytes > 0 {
			done.Sessions++
		}
		var j *journalError
		switch {
		case errors.As(err, &j):
			w.x.complain(err) // this one cannot be read; it is tried again when it changes
		case err != nil || ctx.Err() != nil:
			w.back(b, id, gone)
			return done, errors.Join(err, ctx.Err())
		}
	}
}

func (w *writer) next() (id string, gone, ok bool) {
	w.x.mu.Lock()
	defer w.x.mu.Unlock()
	for id = range w.x.touched {
		gone = w.x.gone[id]
		delete(w.x.touched, id)
		delete(w.x.gone, id)
		return id, gone, true
	}
	return "", false, false
}

// back puts what a batch has not committed among the touched again.
func (w *writer) back(b *batch, id string, gone bool) {
	w.x.mu.Lock()
	defer w.x.mu.Unlock()
	for _, open := range append(b.open, touch{id, gone}) {
		w.x.touched[open.id] = true
		if open.gone {
			w.x.gone[open.id] = true
		}
	}
}

// journalError is one session's trouble, not the index's.
type journalError struct{ err error }

func (e *journalError) Error() string { return e.err.Error() }
func (e *journalError) Unwrap() error { return e.err }

// session takes in what one session's journal says beyond what is known.
func (w *writer) session(b *batch, id string, gone bool) (commands int, bytes int64, err error) {
	b.open = append(b.open, touch{id, gone})
	s := stored{id: id}
	err = b.tx.QueryRow("SELECT n, next, blind FROM sessions WHERE id = ?", id).Scan(&s.n, &s.next, &s.blind)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, 0, err
	}
	if gone && s.n != 0 {
		if err := b.forget(s.n); err != nil {
			return 0, 0, err
		}
		s = stored{id: id}
	}
	past, err := w.src.Past(id, s.next)
	if err != nil && gone {
		return 0, 0, nil // removed, as was said
	}
	if err != nil {
		return 0, 0, &journalError{err}
	}
	defer past.Close()
	if past.Next == 0 {
		return 0, 0, nil // nobody's yet
	}
	if past.Encrypted && !s.blind && s.n != 0 {
		return 0, 0, errVersion // it was plain: its words must go from the whole file
	}
	s.blind = s.blind || past.Encrypted
	if err := b.name(&s); err != nil {
		return 0, 0, err
	}
	for e := range past.Events {
		if !e.End {
			commands++
		}
		if err := b.add(&s, e, past.Encrypted); err != nil {
			return commands, past.Bytes, err
		}
	}
	s.next, s.whole = max(s.next, past.Next), past.Ended
	return commands, past.Bytes, b.mark(&s)
}

// stored is a session's row.
type stored struct {
	n            int64
	id           string
	next         uint64
	blind, whole bool
}

type touch struct {
	id   string
	gone bool
}

// batch is a transaction with the statements that fill it.
type batch struct {
	ctx  context.Context
	db   *sql.DB
	tx   *sql.Tx
	rows int
	most int     // rows
	open []touch // taken in by this transaction

	begin, end, text *sql.Stmt
}

func (b *batch) start() (err error) {
	if b.tx != nil {
		return nil
	}
	if b.tx, err = b.db.BeginTx(b.ctx, nil); err != nil {
		return err
	}
	for _, s := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&b.begin, "INSERT INTO blocks (number, session, seq, first, started, internal) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"},
		{&b.end, "UPDATE blocks SET first = ?, last = ?, started = ?, lasted = ?, state = ?, exit = ?, cwd = ? WHERE number = ? AND session = ?"},
		{&b.text, "INSERT INTO commands (rowid, command) VALUES (?, ?)"},
	} {
		if *s.to, err = b.tx.PrepareContext(b.ctx, s.text); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) commit() error {
	if b.tx == nil {
		return nil
	}
	err := b.tx.Commit()
	b.tx, b.rows, b.open = nil, 0, nil
	return err
}

func (b *batch) rollback() {
	if b.tx != nil {
		b.tx.Rollback()
	}
}

// name gives a session its row.
func (b *batch) name(s *stored) error {
	if s.n != 0 {
		return nil
	}
	r, err := b.tx.Exec("INSERT INTO sessions (id, next, whole, blind) VALUES (?, 0, 0, ?)", s.id, s.blind)
	if err == nil {
		s.n, err = r.LastInsertId()
	}
	return err
}

func (b *batch) mark(s *stored) error {
	_, err := b.tx.Exec("UPDATE sessions SET next = ?, whole = ?, blind = ? WHERE n = ?", int64(s.next), s.whole, s.blind, s.n)
	return err
}

func (b *batch) forget(n int64) error {
	for _, q := range []string{
		"DELETE FROM commands WHERE rowid IN (SELECT number FROM blocks WHERE session = ?)",
		"DELETE FROM blocks WHERE session = ?",
		"DELETE FROM sessions WHERE n = ?",
	} {
		if _, err := b.tx.Exec(q, n); err != nil {
			return err
		}
	}
	return nil
}

// add takes in one event. In the middle of a long journal it commits what it has.
func (b *batch) add(s *stored, e Event, encrypted bool) error {
	if err := b.row(s, e, encrypted); err != nil {
		return err
	}
	s.next = e.Seq + 1
	if b.rows++; b.rows < b.most {
		return nil
	}
	if err := b.mark(s); err != nil {
		return err
	}
	open := b.open[len(b.open)-1]
	if err := b.commit(); err != nil {
		return err
	}
	b.open = []touch{{open.id, false}} // what was forgotten stays so
	return b.start()
}

func (b *batch) row(s *stored, e Event, encrypted bool) error {
	if e.End {
		cwd := sql.NullString{String: e.Cwd, Valid: !encrypted}
		exit := sql.NullInt64{Int64: int64(e.Exit), Valid: e.Exit >= 0}
		_, err := b.end.Exec(e.From, e.To, e.At.UnixNano(), e.Lasted.Microseconds(), e.State, exit, cwd, int64(e.Block), s.n)
		return err
	}
	r, err := b.begin.Exec(int64(e.Block), s.n, int64(e.Seq), e.From, e.At.UnixNano(), e.Internal)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, b.twice(s, e)) // given to the shell twice
	}
	if encrypted {
		return nil
	}
	if len(e.Command) > longestCommand || !utf8.ValidString(e.Command) {
		s.blind = true
		return nil
	}
	_, err = b.text.Exec(int64(e.Block), e.Command)
	return err
}

// twice: the number is there already. It may only be this session's own.
func (b *batch) twice(s *stored, e Event) error {
	var n int64
	err := b.tx.QueryRow("SELECT session FROM blocks WHERE number = ?", int64(e.Block)).Scan(&n)
	s.blind = s.blind || n != s.n
	return err
}
