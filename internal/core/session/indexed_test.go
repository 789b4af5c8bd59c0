package session

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence/index"
)

// withIndex gives a manager an index; it ends before the manager does.
func withIndex(t testing.TB, m *Manager) *index.Index {
	t.Helper()
	m.c.Index = index.New(filepath.Join(t.TempDir(), "index.sqlite"), func(err error) { t.Error(err) })
	ctx, cancel := context.WithCancel(context.Background())
	go m.c.Index.Run(ctx, Past{m})
	t.Cleanup(func() {
		cancel()
		<-m.c.Index.Done()
	})
	return m.c.Index
}

// What a search finds with an index is what it finds without one.
func TestSearchIsTheSameWithAnIndex(t *testing.T) {
	m := newManager(t)
	ix := withIndex(t, m)
	for i := range 3 {
		s, _ := start(t, m, shellArgv(t, "bash")...)
		for n := range 4 {
			run(t, s, fmt.Sprintf("echo needle %d; echo \"Quoted\" %d", i, n))
		}
		run(t, s, "printf 'one\\ntwo\\n' # two\n: three")
		if i < 2 {
			if _, err := m.Kill(t.Context(), s.ID(), true); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := ix.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(ix.Whole(t.Context())); n != 2 {
		t.Fatalf("%d sessions are whole, want the 2 that ended", n)
	}
	for _, req := range []api.SearchRequest{
		{Query: "needle"},
		{Query: "needle", Commands: true},
		{Query: "NEEDLE", Commands: true},
		{Query: "NEEDLE", Commands: true, IgnoreCase: true},
		{Query: `"Quoted" 3`, Commands: true},
		{Query: "e", Commands: true, Limit: 7},
		{Query: "needle", Limit: 7},
		{Query: "^: th", Commands: true, Regexp: true},
		{Query: "(?m)^: th", Commands: true, Regexp: true},
		{Query: "two"},
		{Query: "nowhere"},
	} {
		with, err := m.Search(t.Context(), &req)
		if err != nil {
			t.Fatal(err)
		}
		m.c.Index = nil
		without, err := m.Search(t.Context(), &req)
		m.c.Index = ix
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(with, without) {
			t.Errorf("%+v: with an index %+v, without %+v", req, with, without)
		}
	}
	for _, req := range []api.SearchRequest{{Query: "needle"}, {Query: "two"}, {Query: "e", Commands: true}} {
		all, err := m.Search(t.Context(), &req)
		if err != nil || all.More || all.NextCursor != "" {
			t.Fatalf("%+v: %+v %v", req, all, err)
		}
		for limit := 1; limit <= 3; limit++ {
			for _, m.c.Index = range []*index.Index{nil, ix} {
				if got := pages(t, m, req, limit); !reflect.DeepEqual(got, all.Hits) {
					t.Errorf("%+v in pages of %d: %+v, want %+v", req, limit, got, all.Hits)
				}
			}
		}
	}
	for _, cursor := range []string{"7", ".c1", "s1.c0", "s1.x1", "s1.c", "s1.o-1", "s1."} {
		if _, err := m.Search(t.Context(), &api.SearchRequest{Query: "x", Cursor: cursor}); api.CodeOf(err) != api.Invalid {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

// pages are the hits of a search page by page.
func pages(t *testing.T, m *Manager, req api.SearchRequest, limit int) (all []api.Hit) {
	t.Helper()
	req.Limit = limit
	for {
		page, err := m.Search(t.Context(), &req)
		if err != nil || len(page.Hits) > limit || page.More != (page.NextCursor != "") {
			t.Fatalf("%+v: %+v %v", req, page, err)
		}
		all = append(all, page.Hits...)
		if req.Cursor = page.NextCursor; req.Cursor == "" {
			return all
		}
	}
}

func TestStoredBlockIsFoundByTheIndex(t *testing.T) {
	m := newManager(t)
	ix := withIndex(t, m)
	s, _ := start(t, m, shellArgv(t, "bash")...)
	run(t, s, "echo first")
	r := run(t, s, "echo second; (exit 7)")
	number, _ := api.BlockNumber(r.ID)
	if _, err := m.Kill(t.Context(), s.ID(), true); err != nil {
		t.Fatal(err)
	}
	if err := ix.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, ok := m.indexedBlock(number)
	if !ok {
		t.Fatal("the index does not know it")
	}
	defer a.Release()
	if b, err := a.block(number); err != nil || b.exit != api.ExitCode(7) || b.command != "echo second; (exit 7)" {
		t.Errorf("%+v, %v", b, err)
	}
	h, err := a.History(&api.HistoryRequest{Limit: 1})
	if err != nil || len(h.Blocks) != 1 || h.Blocks[0].ID != r.ID || h.NextCursor == "" {
		t.Errorf("history %+v, %v", h, err)
	}
}

// BenchmarkIndexRebuild reads journals of ordinary commands: 20 KB of output each.
func BenchmarkIndexRebuild(b *testing.B) {
	m := newManager(b)
	ix := withIndex(b, m)
	s, _ := start(b, m, shellArgv(b, "bash")...)
	for range 3000 {
		if _, err := s.Exec(b.Context(), &api.ExecRequest{Command: "seq 10000000 10002000"}); err != nil {
			b.Fatal(err)
		}
	}
	output := s.journal.End().Offset
	if _, err := m.Kill(b.Context(), s.ID(), true); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		built, err := ix.Rebuild(b.Context())
		if err != nil || built.Commands != 3000 {
			b.Fatal(built, err)
		}
		b.SetBytes(output)
	}
}
