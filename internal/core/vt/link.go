package vt

import "bytes"

// maxLinks bounds the bytes of all hyperlinks a screen can hold; beyond it text
// is not linked.
const maxLinks = 256 << 10

// link is an OSC 8 hyperlink. Equal links share a number.
type link struct{ id, uri string }

// linkTable numbers the links that styles use, from 1.
type linkTable struct {
	list []link
	ids  map[link]uint32
	size int
	wait int // links to refuse before collecting again
}

// hyperlink is OSC 8: "params;URI"; an empty URI ends the link.
func (t *Terminal) hyperlink(s []byte) {
	params, uri, ok := bytes.Cut(s, []byte(";"))
	if !ok {
		return
	}
	t.penOK = false
	t.cur.pen.link = 0
	if len(uri) == 0 || len(uri) > maxURI {
		return
	}
	l := link{uri: clean(uri, maxURI)}
	for p := range bytes.SplitSeq(params, []byte(":")) {
		if id, ok := bytes.CutPrefix(p, []byte("id=")); ok {
			l.id = clean(id, 256)
		}
	}
	if l.uri != "" { // there was more in it than controls
		t.cur.pen.link = t.linkID(l)
	}
}

func (t *Terminal) linkID(l link) uint32 {
	k := t.links
	if k == nil {
		k = &linkTable{ids: map[link]uint32{}}
		t.links = k
	}
	if id, ok := k.ids[l]; ok {
		return id
	}
	cost := l.cost()
	if k.size+cost > maxLinks && !t.makeLinkRoom(cost) {
		return 0
	}
	k.size += cost
	k.list = append(k.list, l)
	k.ids[l] = uint32(len(k.list))
	return uint32(len(k.list))
}

// makeLinkRoom collects. When the screen itself holds too many links, the next
// ones are refused without another look, so that the work stays linear.
func (t *Terminal) makeLinkRoom(cost int) bool {
	k := t.links
	if t.hold > 0 || k.wait > 0 {
		k.wait = max(k.wait-1, 0)
		return false
	}
	t.collectLinks()
	k.wait = 1024
	if k.size+cost > maxLinks*3/4 {
		return false
	}
	k.wait = 0
	return true
}

// collectLinks forgets the links of styles that no cell has.
func (t *Terminal) collectLinks() {
	k := t.links
	if t.styles == nil {
		*k = linkTable{ids: map[link]uint32{}}
		return
	}
	live := t.collectStyles()
	for _, id := range t.styles.free {
		t.styles.list[id] = Style{}
	}
	old := k.list
	*k = linkTable{ids: map[link]uint32{}}
	move := func(s *Style) {
		if s.link == 0 {
			return
		}
		l := old[s.link-1]
		if _, ok := k.ids[l]; !ok {
			k.size += l.cost()
			k.list = append(k.list, l)
			k.ids[l] = uint32(len(k.list))
		}
		s.link = k.ids[l]
	}
	for id := range t.styles.list {
		move(&t.styles.list[id])
	}
	move(&t.cur.pen)
	for _, s := range []*screen{&t.main, t.alt} {
		if s != nil && s.saved != nil {
			move(&s.saved.pen)
		}
	}
	if t.ansi != nil {
		move(&t.ansi.cursor.pen)
	}
	if t.rare != nil {
		for i := range t.rare.pens {
			move(&t.rare.pens[i])
		}
	}
	t.styles.reindex(live)
	t.penOK = false
}

// Link returns the target of the style's hyperlink, if it has one.
func (t *Terminal) Link(s Style) string {
	if s.link == 0 {
		return ""
	}
	return t.links.list[s.link-1].uri
}
