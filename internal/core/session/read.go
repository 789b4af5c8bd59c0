package session

import (
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/charset"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/core/vt/picture"
	"github.com/ai-session/ai-session/internal/persistence"
)

// Screen shows what a person would see.
func (s *Session) Screen(req *api.ScreenRequest) (*api.Screen, error) {
	out, state := s.screen(req)
	if state == nil {
		return out, nil
	}
	return out, paint(out, state)
}

// paint draws a screen from its checkpoint: a picture takes longer than a session
// may be held for.
func paint(out *api.Screen, checkpoint []byte) error {
	t, err := vt.Restore(checkpoint)
	if err != nil {
		return err
	}
	if out.Format == "svg" {
		out.Content = string(picture.SVG(t, picture.Options{}))
		return nil
	}
	out.Image, err = picture.PNG(t, picture.Options{})
	return err
}

// screen gives the answer, and the state to draw when it is to be a picture.
func (s *Session) screen(req *api.ScreenRequest) (*api.Screen, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, col := s.term.Cursor()
	state := s.term.State()
	out := &api.Screen{
		Session: s.name, Size: s.size, Alt: state.AltScreen, Title: state.Title,
		Cursor: api.Cursor{Row: row, Col: col, Visible: state.CursorVisible},
		Offset: s.journal.End().Offset, Format: req.Format,
	}
	switch req.Format {
	case "", "text":
		out.Format = "text"
		out.Content = s.term.Text(vt.TextOptions{History: req.History})
	case "ansi":
		out.Content = string(s.term.ANSI(vt.ANSIOptions{History: req.History}))
	case "json":
		out.Cells = s.term.JSON()
	case "svg", "png":
		return out, s.term.Checkpoint()
	}
	return out, nil
}

// Archive reads what a session wrote, living or not.
type Archive struct {
	Name    string
	Journal *persistence.Journal
	Cols    int
	live    *Session
	reduce  Reducer
	charset *charset.Set
	meta    meta
	at      blockRef // where one of its blocks begins, if that is known
}

// Release gives back what an archive opened for reading.
func (a Archive) Release() {
	if a.live == nil && a.Journal != nil {
		a.Journal.Close()
	}
}

// Archive gives the reader of this session's output.
func (s *Session) Archive() Archive {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Archive{Name: s.name, Journal: s.journal, Cols: s.size.Cols, live: s, reduce: s.c.Reduce, charset: s.c.Charset, meta: s.meta()}
}

// Block returns a block with its text.
func (s *Session) Block(number uint64, o textOptions) (*api.Report, error) {
	b, err := s.find(number)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	cp := *b
	r := s.viewOpen(&cp)
	cols := s.size.Cols
	s.mu.Unlock()
	return r, describe(s.journal, &cp, r, cols, o)
}

// Last is the number of the newest block, 0 when there is none.
func (s *Session) Last() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.blocks) == 0 {
		return 0
	}
	for i := len(s.blocks) - 1; i >= 0; i-- {
		if !s.blocks[i].internal {
			return s.blocks[i].number
		}
	}
	return 0
}

// HasBlock reports whether the block is one of this session's.
func (s *Session) HasBlock(number uint64) bool {
	_, err := s.find(number)
	return err == nil
}

// span finds the range a reference names.
func (a Archive) span(ref api.Ref, number uint64) (span, error) {
	sp := span{journal: a.Journal, charset: a.charset, to: a.Journal.End().Offset, cols: a.Cols, ref: a.Name}
	if number != 0 {
		b, err := a.block(number)
		if err != nil {
			return sp, err
		}
		sp.from, sp.base, sp.ref = b.from, b.from, "@"+b.id()
		if b.to >= 0 {
			sp.to = b.to
		}
	}
	if r := ref.Bytes; r != nil {
		from, to := sp.from+r.From, sp.from+r.To
		if r.From < 0 {
			from, to = max(sp.from, sp.to+r.From), sp.to
		}
		if r.To < 0 {
			to = sp.to
		}
		if from > sp.to {
			return sp, api.Errorf(api.NotFound, "%s has %d bytes", sp.ref, sp.to-sp.from)
		}
		sp.from, sp.to = from, min(to, sp.to)
	}
	return sp, nil
}

func (a Archive) block(number uint64) (*block, error) {
	if a.live != nil {
		return a.live.find(number)
	}
	if a.at.number == number {
		return readBlock(a.Journal, number, a.at.startSeq)
	}
	return readBlock(a.Journal, number, 0)
}

// Output reads lines by reference.
func (a Archive) Output(req *api.OutputRequest, ref api.Ref, number uint64) (*api.Output, error) {
	if req.MaxTokens < 0 {
		return nil, api.Errorf(api.Invalid, "max_tokens %d is negative", req.MaxTokens)
	}
	sp, err := a.span(ref, number)
	if err != nil {
		return nil, err
	}
	if whole := number != 0 && ref.Lines == nil && ref.Bytes == nil && req.Lines == "" && req.Grep == ""; whole && a.reduce != nil {
		return a.reduced(sp, number, req.MaxTokens)
	}
	want, more := ref.Lines, ref.More
	if req.Lines != "" {
		r, ok := api.ParseRange(req.Lines)
		if !ok {
			return nil, badLines(req.Lines)
		}
		want, more = &r, nil
	}
	out, err := sp.text(want, more, req.Grep, req.MaxTokens)
	if err != nil {
		return nil, err
	}
	out.Session = a.Name
	return out, nil
}

// reduced is what matters of a block, with the references that open the rest.
func (a Archive) reduced(sp span, number uint64, maxTokens int) (*api.Output, error) {
	b, err := a.block(number)
	if err != nil {
		return nil, err
	}
	o := textOptions{maxTokens: maxTokens, reduce: a.reduce, charset: a.charset}
	if a.live != nil {
		o = a.live.textOptions(false, maxTokens)
	}
	r := &api.Report{Block: *b.view(a.Name)}
	cp := *b
	cp.to = sp.to
	if err := describe(a.Journal, &cp, r, a.Cols, o); err != nil {
		return nil, err
	}
	return &api.Output{
		Ref: sp.ref, Session: a.Name, Text: r.Text, FirstLine: 1, Lines: strings.Count(r.Text, "\n"), Total: r.Lines,
		RawBytes: sp.to - sp.from, Tokens: r.Tokens, RawTokens: r.RawTokens, Kind: r.Kind,
		Findings: r.Findings, Next: r.Next, Gaps: r.Gaps, Entities: r.Entities,
	}, nil
}

func badLines(text string) error {
	return api.Errorf(api.Invalid, "lines %q is not a range", text).WithHint("3-9, 3-, or -20 for the last 20")
}

// Raw hands out bytes by reference, and goes on with what comes when asked to.
func (a Archive) Raw(ctx context.Context, req *api.RawRequest, ref api.Ref, number uint64, yield func(*api.Chunk) error) error {
	sp, err := a.span(ref, number)
	if err != nil {
		return err
	}
	if ref.Lines != nil {
		return api.Errorf(api.Invalid, "raw output has no rendered lines").WithHint("use @e42#FROM-TO for bytes, or leave --raw out")
	}
	if req.Lines != "" {
		if sp, err = sp.rawLines(req.Lines); err != nil {
			return err
		}
	}
	if req.Stream != "" {
		return a.copyStream(sp, number, req.Stream, yield)
	}
	if err := sp.copy(yield); err != nil {
		return err
	}
	if !req.Follow || a.live == nil {
		return nil
	}
	return a.live.followRaw(ctx, sp, number, yield)
}

// rawLines narrows a span to a range of its newline-ended lines.
func (sp span) rawLines(text string) (span, error) {
	r, ok := api.ParseRange(text)
	if !ok {
		return sp, badLines(text)
	}
	if r.From < 0 {
		from, err := sp.tailStart(-r.From)
		sp.from = from
		return sp, err
	}
	if r.From <= 1 && r.To < 0 {
		return sp, nil
	}
	line, at, from, to := int64(1), sp.from, sp.to, sp.to
	if r.From <= 1 {
		from = sp.from
	}
	err := sp.pieces(func(piece []byte) error {
		for i, c := range piece {
			if c != '\n' {
				continue
			}
			line++
			if line == r.From {
				from = at + int64(i) + 1
			}
			if r.To >= 0 && line == r.To+1 {
				to = at + int64(i) + 1
				return errStop
			}
		}
		at += int64(len(piece))
		return nil
	})
	if err == errStop {
		err = nil
	}
	sp.from, sp.to = min(from, to), to
	return sp, err
}

// copy hands the span's bytes out. A gap is an error with its range: raw output is
// never silently short.
func (sp span) copy(yield func(*api.Chunk) error) error {
	r := sp.journal.Reader(sp.from, sp.to)
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	for {
		n, err := r.Read(*buf)
		if n > 0 {
			if err := yield(&api.Chunk{Data: (*buf)[:n]}); err != nil {
				return err
			}
		}
		var gap *persistence.GapError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &gap):
			return api.Errorf(api.StorageDegraded, "bytes %d to %d were not kept", gap.From-sp.base, gap.To-sp.base).
				WithHint("the rest: %s#%d-", sp.ref, gap.To-sp.base)
		case err != nil:
			return err
		}
	}
}

// followRaw goes on behind a span: with a block until it ends, else until the
// session does.
func (s *Session) followRaw(ctx context.Context, sp span, number uint64, yield func(*api.Chunk) error) error {
	for {
		s.mu.Lock()
		end := s.journal.End().Offset
		grown, changed := s.growth(), s.change()
		over := s.closed || s.phase == dead
		if number != 0 && (s.open == nil || s.open.block.number != number) {
			over = true
		}
		s.mu.Unlock()
		if number != 0 && over {
			if b, err := s.find(number); err == nil && b.to >= 0 {
				end = min(end, b.to)
			}
		}
		if end > sp.to {
			sp.from, sp.to = sp.to, end
			if err := sp.copy(yield); err != nil {
				return err
			}
			continue
		}
		if over {
			return nil
		}
		select {
		case <-grown:
		case <-changed:
		case <-ctx.Done():
			return api.Errorf(api.Cancelled, "the caller left")
		}
	}
}

// History lists commands, the newest page first, each page oldest first.
func (s *Session) History(req *api.HistoryRequest) (*api.History, error) {
	s.mu.Lock()
	refs := s.blocks
	s.mu.Unlock()
	return history(req, refs, func(ref blockRef) (api.Block, error) {
		b, err := s.find(ref.number)
		if err != nil {
			return api.Block{}, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		cp := *b
		return s.viewOpen(&cp).Block, nil
	})
}

// History lists the commands of a session that has ended, as it would have.
func (a Archive) History(req *api.HistoryRequest) (*api.History, error) {
	var refs []blockRef
	blocks := map[uint64]*block{}
	for _, b := range a.ranges() {
		if blocks[b.number] == nil { // else it was given to the shell twice
			refs = append(refs, blockRef{b.number, b.startSeq, b.internal, b.started})
		}
		blocks[b.number] = b
	}
	return history(req, refs, func(ref blockRef) (api.Block, error) {
		b := blocks[ref.number]
		if b.to < 0 {
			b.state, b.to, b.ended, b.cause = api.BlockDead, a.Journal.End().Offset, b.started, "the session ended"
		}
		return *b.view(a.meta.Name), nil
	})
}

// history makes a page of blocks.
func history(req *api.HistoryRequest, refs []blockRef, view func(blockRef) (api.Block, error)) (*api.History, error) {
	limit := min(req.Limit, 1000)
	var grep *regexp.Regexp
	switch {
	case limit < 0:
		return nil, api.Errorf(api.Invalid, "limit %d is negative", limit)
	case limit == 0:
		limit = 50
	}
	if req.Grep != "" {
		var err error
		if grep, err = regexp.Compile(req.Grep); err != nil {
			return nil, api.Errorf(api.Invalid, "grep %q: %v", req.Grep, err).WithHint("it is a Go regular expression (RE2)")
		}
	}
	end := len(refs)
	if req.Cursor != "" {
		n, err := strconv.Atoi(req.Cursor)
		if err != nil || n < 0 || n > end {
			return nil, api.Errorf(api.Invalid, "cursor %q is not of this list", req.Cursor)
		}
		end = n
	}
	var since time.Time
	if req.SinceMS > 0 {
		since = time.Now().Add(-req.SinceMS.Duration())
	}
	page := &api.History{Blocks: []api.Block{}}
	for ; end > 0 && len(page.Blocks) < limit; end-- {
		ref := refs[end-1]
		if ref.internal || ref.begun.Before(since) { // and maybe not those before it: a clock can be set
			continue
		}
		b, err := view(ref)
		if err != nil {
			return nil, err
		}
		code, known := b.Exit.Code()
		if req.Failed && (known && code == 0 || b.State == api.BlockRunning) || grep != nil && !grep.MatchString(b.Command) {
			continue
		}
		page.Blocks = append(page.Blocks, b)
	}
	slices.Reverse(page.Blocks)
	if end > 0 {
		page.NextCursor = strconv.Itoa(end)
	}
	return page, nil
}
