package persistence

import (
	"bytes"
	"errors"
)

// want says why a chunk is read: in all cases but no it may hold a match.
type want uint8

const (
	no   want = 0
	yes  want = 1 << iota
	edge      // a match may have begun in the chunk before
	open      // a match may begin here and end behind the chunk
)

// border is what is known of the output before a segment.
type border struct {
	grams int    // how many trigrams of the text, from the first, may be in the chunk before it
	last  []byte // the bytes before it, at most ahead of them
	known bool   // last is there, not grams
}

// candidates says which text chunks to read. A match that crosses the border of
// two segments counts for the chunk where it ends.
func (s *search) candidates(f *sealedFile, text []chunk) ([]want, error) {
	wanted, err := s.ask(f, text)
	if errors.Is(err, errChunk) {
		for i := range wanted {
			wanted[i] = yes | edge | open
		}
		s.before = border{grams: len(s.m.trigrams)}
		err = nil
	}
	for i := range text {
		if c := &text[i]; c.end() <= s.q.FromOffset || !s.inTime(f.h.wall-f.h.mono, c) {
			wanted[i] = no
		}
	}
	return wanted, err
}

// ask asks the filters or rows; errChunk if they cannot be read.
func (s *search) ask(f *sealedFile, text []chunk) ([]want, error) {
	wanted := make([]want, len(text))
	if len(s.m.trigrams) == 0 || len(f.faults) > 0 {
		return wanted, errChunk
	}
	s.asked.r, s.asked.g = f.f, f.g
	h, contents, err := s.asked.read(f.sum.filters, f.sum.filtersSize)
	if err != nil {
		return wanted, err
	}
	if h.kind == filtersChunk {
		if fs := decodeFilters(contents, len(text)); fs != nil {
			s.byFilters(fs, text, wanted)
			return wanted, nil
		}
	}
	if h.kind == columnsChunk {
		if r, ok := decodeColumns(contents, f.sum.filters, text); ok {
			r.u = &s.asked
			return wanted, s.byRows(&r, text, wanted)
		}
	}
	return wanted, errChunk
}

// byRows wants those chunks in whose columns a match may begin, and the first one
// if a match may cross the border before it.
func (s *search) byRows(r *rows, text []chunk, wanted []want) error {
	having, err := r.having(s.m.trigrams[:min(len(s.m.trigrams), ahead-1)])
	if err != nil {
		return err
	}
	column, size := -1, columnText+1
	for i := range text {
		if size > columnText {
			column, size = column+1, 0
		}
		size += int(text[i].text)
		if having[column/8]&(1<<(column%8)) != 0 {
			wanted[i] = yes | open
		}
	}
	if len(text) > 0 && s.m.crosses(s.before, r.first) {
		wanted[0] |= yes | edge
	}
	last := r.last
	if len(last) < ahead && s.before.known {
		last = lastOf(append(bytes.Clone(s.before.last), last...), ahead)
	}
	s.before = border{last: last, known: len(last) == ahead || s.before.known}
	if !s.before.known {
		s.before.grams = len(s.m.trigrams)
	}
	return nil
}

// byFilters wants the chunks that may hold a match, by filters that know only the
// trigrams that begin in their chunk. A match that begins in the chunk before
// counts for the chunk where it ends.
func (s *search) byFilters(filters []filter, text []chunk, wanted []want) {
	n := len(s.m.trigrams)
	before := s.m.gramsBefore(s.before)
	for i := range text {
		head := s.m.head(&filters[i])
		tail := n
		if head < n {
			tail = s.m.tail(&filters[i])
		}
		across := 0
		if i == 0 { // trigrams across two segments are in neither filter
			across = 2
		}
		switch {
		case text[i].text < maxQuery: // a match may reach over it
			wanted[i], head = yes|edge, n
		case tail+across > 0 && before+tail+across >= n:
			wanted[i] = yes | edge
		case head == n:
			wanted[i] = yes
		}
		before = head
	}
	s.before = border{grams: before}
}

// gramsBefore is how many trigrams of the text, from the first, may be in the
// output before a border; too few for any match to cross it if none begins there.
func (m *matcher) gramsBefore(b border) int {
	switch {
	case !b.known:
		return b.grams
	case m.crosses(b, nil):
		return len(m.trigrams)
	}
	return -3
}

// crosses says whether a match may begin before a border and end behind it, where
// the output begins with first.
func (m *matcher) crosses(b border, first []byte) bool {
	last := b.last
	if m.fold {
		last, first = appendLower(nil, last), appendLower(nil, first)
	}
	for n := 1; n < len(m.text); n++ {
		begin, rest := m.text[:n], m.text[n:]
		if b.known && !bytes.HasSuffix(last, lastOf(begin, len(last))) {
			continue
		}
		if k := min(len(first), len(rest)); bytes.Equal(first[:k], rest[:k]) {
			return true
		}
	}
	return false
}
