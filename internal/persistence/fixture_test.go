package persistence

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/v1, if the version was never released")

// fixedKeys gives every session the key of the fixture.
type fixedKeys struct{}

func (fixedKeys) NewKey(_, _ string) (uint32, []byte, error) {
	return 7, bytes.Repeat([]byte{42}, keySize), nil
}

func (k fixedKeys) Key(_, _ string, _ uint32) ([]byte, error) {
	_, key, err := k.NewKey("", "")
	return key, err
}

// fixtures are folders below testdata and what makes them differ.
var fixtures = []struct {
	dir             string
	sealed, encrypt bool
}{
	{dir: "v1"},
	{dir: "v1-sealed", sealed: true},
	{dir: "v1-encrypted", sealed: true, encrypt: true},
}

// writeFixture makes the journal that later versions must still read.
func writeFixture(t *testing.T, dir string, seal, encrypt bool) {
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	j, err := Create(dir, Options{Session: "fixture", SegmentSize: 400, Keys: fixedKeys{}, Encrypt: encrypt, Now: func() time.Time {
		now = now.Add(time.Millisecond)
		return now
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Frame{
		{Kind: Output, Data: []byte("hello\r\n")},
		{Kind: Resize, Data: []byte{80, 0, 24, 0}},
		{Kind: Mark, Data: []byte("A")},
		{Kind: ExecStart, Data: []byte(`{"block":1}`)},
		{Kind: Gap, Data: GapPayload(42)},
		{Kind: Output, Data: []byte("world\r\n")},
		{Kind: ExecEnd, Data: []byte(`{"block":1,"exit":0}`)},
		{Kind: Input, Data: []byte("ls")},
		{Kind: Synthetic, Data: []byte("$ ls\r\n")},
		{Kind: Checkpoint, Data: []byte("screen")},
		{Kind: 200, Data: []byte("from a later version")},
	} {
		mustAppend(t, j, f.Kind, f.Data)
	}
	if seal { // all but the last
		mustSeal(t, j)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
