package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/core/cgroup"
	"github.com/ai-session/ai-session/internal/core/pty/keeper"
	"github.com/ai-session/ai-session/internal/core/session"
	"github.com/ai-session/ai-session/internal/persistence"
	"github.com/ai-session/ai-session/internal/persistence/index"
)

// Config is what a daemon runs with.
type Config struct {
	Paths    config.Paths
	Settings config.Config
	Version  string
	Log      *slog.Logger
	LogFile  *LogFile       // nil: logs cannot be read back
	Keeper   *keeper.Client // nil: sessions end with this process
	Owner    string         // mark in the environment of every session; "" = none
	Rest     func()         // nil, or called once when nothing has happened for ten seconds after something did
}

// Daemon holds the sessions and carries out the operations.
type Daemon struct {
	c          Config
	store      *persistence.Store
	sessions   *session.Manager
	events     *hub
	contexts   *contexts
	bound      map[string]binding
	started    time.Time
	generation int
	ring       *ring
	vault      *vault                       // nil without a keeper
	listener   net.Listener                 // the last daemon's
	door       atomic.Pointer[net.Listener] // what this one serves on, once it does
	far        *far                         // what other machines come to
	inherited  int                          // how many sessions the last daemon left
	opened     chan struct{}                // closed once clients are let in
	serving    chan struct{}                // closed once the keeper knows that this one serves
	stop       chan struct{}                // closed when somebody asked the daemon to stop
	stopOnce   func()
	handover   chan string // the binary to hand over to
	leaving    func()      // nil, or called before it is answered that this daemon hands over
	index      *index.Index
	unindex    func() // ends the index
	rest       *rest
}

// New opens the store, builds the parts, and takes up the sessions that the last
// daemon left with the keeper. It starts no session and no listener.
func New(c Config) (*Daemon, error) {
	if err := c.Paths.Make(); err != nil {
		return nil, err
	}
	keyring := newRing(c.Paths.Data, c.Settings.Storage)
	store, err := persistence.OpenStore(c.Paths.Data, persistence.StoreOptions{Keys: keyring, Encrypt: c.Settings.Storage.Encrypt})
	if err != nil {
		return nil, storeError(err)
	}
	d := &Daemon{c: c, store: store, ring: keyring, started: time.Now(), stop: make(chan struct{}), opened: make(chan struct{}), serving: make(chan struct{}), handover: make(chan string, 1)}
	if d.generation, err = nextGeneration(c.Paths.Data); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	d.events = newHub(d.generation)
	d.events.complain = d.eventsKept
	d.stopOnce = sync.OnceFunc(func() { close(d.stop) })
	d.contexts = d.newContexts()
	mc := session.ManagerConfig{
		Store: store, Scratch: c.Paths.Scratch, Socket: c.Paths.Socket,
		DefaultShell: c.Settings.DefaultShell, JournalInput: c.Settings.Journal.Input,
		SyncAlways: c.Settings.Journal.Sync == "always", Notify: d.events.publish, Reduce: reducer(c.Log),
		Finished: d.contexts.finished,
		Owner:    c.Owner, Complain: func(err error) { c.Log.Warn("session", "err", err) },
	}
	d.index = index.New(filepath.Join(c.Paths.Data, "index.sqlite"), func(err error) { c.Log.Warn("index", "err", err) })
	mc.Index = d.index
	if c.Keeper != nil {
		d.vault = &vault{log: c.Log, spawn: spawnKeeper, client: c.Keeper}
		mc.Keeper = d.vault
	}
	d.far = &far{vault: d.vault}
	d.rest = newRest(c.Rest)
	mc.Stirred = d.rest.stir
	d.sessions = session.NewManager(mc)
	d.bind()
	d.snapshotting()
	if d.vault != nil {
		if err := d.adopt(); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	d.enforcing()
	d.indexing()
	go cgroup.Sweep(time.Now()) // of what sessions of the past left behind
	return d, nil
}

// indexing keeps the index beside everything else.
func (d *Daemon) indexing() {
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // settled waits
		d.index.RunAfter(ctx, d.settled(), session.Past{Manager: d.sessions})
	}()
	d.unindex = func() {
		cancel()
		<-d.index.Done()
	}
}

// settled waits until what the last daemon left is taken up: before, it looks as if it had
// ended. It returns how long to put off what nobody waits for: whoever was cut off by the
// end of the last daemon comes first.
func (d *Daemon) settled() time.Duration {
	if d.inherited == 0 {
		return 0
	}
	select { // who watches a session has it taken up first, and must be able to say so
	case <-d.opened:
	case <-d.stop:
		return 0
	}
	d.sessions.Adopted()
	return time.Second
}

// adopt begins to take up what the last daemon left.
func (d *Daemon) adopt() error {
	in, err := d.vault.inherit()
	if err != nil {
		return err
	}
	d.listener, d.inherited = in.listener, len(in.kept)
	d.far.left = in.remotes
	if err := d.events.keep(filepath.Join(d.c.Paths.Runtime, "events"), in.listener != nil); err != nil {
		d.eventsKept(err)
	}
	if d.inherited > 0 {
		before := d.events.told()
		d.sessions.Adopt(in.kept, func(s *session.Session) { d.catchUp(before, s) })
	}
	return nil
}

// adopted waits for the end of that.
func (d *Daemon) adopted() {
	if d.inherited == 0 {
		return
	}
	a := d.sessions.Adopted()
	d.contexts.adopted()
	d.c.Log.Info("adopted", "sessions", a.Sessions, "gaps", a.Gaps, "took", a.Took)
	for _, err := range a.Failed {
		d.c.Log.Error("a session stays with the keeper", "err", err)
	}
}

// keepSnapshots is how many automatic snapshots of a session stay by default.
const keepSnapshots = 3

// snapshotting keeps the sessions' states on a timer, if that was asked for.
func (d *Daemon) snapshotting() {
	var every api.Millis
	if d.c.Settings.Snapshots.Every == "" || every.Set(d.c.Settings.Snapshots.Every) != nil || every == 0 {
		return
	}
	go func() {
		tick := time.NewTicker(every.Duration())
		defer tick.Stop()
		for {
			select {
			case <-d.stop:
				return
			case <-tick.C:
				d.sessions.AutoSnapshots(context.Background(), d.keptSnapshots())
			}
		}
	}()
}

func (d *Daemon) keptSnapshots() int {
	if n := d.c.Settings.Snapshots.Keep; n > 0 {
		return n
	}
	return keepSnapshots
}

// Interrupted says that the machine or the user's login ends, not that anybody wants
// the sessions to end: `restore --all` brings them back.
func (d *Daemon) Interrupted(ctx context.Context) {
	if d.c.Settings.Snapshots.Every != "" {
		d.sessions.AutoSnapshots(ctx, d.keptSnapshots())
	}
	d.sessions.KeepForRestore()
}

// Listener is the last daemon's socket, nil if there was none. Clients may be waiting
// in it.
func (d *Daemon) Listener() net.Listener { return d.listener }

// Serving tells the keeper that this daemon serves on l: from now on it outlives its
// own death. It waits until all that the last daemon left is taken up: a new binary that
// fails at that is taken back.
func (d *Daemon) Serving(l net.Listener) error {
	if d.vault == nil {
		return nil
	}
	close(d.opened)
	d.adopted()
	d.door.Store(&l)
	keep := func() error {
		if err := d.vault.holdListener(*d.door.Load()); err != nil {
			return err
		}
		if err := d.vault.now().Ready(); err != nil {
			return err
		}
		return d.far.hold()
	}
	if err := keep(); err != nil {
		return err
	}
	close(d.serving)
	go d.vault.watch(d.stop, func() error {
		d.sessions.HoldAll()
		return keep()
	})
	return nil
}

// Sessions is how many there are.
func (d *Daemon) Sessions() int { return len(d.sessions.All()) }

// Stop asks the daemon to stop, as the operation does.
func (d *Daemon) Stop() { d.stopOnce() }

// Moved says that this daemon serves on another socket from now on.
func (d *Daemon) Moved(l net.Listener) error {
	if d.vault == nil {
		return nil
	}
	d.door.Store(&l)
	return d.vault.holdListener(l)
}

func storeError(err error) error {
	var locked *persistence.LockedError
	if errors.As(err, &locked) {
		return api.Errorf(api.Unavailable, "another daemon (pid %d) has %s", locked.PID, locked.Dir).
			WithHint("ai-session status").WithCause(err)
	}
	return api.Errorf(api.CannotStart, "the store: %v", err).WithCause(err)
}

// nextGeneration counts the daemons that had this store.
func nextGeneration(dir string) (int, error) {
	path := filepath.Join(dir, "generation")
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(b))) // an unreadable count begins again
	n++
	return n, os.WriteFile(path, []byte(strconv.Itoa(n)+"\n"), 0o600)
}

// Stopping is closed once somebody asked the daemon to stop.
func (d *Daemon) Stopping() <-chan struct{} { return d.stop }

// Close ends every session and gives the store up.
func (d *Daemon) Close(ctx context.Context) error {
	d.stopOnce() // the keeper is not to be replaced any more
	d.unindex()  // what it has not taken in yet stands in the journals
	n := d.sessions.Close(ctx)
	d.rest.close()
	d.events.close()
	kept := d.contexts.close()
	d.c.Log.Info("stopped", "sessions", n)
	if d.vault != nil {
		d.vault.now().Bye() // a keeper that is gone needs no goodbye
	}
	return errors.Join(kept, d.store.Close())
}

func (d *Daemon) status() *api.Status {
	st := &api.Status{
		PID: os.Getpid(), Version: d.c.Version, UptimeMS: api.MillisOf(time.Since(d.started)),
		Generation: d.generation, Socket: d.c.Paths.Socket,
		Storage: api.Storage{Dir: d.c.Paths.Data, RuntimeDir: d.c.Paths.Runtime},
	}
	if d.vault != nil {
		w := d.vault.now().Welcome()
		st.Keeper, st.RolledBack = &api.Keeper{PID: w.PID}, w.Note
	}
	if a := d.sessions.Adopted(); a.Sessions+len(a.Failed) > 0 {
		st.Recovered = &api.Recovered{Sessions: a.Sessions, Gaps: a.Gaps, Failed: len(a.Failed), TookMS: api.MillisOf(a.Took)}
	}
	for _, s := range d.sessions.All() {
		if !s.Dead() {
			st.Sessions++
		}
		st.Storage.JournalBytes += s.Journal().Bytes()
		if err := s.Degraded(); err != nil {
			st.Storage.Degraded = err.Error()
		}
	}
	if err := d.events.unkept(); err != nil {
		st.EventsUnkept = err.Error()
	}
	return st
}

// eventsKept tells the log whether a watcher can go on under another daemon.
func (d *Daemon) eventsKept(err error) {
	if err != nil {
		d.c.Log.Warn("events do not outlive this daemon", "err", err)
		return
	}
	d.c.Log.Info("events outlive this daemon again")
}
