package daemon

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/aicontext"
	"github.com/ai-session/ai-session/internal/core/session"
)

// contexts remembers for each session what an agent should read next.
type contexts struct {
	d      *Daemon
	ledger *aicontext.Ledger
	keeper *ledgerFile
	git    aicontext.Git

	mu    sync.Mutex // guards what follows and every memory's counts; taken under a session's mutex
	all   map[string]*memory
	queue []job // of reader, while it runs
	busy  bool  // reader runs
	done  sync.WaitGroup
	ended bool

	pruneAt int // how many memories have somebody look which sessions are gone
}

// memory is what is remembered of one session.
type memory struct {
	book   *aicontext.Book
	said   *aicontext.Conversation // nil without one
	loaded sync.Once               // of said

	recalled chan struct{} // closed when what another daemon ran is in the book; nil if none did
	expected int           // answers under way, one of which may bring the text of what ends
	finished int           // commands that ended: changes when files may have
}

// job asks for the text of a command that nobody was answered about.
type job struct {
	s      *session.Session
	number uint64
	recall *memory // in place of a number: the newest ones of the session, for its memory
}

// Of a command that nobody asked about, this much output is read at most; the newest
// recalled commands are read again when a daemon takes a session up.
const (
	maxUnasked = 4 << 20
	recalled   = 16
	maxJobs    = 256
)

func (d *Daemon) newContexts() *contexts {
	c := &contexts{d: d, all: map[string]*memory{}}
	c.keeper = openLedger(d.c.Paths.Data, d.c.Log)
	c.ledger = aicontext.NewLedger(c.keeper.stored, c.keeper.changed)
	c.keeper.encode = c.ledger.Encode
	return c
}

// of finds a session's memory or begins it.
func (c *contexts) of(s *session.Session) *memory {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(s)
}

func (c *contexts) find(s *session.Session) *memory {
	m := c.all[s.ID()]
	if m == nil {
		m = &memory{book: &aicontext.Book{}}
		c.all[s.ID()] = m
		if s.Adopted() {
			m.recalled = make(chan struct{})
			if !c.ask(job{s: s, recall: m}) {
				close(m.recalled)
			}
		}
	}
	return m
}

// finished is told under the session's mutex that a command has ended.
func (c *contexts) finished(s *session.Session, b api.Block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.find(s)
	m.book.Ended(b)
	m.finished++
	if number, ok := api.BlockNumber(b.ID); ok && m.expected == 0 {
		c.ask(job{s: s, number: number})
	}
}

// expect says that an answer is under way, which may be about what ends meanwhile. The
// returned function takes the answer.
func (c *contexts) expect(s *session.Session) func(*api.Report) {
	c.mu.Lock()
	m := c.find(s)
	m.expected++
	due := len(c.all) >= max(c.pruneAt, pruneSlack)
	c.mu.Unlock()
	if due {
		c.prune()
	}
	return func(r *api.Report) {
		if r != nil {
			c.answered(s, m, r)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if m.expected--; m.expected > 0 {
			return
		}
		for _, number := range m.book.Unread(2, maxUnasked) {
			c.ask(job{s: s, number: number})
		}
	}
}

// answered takes a report that somebody reads.
func (c *contexts) answered(s *session.Session, m *memory, r *api.Report) {
	if (r.State == api.BlockDone || r.State == api.BlockDead) && r.Raw == nil && len(r.RawStderr) == 0 && (r.RawBytes == 0 || r.Text != "") {
		m.book.Read(r.Block, r.Text, r.Findings, r.Next)
	}
	c.ledger.Answered(s.ID(), r.Session, r)
}

// ask queues a reading. A full queue does not take it: the command stays a line.
func (c *contexts) ask(j job) bool {
	if c.ended || len(c.queue) >= maxJobs {
		return false
	}
	c.queue = append(c.queue, j)
	if !c.busy {
		c.busy = true
		c.done.Go(c.reader)
	}
	return true
}

// reader reads what is queued and ends when nothing is.
func (c *contexts) reader() {
	for {
		c.mu.Lock()
		if len(c.queue) == 0 || c.ended {
			c.queue, c.busy = nil, false
			c.mu.Unlock()
			return
		}
		j := c.queue[0]
		c.queue = c.queue[1:]
		c.mu.Unlock()
		if j.recall != nil {
			c.recall(j.s, j.recall)
			continue
		}
		c.read(j)
	}
}

// read gives the book the text of a command.
func (c *contexts) read(j job) {
	m := c.of(j.s)
	if m.book.Has(j.number) {
		return
	}
	a := j.s.Archive()
	_, b, err := a.Reading(j.number)
	if err != nil || b.RawBytes > maxUnasked || b.State == api.BlockRunning {
		return
	}
	out, err := a.Output(&api.OutputRequest{}, api.Ref{Block: b.ID}, j.number)
	if err == nil {
		b.Lines = out.Total
		m.book.Read(*b, out.Text, out.Findings, out.Next)
	}
}

// recall takes up the newest commands of a session that another daemon ran.
func (c *contexts) recall(s *session.Session, m *memory) {
	defer close(m.recalled)
	h, err := s.History(&api.HistoryRequest{Limit: 100})
	if err != nil {
		return
	}
	for i, b := range h.Blocks {
		number, ok := api.BlockNumber(b.ID)
		if !ok || b.State != api.BlockDone && b.State != api.BlockDead {
			continue
		}
		m.book.Ended(b)
		if i >= len(h.Blocks)-recalled {
			c.read(job{s: s, number: number})
		}
	}
}

// adopted begins with what the last daemon's sessions have run.
func (c *contexts) adopted() {
	for _, s := range c.d.sessions.All() {
		c.of(s)
	}
}

// recallPatience is how long a reading waits for what another daemon ran.
const recallPatience = 2 * time.Second

func (m *memory) wait(ctx context.Context) {
	if m.recalled == nil {
		return
	}
	ctx, stop := context.WithTimeout(ctx, recallPatience)
	defer stop()
	select {
	case <-m.recalled:
	case <-ctx.Done():
	}
}

// pruneSlack is how many sessions that are gone are remembered before anybody looks.
const pruneSlack = 64

// prune forgets sessions that are gone.
func (c *contexts) prune() {
	all := c.d.sessions.All()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pruneAt = 2*len(all) + pruneSlack
	there := map[string]bool{}
	for _, s := range all {
		there[s.ID()] = true
	}
	for id := range c.all {
		if !there[id] {
			delete(c.all, id)
		}
	}
}

// close waits for the reader and writes the ledger.
func (c *contexts) close() error {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.done.Wait()
	return c.keeper.close()
}

// readContext carries out the operation context.
func (d *Daemon) readContext(ctx context.Context, req *api.ContextRequest) (*api.ContextView, error) {
	s, err := d.sessions.Find(req.Session)
	if err != nil {
		return nil, err
	}
	m := d.contexts.of(s)
	m.wait(ctx)
	d.contexts.mu.Lock()
	generation := m.finished
	d.contexts.mu.Unlock()
	info := s.Info()
	p := aicontext.Present{Info: info, Tally: d.contexts.ledger.Of(s.ID())}
	p.Git = d.contexts.git.State(ctx, info.Cwd, generation)
	if info.State != api.Ready && info.State != api.DeadState && info.State != api.Starting {
		p.Running = s.Programs()
	}
	said := d.contexts.conversation(s)
	if said != nil {
		p.Memory = said.Recall()
	}
	out, err := m.book.Context(req, p)
	if err != nil {
		return nil, err
	}
	if said != nil {
		memory := said.Memory()
		out.Memory = &memory
	}
	d.contexts.ledger.Context(s.ID(), info.Name, out.Tokens)
	return out, nil
}

// execKept is exec, remembered.
func (d *Daemon) execKept(ctx context.Context, req *api.ExecRequest) (*api.Report, error) {
	s, err := d.sessions.Find(req.Session)
	if err != nil {
		return nil, err
	}
	if _, on := s.Remembers(); req.Capture && !on {
		return nil, noConversation(s.Name())
	}
	done := d.contexts.expect(s)
	r, err := d.exec(ctx, req)
	done(r)
	if err == nil && req.Capture {
		err = d.capture(s, r)
	}
	return r, err
}

// waitKept is wait, remembered.
func (d *Daemon) waitKept(ctx context.Context, req *api.WaitRequest) (*api.WaitResult, error) {
	s, err := d.sessionOf(req.Session)
	if err != nil || req.For != "" && req.For != "exit" {
		return d.wait(ctx, req) // it knows what is wrong
	}
	done := d.contexts.expect(s)
	res, err := d.wait(ctx, req)
	if err != nil || res.Block == nil {
		done(nil)
		return res, err
	}
	done(res.Block)
	return res, err
}

// sessionOf finds the living session of a name or a block.
func (d *Daemon) sessionOf(target string) (*session.Session, error) {
	if !strings.HasPrefix(target, "@") {
		return d.sessions.Find(target)
	}
	ref, err := api.ParseRef(target)
	if err != nil {
		return nil, err
	}
	s, _, err := d.liveBlock(ref)
	return s, err
}

// outputCounted is output, counted: whoever opens a reference wanted more than an
// answer.
func (d *Daemon) outputCounted(ctx context.Context, req *api.OutputRequest) (*api.Output, error) {
	out, err := d.output(ctx, req)
	if err != nil {
		return out, err
	}
	id, name := out.Session, out.Session
	if s, err := d.sessions.Find(out.Session); err == nil {
		id, name = s.ID(), s.Name()
	}
	d.contexts.ledger.Expanded(id, name, out.Tokens)
	return out, err
}

// rawCounted is raw, counted.
func (d *Daemon) rawCounted(ctx context.Context, req *api.RawRequest, yield func(*api.Chunk) error) error {
	total := int64(0)
	err := d.raw(ctx, req, func(c *api.Chunk) error {
		total += int64(len(c.Data))
		return yield(c)
	})
	if s, findErr := d.sessionOf(req.Ref); findErr == nil && total > 0 {
		d.contexts.ledger.ExpandedBytes(s.ID(), s.Name(), total)
	}
	return err
}
