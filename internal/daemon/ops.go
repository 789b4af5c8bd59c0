package daemon

import (
	"context"
	"strings"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/session"
)

func (d *Daemon) create(ctx context.Context, req *api.CreateRequest) (*api.Session, error) {
	s, err := d.sessions.Create(ctx, req)
	if err != nil {
		return nil, err
	}
	d.c.Log.Info("created", "session", s.Name(), "id", s.ID())
	info := s.Info()
	return &info, nil
}

func (d *Daemon) list(_ context.Context, req *api.ListRequest) (*api.SessionList, error) {
	if req.Limit < 0 {
		return nil, api.Errorf(api.Invalid, "limit %d is negative", req.Limit)
	}
	list := &api.SessionList{Sessions: []api.Session{}}
	for _, s := range d.sessions.All() {
		if s.ID() <= req.Cursor { // ids grow: a page goes on behind a session that is gone by now
			continue
		}
		info := s.Info()
		if req.Status != "" && string(info.State) != req.Status {
			continue
		}
		if n := len(list.Sessions); req.Limit > 0 && n == req.Limit {
			list.NextCursor = list.Sessions[n-1].ID
			break
		}
		list.Sessions = append(list.Sessions, info)
	}
	return list, nil
}

func (d *Daemon) inspect(_ context.Context, req *api.SessionRequest) (*api.Session, error) {
	s, err := d.sessions.Find(req.Session)
	if err != nil {
		return nil, err
	}
	info := s.Info()
	return &info, nil
}

func (d *Daemon) exec(ctx context.Context, req *api.ExecRequest) (*api.Report, error) {
	s, err := d.sessions.Find(req.Session)
	if err != nil {
		return nil, err
	}
	return s.Exec(ctx, req)
}

// wait takes a session or a block.
func (d *Daemon) wait(ctx context.Context, req *api.WaitRequest) (*api.WaitResult, error) {
	id, isBlock := strings.CutPrefix(req.Session, "@")
	if !isBlock {
		s, err := d.sessions.Find(req.Session)
		if err != nil {
			return nil, err
		}
		return s.Wait(ctx, req)
	}
	ref, err := api.ParseRef("@" + id)
	if err != nil {
		return nil, err
	}
	s, number, err := d.liveBlock(ref)
	if err != nil {
		return nil, err
	}
	return s.WaitBlock(ctx, number, req)
}

func (d *Daemon) send(ctx context.Context, req *api.SendRequest) (*api.SendResult, error) {
	s, err := d.sessions.Find(req.Session)
	if err != nil {
		return nil, err
	}
	return s.Send(ctx, req, api.ClientOf(ctx))
}

func (d *Daemon) screen(_ context.Context, req *api.ScreenRequest) (*api.Screen, error) {
	s, err := d.sessions.FindFirst(req.Session)
	if err != nil {
		return nil, err
	}
	return s.Screen(req)
}

func (d *Daemon) output(_ context.Context, req *api.OutputRequest) (*api.Output, error) {
	a, ref, number, err := d.resolve(req.Ref)
	if err != nil {
		return nil, err
	}
	defer a.Release()
	return a.Output(req, ref, number)
}

func (d *Daemon) raw(ctx context.Context, req *api.RawRequest, yield func(*api.Chunk) error) error {
	a, ref, number, err := d.resolve(req.Ref)
	if err != nil {
		return err
	}
	defer a.Release()
	return a.Raw(ctx, req, ref, number, yield)
}

// resolve finds what a reference names, among the living and the stored.
func (d *Daemon) resolve(text string) (session.Archive, api.Ref, uint64, error) {
	ref, err := api.ParseRef(text)
	if err != nil {
		return session.Archive{}, ref, 0, err
	}
	if ref.Block == "" {
		s, err := d.sessions.FindFirst(ref.Session)
		if err == nil {
			return s.Archive(), ref, 0, nil
		}
		if a, archiveErr := d.sessions.OpenArchive(ref.Session); archiveErr == nil {
			return a, ref, 0, nil
		}
		return session.Archive{}, ref, 0, err
	}
	s, number, err := d.liveBlock(ref)
	if err == nil {
		return s.Archive(), ref, number, nil
	}
	if number != 0 {
		if a, archiveErr := d.sessions.ArchiveOf(number); archiveErr == nil {
			return a, ref, number, nil
		}
	}
	return session.Archive{}, ref, 0, err
}

// liveBlock finds a block of a session that is in memory.
func (d *Daemon) liveBlock(ref api.Ref) (*session.Session, uint64, error) {
	number, isNumber := api.BlockNumber(ref.Block)
	if isNumber {
		if s, ok := d.sessions.FindBlock(number); ok {
			return s, number, nil
		}
		return nil, number, api.Errorf(api.NotFound, "no block @%s", ref.Block).WithHint("ai-session history SESSION")
	}
	var newest *session.Session
	for _, s := range d.sessions.All() {
		if ref.Session != "" && s.Name() != ref.Session && s.ID() != ref.Session {
			continue
		}
		if last := s.Last(); last > number {
			newest, number = s, last
		}
	}
	if newest == nil {
		return nil, 0, api.Errorf(api.NotFound, "nothing was run yet").WithHint("ai-session exec SESSION COMMAND")
	}
	return newest, number, nil
}

func (d *Daemon) history(_ context.Context, req *api.HistoryRequest) (*api.History, error) {
	s, err := d.sessions.Find(req.Session)
	if err == nil {
		return s.History(req)
	}
	a, archiveErr := d.sessions.OpenArchive(req.Session)
	if archiveErr != nil {
		return nil, err
	}
	defer a.Release()
	return a.History(req)
}

func (d *Daemon) attach(ctx context.Context, req *api.AttachRequest) (api.Conn, error) {
	s, err := d.sessions.FindFirst(req.Session)
	if err != nil {
		return nil, err
	}
	return s.Attach(req, api.ClientOf(ctx))
}

func (d *Daemon) detach(_ context.Context, req *api.DetachRequest) (*api.DetachResult, error) {
	s, err := d.sessions.Find(req.Session)
	if err != nil {
		return nil, err
	}
	return &api.DetachResult{Detached: s.Detach(req.All)}, nil
}

func (d *Daemon) kill(ctx context.Context, req *api.KillRequest) (*api.KillResult, error) {
	res, err := d.sessions.Kill(ctx, req.Session, req.Force)
	if err == nil {
		d.c.Log.Info("killed", "session", res.Session, "survivors", len(res.Survivors))
	}
	return res, err
}

func (d *Daemon) resize(_ context.Context, req *api.ResizeRequest) (*api.Session, error) {
	s, err := d.sessions.Find(req.Session)
	if err != nil {
		return nil, err
	}
	if err := s.Resize(req.Size, 0, 0); err != nil {
		return nil, err
	}
	info := s.Info()
	return &info, nil
}

func (d *Daemon) rename(_ context.Context, req *api.RenameRequest) (*api.Session, error) {
	s, err := d.sessions.Rename(req.Session, req.Name)
	if err != nil {
		return nil, err
	}
	info := s.Info()
	return &info, nil
}

func (d *Daemon) signal(_ context.Context, req *api.SignalRequest) (*api.Session, error) {
	s, err := d.sessions.Find(req.Session)
	if err != nil {
		return nil, err
	}
	name := req.Signal
	if name == "" {
		name = "INT"
	}
	if err := s.Signal(name); err != nil {
		return nil, err
	}
	info := s.Info()
	return &info, nil
}

func (d *Daemon) daemonStatus(context.Context, *api.StatusRequest) (*api.Status, error) {
	return d.status(), nil
}

func (d *Daemon) stopDaemon(context.Context, *api.StopRequest) (*api.StopResult, error) {
	st := d.status()
	d.stopOnce()
	return &api.StopResult{PID: st.PID, Sessions: st.Sessions}, nil
}

func (d *Daemon) logs(ctx context.Context, req *api.LogsRequest, yield func(*api.Chunk) error) error {
	if d.c.LogFile == nil {
		return api.Errorf(api.NotFound, "this daemon keeps no log")
	}
	return d.c.LogFile.Read(ctx, req, yield)
}
