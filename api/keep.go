package api

import (
	"strconv"
	"strings"
	"time"
)

// Bytes is a size in bytes: a number in JSON, 512M or 4G on a command line (powers
// of 1024).
type Bytes int64

// Set parses a size.
func (b *Bytes) Set(text string) error {
	number, shift := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(text), "B"), "I"), 0
	if n := len(number); n > 0 {
		if i := strings.IndexByte("KMGT", number[n-1]); i >= 0 {
			number, shift = number[:n-1], 10*(i+1)
		}
	}
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil || v < 0 || v > 1<<(62-shift) {
		return Errorf(Invalid, "%q is not a size", text).WithHint("for example 512M or 4G")
	}
	*b = Bytes(v << shift)
	return nil
}

// String writes a size as people read it.
func (b Bytes) String() string {
	units := "KMGT"
	v := float64(b)
	if b < 1024 {
		return strconv.FormatInt(int64(b), 10)
	}
	for i := range units {
		if v /= 1024; v < 1024 || i == len(units)-1 {
			return strconv.FormatFloat(v, 'f', 1, 64) + units[i:i+1]
		}
	}
	return ""
}

// Type names the value in command-line help.
func (b *Bytes) Type() string { return "size" }

// StorageRequest asks what is kept.
type StorageRequest struct{}

// StorageReport is what is kept, the largest first.
type StorageReport struct {
	TotalBytes int64           `json:"total_bytes"`
	LimitBytes int64           `json:"limit_bytes"`    // of all
	QuotaBytes int64           `json:"quota_bytes"`    // of each session
	Keys       *KeysReport     `json:"keys,omitempty"` // absent: nothing was ever encrypted
	Sessions   []StoredSession `json:"sessions"`
}

// StoredSession is one session on the disk.
type StoredSession struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	State        string    `json:"state"` // living, ended, lost (restore brings it back), no key
	Bytes        int64     `json:"bytes"`
	EvictedBytes int64     `json:"evicted_bytes,omitempty"` // output that was dropped to save space
	Encrypted    bool      `json:"encrypted,omitempty"`
	First        string    `json:"first,omitempty"` // references of its blocks
	Last         string    `json:"last,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	WrittenAt    time.Time `json:"written_at"`
}

// KeysReport says what protects what is encrypted.
type KeysReport struct {
	Kind     string   `json:"kind"` // keyring, passphrase, age or file
	Sessions int      `json:"sessions"`
	Open     bool     `json:"open"`
	Problems []string `json:"problems"`
}

// ShredRequest makes an encrypted session unreadable for ever.
type ShredRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"ended session, by id or name"`
}

// RotateRequest wraps all keys anew.
type RotateRequest struct {
	Keys string `json:"keys,omitempty" flag:"keys" enum:"keyring|passphrase|age|file" doc:"what wraps them from now on; by default the same as before"`
}

// Rotated says how many keys were wrapped anew.
type Rotated struct {
	Keys int    `json:"keys"`
	Kind string `json:"kind"`
}

// ExportRequest carries a session elsewhere, or a recording of it.
type ExportRequest struct {
	Ref    string `json:"ref" in:"query" arg:"1" doc:"session, living or ended; of a recording also @e42, @last or @e42#100-200"`
	Format string `json:"format,omitempty" in:"query" flag:"format" enum:"session|asciicast" default:"session" doc:"all that is kept, for import; or a recording, asciicast v2"`
}

// ImportRequest takes an exported session into the store.
type ImportRequest struct {
	Path  string `json:"path,omitempty" arg:"1" doc:"file that export wrote, on the daemon's machine; on the command line the client's, and - is stdin"`
	Data  []byte `json:"data_base64,omitempty" doc:"what the file holds, in place of its path"`
	Limit Bytes  `json:"limit,omitempty" flag:"limit" default:"4G" doc:"refuse a file that holds more than this once it is unpacked"`
}

// Imported is an imported session: one that has ended, under a new id.
type Imported struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	From     string `json:"from"` // its id where it was exported
	Blocks   int    `json:"blocks"`
	First    string `json:"first,omitempty"` // reference of its first block here
	Last     string `json:"last,omitempty"`
	RawBytes int64  `json:"raw_bytes"`
}

// SnapshotSaveRequest keeps a session's state.
type SnapshotSaveRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session to keep"`
	Name    string `json:"name,omitempty" arg:"2" flag:"name" doc:"name of the snapshot; by default the session's with the time"`
	Note    string `json:"note,omitempty" flag:"note" doc:"words for those who find it"`
}

// Program is a program that ran when a snapshot was made.
type Program struct {
	PID     int      `json:"pid"`
	Name    string   `json:"name"`
	Argv    []string `json:"argv"`
	Cwd     string   `json:"cwd,omitempty"`
	Resume  string   `json:"resume,omitempty"`  // the command that takes it up where it was, if we know one
	Command string   `json:"command,omitempty"` // the exec that runs it
}

// Snapshot describes a kept state.
type Snapshot struct {
	Name      string    `json:"name"`
	Session   string    `json:"session"`
	SessionID string    `json:"session_id"`
	CreatedAt time.Time `json:"created_at"`
	Note      string    `json:"note,omitempty"`
	Auto      bool      `json:"auto,omitempty"`
	Shell     string    `json:"shell"`
	Argv      []string  `json:"argv"`
	Cwd       string    `json:"cwd"`
	Size      Size      `json:"size"`
	Title     string    `json:"title,omitempty"`
	Offset    int64     `json:"offset"` // where its output was
	Blocks    int       `json:"blocks"`
	Lines     int       `json:"history_lines"` // above the screen
	State     string    `json:"state"`         // what of the shell's own state is in it: full, environment, none
	Why       string    `json:"why,omitempty"` // not more of it
	Running   []Program `json:"running"`
	Bytes     int64     `json:"bytes"`
}

// SnapshotListRequest lists snapshots.
type SnapshotListRequest struct {
	Session string `json:"session,omitempty" in:"query" arg:"1" doc:"only of this session"`
}

// SnapshotList is every snapshot, oldest first.
type SnapshotList struct {
	Snapshots []Snapshot `json:"snapshots"`
}

// SnapshotRequest names one.
type SnapshotRequest struct {
	Name string `json:"name" in:"path" arg:"1" doc:"name of the snapshot"`
}

// SnapshotDetail is a snapshot with what is in it.
type SnapshotDetail struct {
	Snapshot
	Screen     string `json:"screen"`
	Env        KV     `json:"env"`
	ShellState string `json:"shell_state"` // as the shell's own commands
}

// SnapshotDiffRequest compares two.
type SnapshotDiffRequest struct {
	Name string `json:"name" in:"path" arg:"1" doc:"the older snapshot"`
	With string `json:"with" in:"query" arg:"2" doc:"the newer one"`
}

// SnapshotDiff is what differs; what is the same is left out.
type SnapshotDiff struct {
	Changes []Change `json:"changes"`
}

// Change is one difference.
type Change struct {
	What string `json:"what"` // cwd, size, env NAME, state, running, screen
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// SnapshotRestoreRequest makes a session of a snapshot.
type SnapshotRestoreRequest struct {
	Name  string `json:"name" in:"path" arg:"1" doc:"name of the snapshot"`
	As    string `json:"as,omitempty" flag:"as" doc:"name of the new session; by default the old one's"`
	Rerun bool   `json:"rerun,omitempty" flag:"rerun" doc:"start again what was running"`
}

// RestoreRequest brings back what a reboot ended.
type RestoreRequest struct {
	All   bool   `json:"all,omitempty" flag:"all" doc:"every session that was not ended in order"`
	Name  string `json:"name,omitempty" arg:"1" doc:"one of them"`
	Rerun bool   `json:"rerun,omitempty" flag:"rerun" doc:"start again what was running"`
}

// Restored says what came back.
type Restored struct {
	Sessions []Session `json:"sessions"`
	Failed   []string  `json:"failed"` // sessions that did not, with the reason
}

// Deleted names what is gone.
type Deleted struct {
	Name string `json:"name"`
}
