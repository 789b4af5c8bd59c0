package persistence

import (
	"errors"
	"io"
	"os"
	"slices"
)

// checkOlder walks those older segments whose size is not what the next one
// remembers, and the sealed ones whose beginning is not whole.
func (j *Journal) checkOlder(all []beginning, r *Recovery) error {
	found := func(d Damage) { r.Damaged = append(r.Damaged, d) }
	for i := range j.segs {
		last := i+1 == len(j.segs)
		if all[i].sealed() {
			if all[i].whole && (last || j.segs[i+1].seq == all[i].sum.end.Seq) {
				continue
			}
			if err := j.cursor().verifySealed(i, found); err != nil {
				return err
			}
		} else if last || j.segs[i+1].number == j.segs[i].number+1 &&
			(all[i+1].previous == 0 || all[i+1].previous == j.segs[i].size) {
			continue
		}
		if err := j.damageIn(i, i+1, found); err != nil {
			return err
		}
	}
	return nil
}

// verifySealed reports what of a sealed segment is damaged besides its frames.
func (c *cursor) verifySealed(i int, found func(Damage)) error {
	seg := c.segs[i]
	f, err := os.Open(c.j.path(seg.number))
	if err != nil {
		return err
	}
	defer f.Close()
	h, err := headerOf(f)
	if err != nil {
		return err
	}
	g, err := c.j.guardOf(&h)
	if err != nil {
		return err
	}
	s, err := openSealed(f, h, g)
	if err != nil {
		return err
	}
	return s.verify(func(b stretch) {
		found(Damage{Segment: int(seg.number), From: b.from, To: b.to, FirstSeq: h.seq,
			OffsetFrom: h.offset, OffsetTo: h.offset, Reason: Damaged})
	})
}

// complete fills in what a damaged header could not say from its neighbours.
func (j *Journal) complete(d *Damage) {
	if d.Reason != Absent || d.FirstSeq != 0 {
		return
	}
	for i := range j.segs {
		if int(j.segs[i].number) > d.Segment {
			d.OffsetTo = j.segs[i].offset
			return
		}
	}
}

func (h *hole) damage(segment uint32) Damage {
	d := Damage{
		Segment: int(segment), From: h.from, To: h.to, FirstSeq: h.seq, Frames: int64(h.frames),
		OffsetFrom: h.offset, OffsetTo: h.until, Reason: Damaged,
	}
	if h.toEnd {
		d.Frames, d.OffsetTo = -1, -1
	}
	return d
}

// Verify reads every frame of the journal, and of sealed segments all else too,
// and returns all damage. A damage without frames costs nothing but time.
func (j *Journal) Verify() ([]Damage, error) {
	var all []Damage
	for _, err := range j.Frames(0) {
		var d *Damage
		if !errors.As(err, &d) && err != nil {
			return all, err
		}
		if d != nil && d.Reason != Dropped {
			all = append(all, *d)
		}
	}
	c := j.cursor()
	for i, seg := range c.segs {
		if !seg.sealed {
			continue
		}
		err := c.verifySealed(i, func(d Damage) {
			same := func(o Damage) bool { return o.Segment == d.Segment && o.From <= d.From && o.To >= d.To }
			if !slices.ContainsFunc(all, same) { // its frames were not missed already
				all = append(all, d)
			}
		})
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// damageIn walks the frames of segs[from:to] and what lies between them and the next.
func (j *Journal) damageIn(from, to int, found func(Damage)) error {
	c := j.cursor()
	defer c.close()
	if to < len(c.segs) {
		c.end = Position{Seq: c.segs[to].seq, Offset: c.segs[to].offset}
	}
	c.segs = c.segs[:to]
	if err := c.enter(from, nil); err != nil {
		return err
	}
	for {
		_, d, err := c.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if d != nil {
			found(*d)
		}
	}
}
