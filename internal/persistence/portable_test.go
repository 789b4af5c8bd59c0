package persistence

import (
	"bytes"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"
)

var exported = []Frame{
	{Kind: Resize, Time: time.Unix(100, 5), Data: []byte("[80,24]")},
	{Kind: Output, Time: time.Unix(101, 0), Data: []byte("hello\r\n")},
	{Kind: Kind(77), Time: time.Unix(102, 0), Data: []byte("of a version to come")},
	{Kind: Output, Time: time.Unix(103, 0), Data: nil},
}

func framesOf(frames []Frame) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		for _, f := range frames {
			if !yield(f, nil) {
				return
			}
		}
	}
}

func export(t *testing.T, frames iter.Seq2[Frame, error]) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteExport(&b, []byte(`{"name":"dev"}`), frames); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readExport(b []byte, limit int64) (meta string, frames []Frame, err error) {
	x, err := OpenExport(bytes.NewReader(b), limit)
	if err != nil {
		return "", nil, err
	}
	defer x.Close()
	for f := range x.Frames() {
		frames = append(frames, f)
	}
	return string(x.Meta), frames, x.Err()
}

func TestExportComesBackAsItWas(t *testing.T) {
	meta, frames, err := readExport(export(t, framesOf(exported)), 1<<20)
	if err != nil || !asExported(meta, frames) {
		t.Fatal(err, meta, frames)
	}
}

func asExported(meta string, frames []Frame) bool {
	return meta == `{"name":"dev"}` && slices.EqualFunc(frames, exported, func(a, b Frame) bool {
		return a.Kind == b.Kind && a.Time.Equal(b.Time) && bytes.Equal(a.Data, b.Data)
	})
}

func TestDamageIsExportedAsAGapOfItsSize(t *testing.T) {
	b := export(t, func(yield func(Frame, error) bool) {
		yield(Frame{}, &Damage{OffsetFrom: 10, OffsetTo: 52})
	})
	_, frames, err := readExport(b, 1<<20)
	if err != nil || len(frames) != 1 || frames[0].Kind != Gap || !bytes.Equal(frames[0].Data, GapPayload(42)) {
		t.Error(frames, err)
	}
}

func TestExportThatIsNotWholeIsRefused(t *testing.T) {
	whole := export(t, framesOf(exported))
	for n := range whole {
		if _, _, err := readExport(whole[:n], 1<<20); !errors.Is(err, ErrNotExport) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x10
		// A bit that zstd does not use changes nothing.
		if meta, frames, err := readExport(flipped, 1<<20); err == nil && !asExported(meta, frames) {
			t.Fatalf("flipped at %d of %d: %v and no error", i, len(whole), frames)
		}
	}
}

func TestExportThatUnpacksWithoutEndIsRefused(t *testing.T) {
	bomb := export(t, func(yield func(Frame, error) bool) {
		f := Frame{Kind: Output, Data: []byte(strings.Repeat("0", 1<<20))}
		for range 64 {
			if !yield(f, nil) {
				return
			}
		}
	})
	if len(bomb) > 1<<20 {
		t.Fatalf("%d bytes are no bomb", len(bomb))
	}
	if _, _, err := readExport(bomb, 8<<20); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func FuzzExport(f *testing.F) {
	var b bytes.Buffer
	WriteExport(&b, []byte("{}"), framesOf(exported))
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, frames, err := readExport(b, 1<<20)
		if err != nil {
			return
		}
		for _, fr := range frames {
			if fr.Kind == Checkpoint {
				return // it is left out when written
			}
		}
		if _, again, err := readExport(export(t, framesOf(frames)), 1<<20); err != nil || len(again) != len(frames) {
			t.Fatalf("%d frames come back as %d: %v", len(frames), len(again), err)
		}
	})
}
