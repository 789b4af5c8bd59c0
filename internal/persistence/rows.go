package persistence

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
)

const (
	// columnText is what a column covers at least, but for a segment's last: a
	// chunk that is full has one of its own, small ones share.
	columnText = 32 << 10

	// rowsText is how much output has rows: less is read as fast as asked for.
	rowsText = 4 << 10

	// columnsMost is 256 MiB of output in one segment; beyond it there are no rows.
	columnsMost = 8 << 10

	// ahead is how far a column looks into the output behind it. A match that
	// begins in a column has its first ahead-1 trigrams there, wherever it ends.
	ahead = 32

	// pageBytes is how much of the rows is packed together, as a power of two. A
	// search unpacks those pages that its trigrams are in.
	pageBytes = 15
)

// columns collects a segment's trigrams while it is sealed: docs/journal.md, "Rows".
type columns struct {
	sets  []*trigramSet
	text  int    // bytes of output in the last column
	owed  int    // how many bytes the column before it still looks ahead
	end   int64  // offset behind all that was added
	first []byte // the segment's first bytes, ahead of them
	begun int64  // offset behind first, until it is whole
	last  []byte // the segment's last bytes, without a gap between them
}

// add takes a text chunk's output.
func (c *columns) add(offset int64, text []byte) {
	if offset != c.end || len(c.sets) == 0 { // behind a gap
		c.last, c.owed = c.last[:0], 0
	}
	bridge := slices.Clone(lastOf(c.last, 2))
	if len(c.sets) == 0 || c.text > columnText {
		c.owed, c.text = ahead*min(1, len(bridge)), 0
		c.sets = append(c.sets, new(trigramSet))
	} else {
		c.sets[len(c.sets)-1].add(append(bridge, text[:min(2, len(text))]...))
	}
	if n := min(c.owed, len(text)); n > 0 {
		c.sets[len(c.sets)-2].add(append(bridge, text[:n]...))
		c.owed -= n
	}
	c.sets[len(c.sets)-1].add(text)
	c.text += len(text)
	c.end = offset + int64(len(text))
	if len(c.first) == 0 || offset == c.begun {
		c.first = append(c.first, text[:min(ahead-len(c.first), len(text))]...)
		c.begun = c.end
	}
	c.last = append(c.last[:0], lastOf(append(c.last, lastOf(text, ahead)...), ahead)...)
}

func lastOf(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

// shrink folds all sets to one size, so that a twelfth of the fullest one's bits
// are set at least where that can be, and says which. A column of which more than a
// sixth is set would cost more than it spares: it is made one that may hold anything.
func (c *columns) shrink() (power int) {
	fullest := func() (n int) {
		for _, s := range c.sets {
			n = max(n, s.count(power))
		}
		return n
	}
	for power = gramsMost; power > gramsLeast && fullest()*12 < 1<<power; {
		power--
		for _, s := range c.sets {
			s.fold(power)
		}
	}
	for _, s := range c.sets {
		if s.count(power)*6 > 1<<power {
			for i := range s {
				s[i] = ^uint64(0)
			}
		}
	}
	return power
}

// appendPage appends 64*words rows: for each a bit of every column.
func (c *columns) appendPage(b []byte, from, words int) []byte {
	width := (len(c.sets) + 7) / 8
	at := len(b)
	b = append(b, make([]byte, 64*words*width)...)
	var block [64]uint64
	var row [8]byte
	for begin := 0; begin < len(c.sets); begin += 64 {
		some := c.sets[begin:min(begin+64, len(c.sets))]
		for w := range words {
			clear(block[:])
			for i, s := range some {
				block[i] = s[from+w]
			}
			transpose(&block)
			for i, of := range block {
				binary.LittleEndian.PutUint64(row[:], of)
				copy(b[at+(64*w+i)*width+begin/8:][:min(8, width-begin/8)], row[:])
			}
		}
	}
	return b
}

// transpose exchanges rows and columns, the lowest bit first (Warren, Hacker's
// Delight, 7-3).
func transpose(a *[64]uint64) {
	mask := uint64(1<<32 - 1)
	for n := 32; n > 0; n >>= 1 {
		for i := 0; i < 64; i = (i + n + 1) &^ n {
			t := (a[i]>>n ^ a[i+n]) & mask
			a[i] ^= t << n
			a[i+n] ^= t
		}
		mask ^= mask << (n >> 1)
	}
}

// writeColumns writes the pages of rows and, behind them, where they are.
func (w *sealWriter) writeColumns(end frameHeader) error {
	c := &w.columns
	power := 0
	if n := len(c.sets); n <= columnsMost && (n > 1 || c.text >= rowsText) {
		power = c.shrink()
	}
	contents := binary.AppendUvarint([]byte{byte(power)}, uint64(len(c.sets)))
	for _, edge := range [][]byte{c.first, c.last} {
		contents = append(binary.AppendUvarint(contents, uint64(len(edge))), edge...)
	}
	end.kind = rowsChunk
	perPage := rowsPerPage(power, len(c.sets))
	words := 1 << perPage / 64
	for page := range pagesOf(power, perPage) {
		w.contents = c.appendPage(w.contents[:0], page*words, words)
		size, err := w.write(end, w.contents)
		if err != nil {
			return err
		}
		contents = binary.AppendUvarint(contents, uint64(size))
	}
	end.kind = columnsChunk
	w.sum.filters = w.pos
	var err error
	w.sum.filtersSize, err = w.write(end, contents)
	return err
}

// rowsPerPage is, as a power of two, how many of 2^power rows a page holds.
func rowsPerPage(power, columns int) int {
	width := bits.Len(uint((columns+7)/8 - 1)) // rounded up to a power of two
	return min(power, max(gramsLeast, pageBytes-width))
}

// pagesOf is how many pages 2^power rows fill.
func pagesOf(power, perPage int) int {
	if power == 0 {
		return 0
	}
	return 1 << (power - perPage)
}

// rows answers which columns of a sealed segment may hold some trigrams.
type rows struct {
	u           *unpacker
	power       int
	perPage     int // rows, as a power of two
	columns     int
	first, last []byte
	pages       []stretch // in the file
}

// decodeColumns reads what lies at a place in a file and leads to the pages before
// it; false if it is not what was written.
func decodeColumns(b []byte, at uint32, text []chunk) (r rows, ok bool) {
	v := varints{b: b}
	r.power = int(v.octet())
	columns := v.unsigned()
	r.first, r.last = v.bytes(v.unsigned()), v.bytes(v.unsigned())
	if v.bad || columns != uint64(countColumns(text)) || len(r.first) > ahead || len(r.last) > ahead ||
		r.power > gramsMost || r.power != 0 && r.power < gramsLeast || columns > columnsMost && r.power != 0 {
		return r, false
	}
	r.first, r.last, r.columns = bytes.Clone(r.first), bytes.Clone(r.last), int(columns)
	r.perPage = rowsPerPage(r.power, r.columns)
	r.pages = make([]stretch, pagesOf(r.power, r.perPage))
	to := int64(at)
	sizes := make([]int64, len(r.pages))
	for i := range sizes {
		sizes[i] = int64(min(v.unsigned(), maxChunk+1))
		to -= sizes[i]
	}
	for i, n := range sizes {
		r.pages[i] = stretch{to, to + n}
		to += n
	}
	return r, !v.bad && (len(r.pages) == 0 || r.pages[0].from >= chunksBegin)
}

// countColumns is how many columns cover some text chunks.
func countColumns(text []chunk) (n int) {
	size := columnText + 1
	for i := range text {
		if size > columnText {
			n, size = n+1, 0
		}
		size += int(text[i].text)
	}
	return n
}

// page unpacks one; the error is errChunk if it is not what was written.
func (r *rows) page(i int) ([]byte, error) {
	p := r.pages[i]
	h, b, err := r.u.read(uint32(p.from), uint32(p.to-p.from))
	if err == nil && (h.kind != rowsChunk || len(b) != 1<<r.perPage*((r.columns+7)/8)) {
		err = errChunk
	}
	return b, err
}

// having is a bit for each column that may hold all of the hashed trigrams.
func (r *rows) having(grams []uint32) ([]byte, error) {
	columns := bytes.Repeat([]byte{0xff}, (r.columns+7)/8)
	if r.power == 0 {
		return columns, nil
	}
	for page := range r.pages {
		var b []byte
		for _, g := range grams {
			row := int(g) & (1<<r.power - 1)
			if row>>r.perPage != page {
				continue
			}
			if b == nil {
				var err error
				if b, err = r.page(page); err != nil {
					return nil, err
				}
			}
			at := row & (1<<r.perPage - 1) * len(columns)
			for i := range columns {
				columns[i] &= b[at+i]
			}
		}
		if b != nil && len(bytes.Trim(columns, "\x00")) == 0 {
			break
		}
	}
	return columns, nil
}
