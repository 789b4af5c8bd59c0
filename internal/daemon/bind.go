package daemon

import (
	"context"

	"github.com/ai-session/ai-session/api"
)

// binding is what carries out one operation; one of its fields is set, by kind.
type binding struct {
	unary  func(context.Context, any) (any, error)
	stream func(context.Context, any, func(any) error) error
	duplex func(context.Context, any) (api.Conn, error)
}

// bind names the part that carries out each operation.
func (d *Daemon) bind() {
	d.bound = map[string]binding{}
	unary(d, api.Create, d.create)
	unary(d, api.List, d.list)
	unary(d, api.Inspect, d.inspect)
	unary(d, api.Exec, d.execKept)
	unary(d, api.Wait, d.waitKept)
	unary(d, api.Send, d.send)
	unary(d, api.ScreenOf, d.screen)
	unary(d, api.ReadOutput, d.outputCounted)
	stream(d, api.ReadRaw, d.rawCounted)
	unary(d, api.Blocks, d.history)
	stream(d, api.Events, d.watch)
	duplex(d, api.Attach, d.attach)
	unary(d, api.Detach, d.detach)
	unary(d, api.Kill, d.kill)
	unary(d, api.Resize, d.resize)
	unary(d, api.Rename, d.rename)
	unary(d, api.Signal, d.signal)
	unary(d, api.StorageOf, d.storage)
	unary(d, api.Shred, d.shred)
	unary(d, api.RotateKeys, d.rotate)
	unary(d, api.Doctor, d.doctor)
	unary(d, api.Context, d.readContext)
	unary(d, api.ContextAdd, d.contextAdd)
	unary(d, api.ContextMessages, d.contextMessages)
	unary(d, api.ContextSummarize, d.contextSummarize)
	unary(d, api.Analyze, d.analyze)
	unary(d, api.Ledger, d.tally)
	unary(d, api.Search, d.search)
	stream(d, api.Export, d.export)
	unary(d, api.Import, d.importFile)
	unary(d, api.SnapshotSave, d.snapshotSave)
	unary(d, api.SnapshotsOf, d.snapshots)
	unary(d, api.SnapshotShow, d.snapshotShow)
	unary(d, api.SnapshotCompare, d.snapshotDiff)
	unary(d, api.SnapshotRestore, d.snapshotRestore)
	unary(d, api.SnapshotDelete, d.snapshotDelete)
	unary(d, api.Restore, d.restore)
	unary(d, api.DaemonStatus, d.daemonStatus)
	unary(d, api.Upgrade, d.upgrade)
	unary(d, api.Stop, d.stopDaemon)
	stream(d, api.Logs, d.logs)
}

func unary[Req, Res any](d *Daemon, op api.Op[Req, Res], f func(context.Context, *Req) (*Res, error)) {
	d.bound[op.Name] = binding{unary: func(ctx context.Context, req any) (any, error) {
		res, err := f(ctx, req.(*Req))
		if err != nil {
			return nil, err
		}
		return res, nil
	}}
}

func stream[Req, Res any](d *Daemon, op api.Op[Req, Res], f func(context.Context, *Req, func(*Res) error) error) {
	d.bound[op.Name] = binding{stream: func(ctx context.Context, req any, yield func(any) error) error {
		return f(ctx, req.(*Req), func(item *Res) error { return yield(item) })
	}}
}

func duplex[Req, Res any](d *Daemon, op api.Op[Req, Res], f func(context.Context, *Req) (api.Conn, error)) {
	d.bound[op.Name] = binding{duplex: func(ctx context.Context, req any) (api.Conn, error) {
		return f(ctx, req.(*Req))
	}}
}

// Call carries out a unary operation.
func (d *Daemon) Call(ctx context.Context, op api.Spec, req any) (any, error) {
	d.rest.stir()
	if b := d.bound[op.Name]; b.unary != nil {
		return b.unary(ctx, req)
	}
	return nil, unbound(op)
}

// Stream carries out a server stream.
func (d *Daemon) Stream(ctx context.Context, op api.Spec, req any, yield func(any) error) error {
	d.rest.stir()
	if b := d.bound[op.Name]; b.stream != nil {
		return b.stream(ctx, req, yield)
	}
	return unbound(op)
}

// Open starts a duplex operation.
func (d *Daemon) Open(ctx context.Context, op api.Spec, req any) (api.Conn, error) {
	d.rest.stir()
	if b := d.bound[op.Name]; b.duplex != nil {
		return b.duplex(ctx, req)
	}
	return nil, unbound(op)
}

func unbound(op api.Spec) error {
	return api.Errorf(api.NotFound, "no operation %s of kind %s", op.Name, op.Kind)
}
