package daemon

import (
	"bytes"
	"context"
	"path/filepath"

	"github.com/ai-session/ai-session/api"
)

// importLimit is what an import may hold when nobody says otherwise.
const importLimit = 4 << 30

func (d *Daemon) export(ctx context.Context, req *api.ExportRequest, yield func(*api.Chunk) error) error {
	a, ref, number, err := d.resolve(req.Ref)
	if err != nil {
		return err
	}
	defer a.Release()
	if req.Format == "asciicast" {
		return a.Cast(ctx, ref, number, yield)
	}
	if number != 0 || ref.Bytes != nil {
		return api.Errorf(api.Invalid, "%s is a part of a session; only a whole one can be exported", req.Ref).
			WithHint("ai-session export %s --format asciicast", req.Ref)
	}
	return a.Export(ctx, yield)
}

func (d *Daemon) search(ctx context.Context, req *api.SearchRequest) (*api.SearchResult, error) {
	return d.sessions.Search(ctx, req)
}

func (d *Daemon) importFile(ctx context.Context, req *api.ImportRequest) (*api.Imported, error) {
	limit := int64(req.Limit)
	if limit == 0 {
		limit = importLimit
	}
	var res *api.Imported
	var err error
	switch {
	case req.Data != nil && req.Path != "":
		return nil, api.Errorf(api.Invalid, "path and data_base64 are both given")
	case req.Data != nil:
		res, err = d.sessions.Import(ctx, bytes.NewReader(req.Data), limit)
	case !filepath.IsAbs(req.Path):
		return nil, api.Errorf(api.Invalid, "path %q is not absolute", req.Path)
	default:
		res, err = d.sessions.ImportFile(ctx, req.Path, limit)
	}
	if err == nil {
		d.c.Log.Info("imported", "session", res.Name, "id", res.ID)
	}
	return res, err
}

func (d *Daemon) snapshotSave(ctx context.Context, req *api.SnapshotSaveRequest) (*api.Snapshot, error) {
	return d.sessions.SaveSnapshot(ctx, req, false)
}

func (d *Daemon) snapshots(_ context.Context, req *api.SnapshotListRequest) (*api.SnapshotList, error) {
	return d.sessions.Snapshots(req.Session)
}

func (d *Daemon) snapshotShow(_ context.Context, req *api.SnapshotRequest) (*api.SnapshotDetail, error) {
	return d.sessions.ShowSnapshot(req.Name)
}

func (d *Daemon) snapshotDiff(_ context.Context, req *api.SnapshotDiffRequest) (*api.SnapshotDiff, error) {
	return d.sessions.DiffSnapshots(req.Name, req.With)
}

func (d *Daemon) snapshotRestore(ctx context.Context, req *api.SnapshotRestoreRequest) (*api.Session, error) {
	s, err := d.sessions.RestoreSnapshot(ctx, req)
	if err != nil {
		return nil, err
	}
	info := s.Info()
	return &info, nil
}

func (d *Daemon) snapshotDelete(_ context.Context, req *api.SnapshotRequest) (*api.Deleted, error) {
	if err := d.sessions.DeleteSnapshot(req.Name); err != nil {
		return nil, err
	}
	return &api.Deleted{Name: req.Name}, nil
}

func (d *Daemon) restore(ctx context.Context, req *api.RestoreRequest) (*api.Restored, error) {
	if req.All == (req.Name != "") {
		return nil, api.Errorf(api.Invalid, "name one session, or all of them").WithHint("ai-session restore --all")
	}
	return d.sessions.RestoreLost(ctx, req.Name, req.Rerun)
}
