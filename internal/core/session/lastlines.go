package session

import "bytes"

// maxFromEnd is how many last lines are looked for from the end: their bytes are held until they
// are drawn.
const maxFromEnd = 20000

// part is a piece of a span that is not drawn yet.
type part struct {
	raw    []byte
	before int // lines above it
}

// lastLines is eachLine for the last n lines, and some before them. What is above is read for the
// count of its lines alone: a piece has as many as newlines end, however it is drawn.
func (sp span) lastLines(n int64, yield func(n int, line string) error) error {
	if n > maxFromEnd || sp.to-sp.from <= wholeRender {
		return sp.eachLine(yield)
	}
	var held []part
	var spare []byte
	total, within := 0, false
	err := sp.pieces(func(piece []byte) error {
		if within {
			total--
		}
		held = append(held, part{append(spare[:0], piece...), total})
		total += linesOf(sp.charset.Text(piece))
		within = piece[len(piece)-1] != '\n'
		for spare = nil; len(held) > 1 && int64(total-held[1].before) >= n; held = held[1:] {
			spare = held[0].raw
		}
		return nil
	})
	for _, p := range held {
		if err == nil {
			err = yieldAll(sp.pieceLines(sp.charset.Text(p.raw)), p.before, yield)
		}
	}
	return err
}

// linesOf is how many lines newlines end, and one more for what is behind the last.
func linesOf(piece []byte) int {
	n := bytes.Count(piece, newline)
	if len(piece) > 0 && piece[len(piece)-1] != '\n' {
		n++
	}
	return n
}
