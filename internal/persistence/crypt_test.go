package persistence

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// memoryKeys are keys that nobody keeps.
type memoryKeys map[string][]byte

func (m memoryKeys) NewKey(_, session string) (uint32, []byte, error) {
	k := make([]byte, keySize)
	rand.Read(k)
	m[session] = k
	return uint32(k[0]) + 1, k, nil
}

func (m memoryKeys) Key(_, session string, id uint32) ([]byte, error) {
	k, ok := m[session]
	if !ok || uint32(k[0])+1 != id {
		return nil, errors.New("shredded")
	}
	return k, nil
}

func TestAnEncryptedJournalReadsLikeAPlainOne(t *testing.T) {
	for size, n := range map[int]int{1: 40, 40_000: 90, 500_000: 150} {
		t.Run(fmt.Sprint("segments of ", size), func(t *testing.T) {
			dir := t.TempDir()
			o := Options{SegmentSize: size, Keys: memoryKeys{}, Encrypt: true}
			j := mustCreate(t, dir, o)
			want := mixed(t, j, n)
			o.Encrypt = false // it stays what it is
			for round := range 4 {
				got, damage := frames(t, j, 0)
				sameButSealed(t, got, want, round > 0)
				consistent(t, j)
				if damage != nil {
					t.Fatal(damage)
				}
				at := mustAppend(t, j, Output, logs(500, uint64(round)))
				fs, _ := frames(t, j, at.Seq)
				want = append(want, fs...)
				if round == 2 {
					j.Close()
				}
				mustSeal(t, j)
				j.Close()
				var r Recovery
				if j, r = mustOpen(t, dir, o); !r.Clean() {
					t.Fatalf("%+v", r)
				}
			}
			if f, ok := j.Checkpoint(); !ok || f.Kind != Checkpoint {
				t.Error("no checkpoint")
			}
			ns, _ := segmentNumbers(dir)
			for _, n := range ns {
				if b, err := readBeginning(j.path(n)); err != nil || b.flags&flagEncrypted == 0 || b.keyID == 0 {
					t.Errorf("segment %d: %v, flags %d", n, err, b.flags)
				}
			}
		})
	}
}

// secret is what must not be on the disk, in any part that could be told apart.
const secret = "Hunter2-correct-horse-battery-staple"

func TestNoPlainByteIsOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	keys := memoryKeys{}
	s, err := OpenStore(dir, StoreOptions{Keys: keys, Encrypt: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	j, err := s.Create("a", []byte(`{"name":"`+secret+`"}`), Options{SegmentSize: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetMeta("a", []byte(`{"command":"`+secret+`"}`)); err != nil {
		t.Fatal(err)
	}
	if m, err := s.Meta("a"); err != nil || !strings.Contains(string(m), secret) {
		t.Errorf("meta %s, %v", m, err)
	}
	for i := range 40 {
		for _, k := range []Kind{Output, Mark, ExecStart, Input, Synthetic, Checkpoint} {
			mustAppend(t, j, k, bytes.Repeat([]byte(secret+" "), 3))
		}
		if i == 20 {
			mustSeal(t, j)
			if _, err := j.Evict(j.Bytes() / 2); err != nil || j.Evicted() == nil {
				t.Fatal(err, "nothing evicted")
			}
		}
	}
	check := func() {
		t.Helper()
		seen := 0
		err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			seen++
			b, err := os.ReadFile(filepath.Join(dir, path))
			for i := range len(secret) - 3 {
				if bytes.Contains(b, []byte(secret[i:i+4])) {
					t.Fatalf("%s holds %q", path, secret[i:i+4])
				}
			}
			return err
		})
		if err != nil || seen < 5 {
			t.Fatal(err, seen)
		}
	}
	check()
	if hs, _ := hits(t, j, Query{Text: secret[:10]}); len(hs) == 0 {
		t.Error("nothing found")
	}
	j.Close()
	mustSeal(t, j)
	check()
	noPlainFilter(t, j)

	plain := mustStore(t, t.TempDir()) // both kinds side by side
	p, err := plain.Create("p", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	e, err := plain.Create("e", nil, Options{Keys: keys, Encrypt: true})
	if err != nil || e.key == nil {
		t.Fatal(err)
	}
	defer e.Close()
}

// noPlainFilter looks for the rows that the secret's trigrams make, as they lie in a
// plain journal.
func noPlainFilter(t *testing.T, encrypted *Journal) {
	t.Helper()
	text := bytes.Repeat([]byte(secret+" "), 3)
	text = bytes.Repeat(text, 1+rowsText/len(text))
	var c columns
	c.add(0, text)
	enc, err := newEncoder()
	if err != nil {
		t.Fatal(err)
	}
	rows := enc.EncodeAll(c.appendPage(nil, 0, 1<<c.shrink()/64), nil)
	plain := mustCreate(t, t.TempDir(), Options{})
	mustAppend(t, plain, Output, text)
	plain.Close()
	mustSeal(t, plain)
	for _, j := range []*Journal{plain, encrypted} {
		ns, err := segmentNumbers(j.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range ns {
			b, err := os.ReadFile(j.path(n))
			if err != nil || bytes.Contains(b, rows) != (j == plain) {
				t.Fatalf("segment %d of %s: rows found %v, %v", n, j.dir, j != plain, err)
			}
		}
	}
}

// files are the contents of a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

func TestWithoutItsKeyASessionIsRefusedAndLeftAlone(t *testing.T) {
	dir := t.TempDir()
	keys := memoryKeys{}
	s, err := OpenStore(dir, StoreOptions{Keys: keys, Encrypt: true})
	if err != nil {
		t.Fatal(err)
	}
	j, err := s.Create("a", []byte("{}"), Options{SegmentSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		mustAppend(t, j, Output, make([]byte, 700))
		mustAppend(t, j, Checkpoint, nil)
	}
	mustSeal(t, j)
	if _, err := j.Evict(3000); err != nil {
		t.Fatal(err)
	}
	j.Close()
	path := j.path(j.segs[len(j.segs)-1].number)
	if f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0); err != nil {
		t.Fatal(err)
	} else if _, err := f.WriteString("torn"); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	s.Close()
	before := files(t, j.dir)
	for name, o := range map[string]StoreOptions{"no keys": {}, "other keys": {Keys: memoryKeys{}}} {
		t.Run(name, func(t *testing.T) {
			s, err := OpenStore(dir, o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			_, _, err = s.Open("a", Options{})
			var k *KeyError
			if !errors.Is(err, ErrKey) || !errors.As(err, &k) || k.Session != "a" || k.ID == 0 {
				t.Errorf("open: %v", err)
			}
			if _, err := s.Meta("a"); !errors.Is(err, ErrKey) {
				t.Errorf("meta: %v", err)
			}
			if err := s.SetMeta("a", nil); !errors.Is(err, ErrKey) {
				t.Errorf("set meta: %v", err)
			}
			if !mapsEqual(files(t, j.dir), before) {
				t.Error("files changed")
			}
		})
	}
	if _, _, err := Open(j.dir, Options{Keys: keys}); err != nil {
		t.Errorf("by folder, with the key: %v", err)
	}
}

func mapsEqual(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// Whatever bit of an encrypted session is flipped, no reader sees other bytes than
// were written, and somebody says so.
func TestAFlippedBitInAnEncryptedJournalIsDetected(t *testing.T) {
	dir := t.TempDir()
	o := Options{SegmentSize: 6000, Keys: memoryKeys{}, Encrypt: true}
	j := mustCreate(t, dir, o)
	want := appendCut(t, j, noise(16_000, 4))
	mustSeal(t, j)
	j.Close()
	ns, _ := segmentNumbers(dir)
	if len(ns) < 3 || j.lastSegment().sealed {
		t.Fatal("want sealed segments and an active one")
	}
	o.Encrypt = false
	for _, n := range []uint32{ns[1], ns[len(ns)-1]} {
		whole, err := os.ReadFile(j.path(n))
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(whole); at += 19 {
			flip(t, j.path(n), int64(at))
			k, r, err := Open(dir, o)
			if err != nil {
				t.Fatalf("segment %d byte %d: %v", n, at, err)
			}
			left, _ := frames(t, k, 0)
			for _, f := range left {
				if w := want[f.Seq-1]; !sameFrame(f, w) {
					t.Fatalf("segment %d byte %d: frame %d changed", n, at, f.Seq)
				}
			}
			if d, err := k.Verify(); err != nil || (len(d) == 0 && r.Clean()) {
				t.Fatalf("segment %d byte %d: nobody noticed, %v", n, at, err)
			}
			k.Close()
			if err := os.WriteFile(j.path(n), whole, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A chunk that was moved to another place, or a frame copied from another
// segment, is whole under the same session's key and still refused.
func TestEncryptedPiecesAreValidInTheirPlaceOnly(t *testing.T) {
	dir := t.TempDir()
	o := Options{SegmentSize: 100_000, Keys: memoryKeys{}, Encrypt: true}
	j := mustCreate(t, dir, o)
	text := noise(50_000, 1) // chunks of one size
	for range 4 {
		mustAppend(t, j, Output, text)
	}
	mustSeal(t, j)
	f, err := os.Open(j.path(1))
	if err != nil {
		t.Fatal(err)
	}
	h, _ := headerOf(f)
	g, _ := j.guardOf(&h)
	s, err := openSealed(f, h, g)
	f.Close()
	if err != nil || len(s.chunks) != 1 {
		t.Fatal(err, len(s.chunks))
	}
	one, err := os.ReadFile(j.path(1))
	if err != nil {
		t.Fatal(err)
	}
	two, err := os.ReadFile(j.path(2))
	if err != nil {
		t.Fatal(err)
	}
	c := s.chunks[0]
	copy(two[c.pos:c.pos+c.size], one[c.pos:c.pos+c.size])
	if err := os.WriteFile(j.path(2), two, 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err := j.Verify(); err != nil || len(d) != 1 || d[0].Segment != 2 {
		t.Errorf("verify %+v, %v", d, err)
	}
}

func TestNoNonceIsUsedTwice(t *testing.T) {
	dir := t.TempDir()
	keys := memoryKeys{}
	type use struct {
		salt [saltSize]byte
		n    nonce
	}
	seen := map[use]bool{}
	var j *Journal
	o := Options{Keys: keys, Encrypt: true, fail: func(string) error { return nil }}
	failing := errors.New("no")
	for round := range 5 {
		fails := 0
		o.fail = func(p string) error {
			if p != "append: written" {
				return nil
			}
			u := use{j.head.salt, frameNonce(frameHeader{extra: j.tries, seq: j.end.Seq})}
			if seen[u] {
				t.Fatalf("round %d: frame %d written twice with one nonce", round, j.end.Seq)
			}
			seen[u] = true
			if fails++; fails%3 == 0 {
				return failing
			}
			return nil
		}
		if round == 0 {
			j = mustCreate(t, dir, o)
		} else {
			j, _ = mustOpen(t, dir, o)
		}
		for range 10 {
			if _, err := j.Append(Output, []byte("x")); err != nil && !errors.Is(err, failing) {
				t.Fatal(err)
			}
		}
		last := j.lastSegment()
		j.Close()
		if err := os.Truncate(j.path(last.number), int64(last.size)-3); err != nil { // the next one has its number again
			t.Fatal(err)
		}
	}
	if len(seen) < 40 {
		t.Error(len(seen))
	}
}

func TestAPlainJournalIsEncryptedFromNowOn(t *testing.T) {
	dir := t.TempDir()
	j := mustCreate(t, dir, Options{SegmentSize: 5000})
	want := mixed(t, j, 20)
	j.Close()
	o := Options{SegmentSize: 5000, Keys: memoryKeys{}, Encrypt: true}
	j, _ = mustOpen(t, dir, o)
	mustAppend(t, j, Output, []byte(secret))
	if _, err := j.Seal(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, damage := frames(t, j, 0)
	if damage != nil {
		t.Fatal(damage)
	}
	sameButSealed(t, got[:len(got)-1], want, true)
	for i, s := range j.segs {
		b, err := readBeginning(j.path(s.number))
		if err != nil || b.flags&flagEncrypted == 0 {
			t.Errorf("segment %d of %d has flags %d, %v", i, len(j.segs), b.flags, err)
		}
	}
	if !slices.ContainsFunc(got, func(f Frame) bool { return string(f.Data) == secret }) {
		t.Error("what was written last is missing")
	}
}

func BenchmarkAppendEncrypted(b *testing.B) {
	for _, n := range []int{64, 4 << 10, 64 << 10} {
		for _, encrypt := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/encrypt=%v", n, encrypt), func(b *testing.B) {
				o := Options{Keys: memoryKeys{}, Encrypt: encrypt}
				dir, p := b.TempDir(), noise(n, 1)
				j := mustCreate(b, dir, o)
				b.SetBytes(int64(n))
				for b.Loop() {
					mustAppend(b, j, Output, p)
					if j.Bytes() > 16<<20 { // keep the disk small
						b.StopTimer()
						j.Close()
						if err := Remove(dir); err != nil {
							b.Fatal(err)
						}
						j = mustCreate(b, dir, o)
						b.StartTimer()
					}
				}
			})
		}
	}
}
