package vt

import "unicode/utf8"

// maxCluster bounds the bytes of one cell: enough for the longest emoji sequence
// in use (35), far below what stacked marks could fill.
const maxCluster = 64

// clusterTable holds the cells that are more than one code point. Like styles,
// ids are found dead by marking the screen.
type clusterTable struct {
	list  []string
	ids   map[string]uint32
	free  []uint32
	limit int
	// next remembers what marks made of cells, by hash. In an entry, from the top: 22
	// bits of the cell, 21 of the mark, and of the cluster's id. No mark is 0.
	next [64]uint64
}

func (c *clusterTable) at(id uint32) string { return c.list[id] }

// joined is the cluster that a mark makes of a cell, unless it gets too long.
func (t *Terminal) joined(old cell, mark rune) (id uint32, ok bool) {
	key := uint64(old&(clusterBit|contentMask))<<21 | uint64(mark)
	slot := key * 0x9e3779b97f4a7c15 >> 58
	if c := t.clusters; c != nil && c.next[slot]>>21 == key {
		return uint32(cell(c.next[slot]) & contentMask), true
	}
	var buf [maxCluster + utf8.UTFMax]byte
	b := utf8.AppendRune(t.appendCell(buf[:0], old), mark)
	if len(b) > maxCluster {
		return 0, false
	}
	id = t.clusterID(b)
	t.clusters.next[slot] = key<<21 | uint64(id)
	return id, true
}

func (t *Terminal) clusterID(b []byte) uint32 {
	c := t.clusters
	if c == nil {
		c = &clusterTable{ids: map[string]uint32{}, limit: 256}
		t.clusters = c
	}
	if id, ok := c.ids[string(b)]; ok {
		return id
	}
	if len(c.free) == 0 && len(c.list) >= c.limit && t.hold == 0 {
		t.collectClusters()
	}
	s := string(b)
	var id uint32
	if n := len(c.free); n > 0 {
		id = c.free[n-1]
		c.free = c.free[:n-1]
		c.list[id] = s
	} else {
		id = uint32(len(c.list))
		c.list = append(c.list, s)
	}
	c.ids[s] = id
	return id
}

// collectClusters frees the clusters that no cell shows; see collectStyles.
func (t *Terminal) collectClusters() {
	c := t.clusters
	live := make([]bool, len(c.list))
	cells, alive := 0, 0
	t.eachRow(func(r *row) {
		cells += len(r.cells)
		for _, x := range r.cells[:r.used] {
			if x.isCluster() && !live[x.content()] {
				live[x.content()] = true
				alive++
			}
		}
	})
	c.next = [64]uint64{}
	c.free = c.free[:0]
	c.ids = make(map[string]uint32, alive)
	for id, ok := range live {
		if ok {
			c.ids[c.list[id]] = uint32(id)
			continue
		}
		c.list[id] = ""
		c.free = append(c.free, uint32(id))
	}
	c.limit = max(256, 2*alive, cells/16)
}
