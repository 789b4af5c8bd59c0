package session

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

// Export writes all that is kept of a session as one file.
func (a Archive) Export(ctx context.Context, yield func(*api.Chunk) error) error {
	data, err := json.Marshal(a.meta)
	if err != nil {
		return err
	}
	err = persistence.WriteExport(chunkWriter{ctx, yield}, data, a.Journal.Frames(0))
	if ctx.Err() != nil {
		return api.Errorf(api.Cancelled, "the caller left")
	}
	return err
}

// chunkWriter hands out what is written.
type chunkWriter struct {
	ctx   context.Context
	yield func(*api.Chunk) error
}

func (w chunkWriter) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return len(b), w.yield(&api.Chunk{Data: b})
}

// Import takes an exported session into the store, under a new id and with block
// numbers of this store. It comes as an ended session: its program is not here.
func (m *Manager) Import(ctx context.Context, r io.Reader, limit int64) (*api.Imported, error) {
	x, err := persistence.OpenExport(r, limit)
	if err != nil {
		return nil, importError(err)
	}
	defer x.Close()
	var d meta
	if err := json.Unmarshal(x.Meta, &d); err != nil {
		return nil, api.Errorf(api.Invalid, "the export's description: %v", err)
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	from := d.ID
	d.ID, d.Key, d.FirstBlock, d.LastBlock = m.ids.next(), "", 0, 0
	i := importer{m: m, d: d, blocks: map[uint64]uint64{}}
	if err := i.copy(ctx, x); err != nil {
		if i.journal != nil {
			i.journal.Close()
			m.c.Store.Remove(i.d.ID)
		}
		return nil, importError(err)
	}
	res := &api.Imported{ID: i.d.ID, Name: i.d.Name, From: from, Blocks: len(i.blocks), RawBytes: i.journal.End().Offset}
	if len(i.blocks) > 0 {
		res.First, res.Last = "@"+api.BlockID(i.d.FirstBlock), "@"+api.BlockID(i.d.LastBlock)
	}
	err = errors.Join(i.journal.Sync(), i.journal.Close(), i.keep())
	m.touch(i.d.ID)
	return res, err
}

// check refuses what no session of ours can have been.
func (d meta) check() error {
	if err := api.CheckName(d.Name); err != nil {
		return err
	}
	return d.Size.Check()
}

func importError(err error) error {
	switch {
	case errors.Is(err, persistence.ErrTooLarge):
		return api.Errorf(api.TooLarge, "%v", err).WithHint("allow more with --limit 16G")
	case errors.Is(err, persistence.ErrNotExport):
		return api.Errorf(api.Invalid, "%v", err).WithHint("ai-session export SESSION --output FILE makes one")
	case errors.Is(err, persistence.ErrFull):
		return storageError(err)
	}
	return err
}

// importer appends an export's frames to a new journal.
type importer struct {
	m       *Manager
	d       meta
	journal *persistence.Journal
	now     time.Time
	blocks  map[uint64]uint64 // their numbers here
}

func (i *importer) copy(ctx context.Context, x *persistence.Export) error {
	for f := range x.Frames() {
		if ctx.Err() != nil {
			return api.Errorf(api.Cancelled, "the caller left")
		}
		if f.Time.After(i.now) { // times that go back and forth would be a file each
			i.now = f.Time
		}
		if err := i.begin(); err != nil {
			return err
		}
		data, err := i.renumber(f)
		if err == nil {
			_, err = i.journal.Append(f.Kind, data)
		}
		if err != nil {
			return err
		}
	}
	if err := x.Err(); err != nil {
		return err
	}
	return i.begin() // an export without a frame is a session too
}

// begin makes the journal when the first frame tells the time.
func (i *importer) begin() (err error) {
	if i.journal != nil {
		return nil
	}
	if i.now.IsZero() {
		i.now = time.Now()
	}
	data, err := json.Marshal(i.d)
	if err != nil {
		return err
	}
	i.journal, err = i.m.c.Store.Create(i.d.ID, data, persistence.Options{Session: i.d.ID, Now: func() time.Time { return i.now }})
	return err
}

// renumber gives a command's frames the block number it has here.
func (i *importer) renumber(f persistence.Frame) ([]byte, error) {
	switch f.Kind {
	case persistence.ExecStart:
		var sf startFrame
		if json.Unmarshal(f.Data, &sf) != nil {
			return f.Data, nil // it is no block there either
		}
		n, err := i.number(sf.Block)
		if err != nil {
			return nil, err
		}
		sf.Block, sf.Token, sf.Key = n, "", ""
		return json.Marshal(sf)
	case persistence.ExecEnd:
		var ef endFrame
		if json.Unmarshal(f.Data, &ef) != nil {
			return f.Data, nil
		}
		n, err := i.number(ef.Block)
		if err != nil {
			return nil, err
		}
		ef.Block = n
		return json.Marshal(ef)
	case persistence.Gap:
		if len(f.Data) < 8 {
			return nil, persistence.ErrNotExport
		}
	}
	return f.Data, nil
}

func (i *importer) number(theirs uint64) (uint64, error) {
	if n := i.blocks[theirs]; n != 0 {
		return n, nil
	}
	n, err := i.m.c.Store.NextBlock()
	if err != nil {
		return 0, err
	}
	i.blocks[theirs] = n
	if i.d.FirstBlock == 0 {
		i.d.FirstBlock = n
	}
	i.d.LastBlock = n
	return n, nil
}

func (i *importer) keep() error {
	data, err := json.Marshal(i.d)
	if err != nil {
		return err
	}
	return i.m.c.Store.SetMeta(i.d.ID, data)
}

// ImportFile is Import of a file.
func (m *Manager) ImportFile(ctx context.Context, path string, limit int64) (*api.Imported, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, api.Errorf(api.NotFound, "%v", err).WithCause(err)
	}
	defer f.Close()
	return m.Import(ctx, f, limit)
}
