package httpapi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A request is not carried out twice because the clock was set between two daemons.
func TestKeyIsKnownWhateverTheClockWasSetTo(t *testing.T) {
	for _, c := range []struct {
		name string
		age  time.Duration
	}{
		{"now", 0},
		{"the clock was set ten years ahead", 10 * 365 * 24 * time.Hour},
		{"the clock was set ten years back", -10 * 365 * 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			line, err := json.Marshal(replay{Key: "k", Print: "p", At: time.Now().Add(-c.age), Status: 200, Body: json.RawMessage("{}")})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "replays.ndjson"), append(line, '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
			for range 2 { // each daemon writes what it has read
				e, first, err := openReplays(dir).begin("k", "p", "w")
				if err != nil || first || e.Status != 200 {
					t.Errorf("first %v, %+v, %v", first, e, err)
				}
			}
		})
	}
}
