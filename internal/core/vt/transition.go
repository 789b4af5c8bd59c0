package vt

// transitions remember which style a short SGR made of which other one, so that what
// programs do again and again is not worked out again. An entry, see shortSGR:
//
//	63           48 47     40 39     32 31     0
//	+--------------+---------+---------+--------+
//	| id before    | 1st     | 2nd     | id     |    a 2nd of noParam is none
//	+--------------+---------+---------+--------+
//
// The zero entry is true: SGR 0;0 makes style 0 of itself. All is forgotten when
// ids are given anew.
type transitions struct {
	entry  []uint64 // by hash; the last one put there stays
	shift  uint8    // of the hash
	missed uint16
}

// Programs use few transitions: a prompt some, a log a dozen, a screen in all pairs
// of eight colours 64. The table begins small, since most sessions are idle.
const (
	fewTransitions  = 4 // bits of a hash
	manyTransitions = 8
)

func (n *transitions) find(key uint32) (id uint32, ok bool) {
	if len(n.entry) == 0 {
		return 0, false
	}
	e := n.entry[key*0x9e3779b1>>(n.shift&31)]
	return uint32(e), uint32(e>>32) == key
}

func (n *transitions) add(key, id uint32) {
	if n.missed++; n.missed == 1 {
		n.resize(fewTransitions)
	} else if n.missed == 4<<fewTransitions {
		n.resize(manyTransitions)
	}
	if n.missed > 4<<fewTransitions {
		n.missed--
	}
	n.entry[key*0x9e3779b1>>(n.shift&31)] = uint64(key)<<32 | uint64(id)
}

func (n *transitions) resize(bits int) {
	n.entry, n.shift = make([]uint64, 1<<bits), uint8(32-bits)
}

func (n *transitions) forget() { clear(n.entry) }
