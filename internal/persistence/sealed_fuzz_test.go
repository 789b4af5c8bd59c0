package persistence

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzSealed hurts a sealed segment, between two whole ones, at any place: each
// frame that is left is unchanged, each that is not is named, and so is the harm.
func FuzzSealed(f *testing.F) {
	f.Add(noise(4000, 1), uint16(300), uint16(3), byte(1))
	f.Add(noise(4000, 2), uint16(170), uint16(900), byte(0))
	f.Add(noise(4000, 3), uint16(900), uint16(0), byte(2))
	f.Fuzz(func(t *testing.T, b []byte, where, what uint16, how byte) {
		dir := t.TempDir()
		j := mustCreate(t, dir, Options{SegmentSize: 1500})
		appendCut(t, j, b)
		mustSeal(t, j)
		want, _ := frames(t, j, 0)
		j.Close()
		if len(j.segs) < 3 {
			t.Skip()
		}
		path := j.path(2)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		hurt, at := bytes.Clone(whole), int(where)%len(whole)
		switch how % 4 {
		case 0:
			hurt[at] ^= byte(what) | 1
		case 1:
			hurt = hurt[:at]
		case 2:
			clear(hurt[at:min(len(hurt), at+int(what))])
		default:
			copy(hurt[at:], hurt[int(what)%len(hurt):])
		}
		if bytes.Equal(hurt, whole) {
			return
		}
		if err := os.WriteFile(path, hurt, 0o600); err != nil {
			t.Fatal(err)
		}
		k, r := mustOpen(t, dir, Options{})
		defer k.Close()
		damage, err := k.Verify()
		if err != nil || len(damage) == 0 && r.Clean() {
			t.Fatalf("nobody noticed, %v", err)
		}
		_, seen := frames(t, k, 0)
		explained(t, k, r, seen, want)
		streamed, _ := collect(t, k.Reader(0, -1))
		var output []byte
		left, _ := frames(t, k, 0)
		for _, f := range left {
			if f.Kind == Output {
				output = append(output, f.Data...)
			}
		}
		if !bytes.Equal(streamed, output) {
			t.Fatalf("streamed %d bytes, frames hold %d", len(streamed), len(output))
		}
		hits(t, k, Query{Text: "a"})
		for _, err := range k.FramesOf(0, Mark, ExecEnd) {
			_ = err
		}
	})
}

// FuzzChunks reads any bytes as the contents of each kind of chunk: what is
// accepted says nothing that cannot be.
func FuzzChunks(f *testing.F) {
	h := header{number: 1, seq: 5, offset: 50, mono: 7, session: "s"}
	f.Add(encodeTable(&h, []chunk{{kind: textChunk, size: 90, seq: 5, last: 9, offset: 50, text: 10, time: 8, until: 9}}))
	var p textPack
	p.add(frame{frameHeader: frameHeader{kind: Output, seq: 5, offset: 50, size: 3}}, []byte("abc"))
	f.Add(p.contents(nil))
	var rec recordPack
	rec.add(frame{frameHeader: frameHeader{kind: Mark, seq: 5, offset: 50}}, []byte("m"), 0)
	f.Add(rec.data)
	f.Add([]byte{6, 1, 2, 3, 4, 5, 6, 7, 8, 0, 6, 8, 7, 6, 5, 4, 3, 2, 1}) // filters of earlier versions
	f.Add([]byte{7, 1, 2, 'a', 'b', 1, 'c', 100})
	f.Fuzz(func(t *testing.T, b []byte) {
		if chunks, err := decodeTable(b, &h, 1<<20); err == nil {
			again, err := decodeTable(encodeTable(&h, chunks), &h, 1<<20)
			if err != nil || !reflect.DeepEqual(again, chunks) {
				t.Fatalf("%+v became %+v, %v", chunks, again, err)
			}
		}
		at := frameHeader{seq: 5, offset: 50}
		if c, ok := openText(at, 0, b); ok {
			size := len(c.data)
			for fr, ok := c.next(); ok; fr, ok = c.next() {
				if size -= fr.size; size < 0 || len(fr.data) != fr.size {
					t.Fatal("more output than there is")
				}
			}
		}
		r := openRecords(at, 0, b)
		for fr, _, ok := r.next(); ok; fr, _, ok = r.next() {
			if !fr.shaped() || len(fr.data) != fr.size {
				t.Fatalf("%+v", fr)
			}
		}
		for _, fl := range decodeFilters(b, 3) {
			fl.has(0xffff)
		}
		if r, ok := decodeColumns(b, 1<<20, []chunk{{text: 9}}); ok {
			for _, p := range r.pages {
				if p.from < chunksBegin || p.to < p.from || p.to > 1<<20 {
					t.Fatalf("pages %v", r.pages)
				}
			}
		}
	})
}

// FuzzOpenSealed opens any bytes behind a header that says they are sealed.
func FuzzOpenSealed(f *testing.F) {
	h := header{flags: flagSealed | flagCompressed, number: 1, seq: 1, session: "s"}
	sum := summary{table: chunksBegin, tableSize: 40, end: Position{Seq: 9, Offset: 99}}
	var g guard
	g.seed = h.seed()
	table := g.put(nil, frameHeader{kind: tableChunk, seq: 9, offset: 99}, nonce{}, encodeTable(&h, nil))
	sum.tableSize, sum.filters = uint32(len(table)), chunksBegin
	sum.size = chunksBegin + sum.tableSize + headerSize
	f.Add(append(append(sum.encode(g.seed), table...), h.encode()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "0001.seg"), append(h.encode(), b...), 0o600); err != nil {
			t.Fatal(err)
		}
		j, _, err := Open(dir, Options{})
		if err != nil {
			return
		}
		defer j.Close()
		frames(t, j, 0)
		collect(t, j.Reader(0, -1))
		hits(t, j, Query{Text: "abcd"})
		if _, err := j.Verify(); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(Output, []byte("x")); err != nil && j.End().Offset < 1<<62 {
			t.Fatal(err)
		}
	})
}
