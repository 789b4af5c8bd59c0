package persistence

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// Usage is what a session takes on the disk.
type Usage struct {
	ID       string
	Bytes    int64     // all of its files
	Written  time.Time // when its newest file was last written to
	Segments int
}

// Usage looks at the files of all sessions, in the order of their ids.
func (s *Store) Usage() ([]Usage, error) {
	ids, err := s.Sessions()
	if err != nil {
		return nil, err
	}
	all := make([]Usage, 0, len(ids))
	for _, id := range ids {
		u, err := s.usageOf(id)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

func (s *Store) usageOf(id string) (Usage, error) {
	u := Usage{ID: id}
	entries, err := os.ReadDir(s.path(id))
	if err != nil {
		return u, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return u, err
		}
		u.Bytes += info.Size()
		if info.ModTime().After(u.Written) {
			u.Written = info.ModTime()
		}
	}
	ns, err := segmentNumbers(s.path(id))
	u.Segments = len(ns)
	return u, err
}

// DefaultQuota is how much of a session is kept unless Limits say otherwise: about
// 1.8 GB of ordinary output.
const DefaultQuota = 256 << 20

// Limits say how much is kept.
type Limits struct {
	Session int64         // bytes for each session; 0 = DefaultQuota, negative = no limit
	Total   int64         // bytes for all; 0 = no limit
	Age     time.Duration // an ended session goes when its last byte is older; 0 = never
	Now     time.Time     // zero = time.Now

	// Live returns the open journal of a session that has not ended. Nil, or a nil
	// journal: it has ended.
	Live func(id string) *Journal
}

// Report is what Enforce did.
type Report struct {
	Before, After int64    // bytes of all sessions
	Removed       []string // ended sessions that are gone as a whole
	Evicted       []string // sessions whose oldest output is gone
	Over          int64    // bytes beyond Total that nothing could be done about
}

// Action is one step of a plan: remove an ended session, or cut one to a size.
type Action struct {
	ID     string
	Remove bool
	Keep   int64
}

// Plan says what to do so that sessions keep to the limits, looking at nothing but
// its arguments: first those that are too old go, then each session is cut to its
// quota, then, while all together are too large, ended sessions go, the one
// written least recently first, and at last the living are cut, the largest first.
func (l Limits) Plan(all []Usage, ended func(id string) bool) (plan []Action) {
	quota := cmp.Or(l.Session, DefaultQuota)
	left, total := []Usage{}, int64(0)
	for _, u := range all {
		if l.Age > 0 && ended(u.ID) && l.Now.Sub(u.Written) > l.Age {
			plan = append(plan, Action{ID: u.ID, Remove: true})
			continue
		}
		if quota > 0 && u.Bytes > quota {
			plan = append(plan, Action{ID: u.ID, Keep: quota})
			u.Bytes = quota
		}
		left, total = append(left, u), total+u.Bytes
	}
	if l.Total <= 0 || total <= l.Total {
		return plan
	}
	slices.SortStableFunc(left, func(a, b Usage) int { return a.Written.Compare(b.Written) })
	living := []Usage{}
	for _, u := range left {
		if !ended(u.ID) || total <= l.Total {
			living = append(living, u)
			continue
		}
		plan = append(plan, Action{ID: u.ID, Remove: true})
		total -= u.Bytes
	}
	return append(plan, cutLargest(living, total-l.Total)...)
}

// cutLargest levels the largest sessions down until enough bytes are free.
func cutLargest(all []Usage, over int64) (plan []Action) {
	slices.SortStableFunc(all, func(a, b Usage) int { return cmp.Compare(b.Bytes, a.Bytes) })
	level, n := int64(0), 0
	for sum := int64(0); over > 0 && n < len(all); {
		sum += all[n].Bytes
		n++
		level = max(0, (sum-over)/int64(n))
		if n == len(all) || level >= all[n].Bytes {
			break
		}
	}
	for _, u := range all[:n] {
		if u.Bytes > level {
			plan = append(plan, Action{ID: u.ID, Keep: level})
		}
	}
	return plan
}

// Enforce makes the sessions keep to the limits, as Plan says. Finished segments
// should be sealed before: what is cut goes in whole segments, and neither the one
// that is written to nor what a rebuild needs.
func (s *Store) Enforce(l Limits) (r Report, err error) {
	if l.Now.IsZero() {
		l.Now = time.Now()
	}
	all, err := s.Usage()
	if err != nil {
		return r, err
	}
	for _, u := range all {
		r.Before += u.Bytes
	}
	r.After = r.Before
	live := func(id string) *Journal {
		if l.Live == nil {
			return nil
		}
		return l.Live(id)
	}
	sizes := map[string]int64{}
	for _, u := range all {
		sizes[u.ID] = u.Bytes
	}
	var failed []error
	for _, a := range l.Plan(all, func(id string) bool { return live(id) == nil }) {
		freed, err := s.act(a, live(a.ID), sizes[a.ID])
		if err != nil {
			failed = append(failed, fmt.Errorf("session %s: %w", a.ID, err))
			continue
		}
		r.After -= freed
		sizes[a.ID] -= freed
		switch {
		case a.Remove:
			r.Removed = append(r.Removed, a.ID)
		case freed > 0 && !slices.Contains(r.Evicted, a.ID):
			r.Evicted = append(r.Evicted, a.ID)
		}
	}
	if l.Total > 0 {
		r.Over = max(0, r.After-l.Total)
	}
	return r, errors.Join(failed...)
}

// act does one step and says how many bytes it freed.
func (s *Store) act(a Action, j *Journal, size int64) (int64, error) {
	if a.Remove {
		if j != nil { // it was begun again meanwhile
			return 0, nil
		}
		return size, s.Remove(a.ID)
	}
	if j == nil {
		var err error
		if j, _, err = s.Open(a.ID, Options{}); err != nil {
			return 0, err
		}
		defer j.Close()
	}
	return j.Evict(a.Keep - (size - j.Bytes())) // its other files count too
}
