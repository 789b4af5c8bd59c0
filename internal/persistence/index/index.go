package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Source tells what the journals say.
type Source interface {
	// Sessions are the ids of all sessions that are kept.
	Sessions() ([]string, error)

	// Past opens what a session's journal says of its commands from a sequence number on.
	Past(id string, from uint64) (Past, error)
}

// Past is a part of a session's journal.
type Past struct {
	Events    iter.Seq[Event]
	Next      uint64 // sequence number behind the last event there can be; 0 = leave it out
	Ended     bool   // nothing will ever follow
	Encrypted bool   // its words stay where they are
	Bytes     int64  // of the whole journal on the disk
	Close     func()
}

// Event is the begin of a command, or its end.
type Event struct {
	Block    uint64
	Seq      uint64 // of its frame
	End      bool
	Command  string // of a begin
	Internal bool   // of a begin: not the user's
	At       time.Time
	From, To int64  // output offsets; a begin has From alone
	State    string // of an end, as all that follows
	Exit     int    // -1 = unknown
	Cwd      string
	Lasted   time.Duration
}

// batchDelay is how long what is new waits for more of its kind. A batch costs the same
// for one row as for a hundred; nobody looks for what he has just seen.
const batchDelay = 250 * time.Millisecond

// Index is open as long as Run is. Its methods may be called at any time from anywhere.
type Index struct {
	path     string
	complain func(error)
	wake     chan struct{}
	asks     chan ask
	done     chan struct{} // closed when Run has returned
	db       atomic.Pointer[sql.DB]
	broken   atomic.Bool // a reader found the file damaged

	batchRows int // as the constant; tests take less

	mu      sync.Mutex // guards what follows
	touched map[string]bool
	gone    map[string]bool
}

// ask is for the writer.
type ask struct {
	rebuild bool
	reply   chan answer // has room for it
}

type answer struct {
	Built
	err error
}

// Built is what a rebuild did.
type Built struct {
	Sessions, Commands int
	Bytes              int64 // of journals
	Took               time.Duration
}

// New describes the index in a file; Run opens it. Complain hears what went wrong.
func New(path string, complain func(error)) *Index {
	return &Index{
		path: path, complain: complain, wake: make(chan struct{}, 1), asks: make(chan ask),
		done: make(chan struct{}), touched: map[string]bool{}, gone: map[string]bool{}, batchRows: batchRows,
	}
}

// Touch says that a session's journal has something new, or that the session has ended.
func (x *Index) Touch(id string) {
	x.mu.Lock()
	x.touched[id] = true
	x.mu.Unlock()
	x.nudge()
}

// Forget says that a session's journal was cut or removed: what is known of it counts no
// more, and what is left of it is read again.
func (x *Index) Forget(id string) {
	x.mu.Lock()
	x.touched[id], x.gone[id] = true, true
	x.mu.Unlock()
	x.nudge()
}

func (x *Index) nudge() {
	select {
	case x.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run keeps the index until ctx ends.
func (x *Index) Run(ctx context.Context, src Source) {
	defer close(x.done)
	defer x.close()
	w := writer{x: x, src: src}
	if err := w.begin(ctx); err != nil && ctx.Err() == nil {
		x.complain(err)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-x.asks:
			b, err := w.answer(ctx, a)
			a.reply <- answer{b, err}
			continue
		case <-x.wake:
		}
		if !pause(ctx, batchDelay) {
			return
		}
		if err := w.flush(ctx); err != nil && ctx.Err() == nil {
			x.complain(fmt.Errorf("index: %w", err))
		}
	}
}

// RunAfter is Run after a while, for who has better things to do as it starts. Until then
// the index knows nothing, and who asks for all of it waits.
func (x *Index) RunAfter(ctx context.Context, d time.Duration, src Source) {
	pause(ctx, d)
	x.Run(ctx, src)
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Rebuild makes the index again from the journals, and waits for it.
func (x *Index) Rebuild(ctx context.Context) (Built, error) { return x.ask(ctx, true) }

// Settle waits until all that was touched so far is found.
func (x *Index) Settle(ctx context.Context) error {
	_, err := x.ask(ctx, false)
	return err
}

func (x *Index) ask(ctx context.Context, rebuild bool) (Built, error) {
	q := ask{rebuild, make(chan answer, 1)}
	select {
	case x.asks <- q:
	case <-ctx.Done():
		return Built{}, ctx.Err()
	case <-x.done:
		return Built{}, errClosed
	}
	select {
	case a := <-q.reply:
		return a.Built, a.err
	case <-ctx.Done():
		return Built{}, ctx.Err()
	}
}

var errClosed = errors.New("the index is closed")

// Done is closed when Run has returned.
func (x *Index) Done() <-chan struct{} { return x.done }

// version is that of the tables; a file with another one is made again.
const version = 1

const schema = `
CREATE TABLE sessions (
	n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
	next INTEGER NOT NULL,    -- where the journal is to be read on
	whole INTEGER NOT NULL,   -- it has ended, and all of it is here
	blind INTEGER NOT NULL    -- words of it are not here
);
CREATE TABLE blocks (
	number INTEGER PRIMARY KEY, session INTEGER NOT NULL, seq INTEGER NOT NULL,
	first INTEGER NOT NULL, last INTEGER, started INTEGER NOT NULL, lasted INTEGER,
	state TEXT, exit INTEGER, cwd TEXT, internal INTEGER NOT NULL
);
CREATE INDEX blocks_of ON blocks (session);
CREATE VIRTUAL TABLE commands USING fts5 (command, tokenize = 'trigram');
`

// open opens the file; one that is damaged or of another version is made again.
func (x *Index) open(ctx context.Context) (*sql.DB, error) {
	if db := x.db.Load(); db != nil {
		return db, nil
	}
	db, err := x.openFile(ctx)
	if damaged(err) {
		if err = x.remove(); err == nil {
			db, err = x.openFile(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("index %s: %w", x.path, err)
	}
	x.db.Store(db)
	return db, nil
}

var (
	errVersion = errors.New("the tables are of another version")
	errFound   = errors.New("a question found it damaged")
)

func (x *Index) openFile(ctx context.Context) (_ *sql.DB, err error) {
	f, err := os.OpenFile(x.path, os.O_CREATE|os.O_RDWR, 0o600) // SQLite would let others read it
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(x.path)+
		"?_pragma=busy_timeout(2000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=cache_size(-1024)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(1) // each holds a cache of a megabyte
	var v, tables int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil {
		return nil, err
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return nil, err
	}
	if v == version {
		return db, nil
	}
	if tables > 0 {
		return nil, errVersion
	}
	_, err = db.ExecContext(ctx, "BEGIN;"+schema+fmt.Sprintf("PRAGMA user_version = %d; COMMIT", version))
	return db, err
}

// damaged says that only a new file helps.
func damaged(err error) bool {
	if errors.Is(err, errVersion) || errors.Is(err, errFound) {
		return true
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	case sqlite3.SQLITE_ERROR: // no such table: the version lies
		return true
	}
	return false
}

func (x *Index) close() {
	if db := x.db.Swap(nil); db != nil {
		db.Close() // nothing is lost: the journals have it all
	}
}

// remove deletes the file and what SQLite keeps beside it.
func (x *Index) remove() error {
	x.close()
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(x.path + suffix); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
