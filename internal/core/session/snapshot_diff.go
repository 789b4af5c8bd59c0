package session

import (
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// DiffSnapshots tells what changed from one to the other.
func (m *Manager) DiffSnapshots(from, to string) (*api.SnapshotDiff, error) {
	a, err := m.ShowSnapshot(from)
	if err != nil {
		return nil, err
	}
	b, err := m.ShowSnapshot(to)
	if err != nil {
		return nil, err
	}
	d := &api.SnapshotDiff{Changes: []api.Change{}}
	add := func(what, from, to string) {
		if from != to {
			d.Changes = append(d.Changes, api.Change{What: what, From: from, To: to})
		}
	}
	add("cwd", a.Cwd, b.Cwd)
	add("size", a.Size.String(), b.Size.String())
	add("title", a.Title, b.Title)
	names := map[string]bool{}
	for _, env := range []api.KV{a.Env, b.Env} {
		for name := range env {
			names[name] = true
		}
	}
	for _, name := range sortedKeys(names) {
		add("env "+name, a.Env[name], b.Env[name])
	}
	gone, came := lineDiff(a.ShellState, b.ShellState)
	add("state", gone, came)
	add("running", programNames(a.Running), programNames(b.Running))
	add("screen", a.Screen, b.Screen)
	return d, nil
}

func sortedKeys(m map[string]bool) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// lineDiff is the lines that only one of two texts has. The state of a shell is a list
// whose order does not matter.
func lineDiff(a, b string) (onlyA, onlyB string) {
	count := map[string]int{}
	for _, line := range strings.Split(b, "\n") {
		count[line]++
	}
	var gone []string
	for _, line := range strings.Split(a, "\n") {
		if count[line] > 0 {
			count[line]--
		} else {
			gone = append(gone, line)
		}
	}
	var came []string
	for _, line := range strings.Split(b, "\n") {
		if count[line] > 0 {
			count[line]--
			came = append(came, line)
		}
	}
	return strings.Join(gone, "\n"), strings.Join(came, "\n")
}
