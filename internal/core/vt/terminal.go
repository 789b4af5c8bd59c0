package vt

import "math"

// Limits of a screen's size, and its size when none is given.
const (
	MaxSize     = 4096
	defaultCols = 80
	defaultRows = 24
)

// defaultScrollback holds some 12,000 lines of 80 columns.
const defaultScrollback = 1 << 20

// Config says what terminal to make. The zero Config is 80x24 with 1 MiB of
// scrollback.
type Config struct {
	Cols, Rows int // clamped to 1..MaxSize; 0 is 80x24
	// Scrollback caps the packed history in bytes. 0 is 1 MiB, negative none.
	Scrollback int
	// AllowReports answers requests that echo what a program wrote (DECRQCRA, the
	// titles), with which printed text could type into a shell, and claims all that
	// there is in DA1.
	AllowReports bool
	// AllowResize lets the program change the size, by DECCOLM under mode 40,
	// DECSLPP, DECSCPP, DECSNLS and XTWINOPS: the owner must look at Size after
	// every Write.
	AllowResize bool
}

// screen is one of the two sets of rows.
type screen struct {
	rows  []*row
	buf   []*row       // what rows slides over, once it has scrolled
	saved *savedCursor // DECSC; nil is the state after a reset
}

// cursor is what DECSC saves (DEC STD 070, DECSC): place, rendition, character
// sets, origin mode and the pending wrap.
type cursor struct {
	row, col int32
	wrap     bool // the last column was printed; the next character wraps first
	origin   bool // DECOM
	gl, gr   uint8
	gset     [4]charset
	pen      Style
}

type savedCursor = cursor

// Terminal is the state of one terminal. Make it with New or Restore.
type Terminal struct {
	cols, rows int
	scr        *screen // &main or alt
	main       screen
	alt        *screen // nil until first entered

	cur                      cursor
	top, bottom, left, right int32  // margins, inclusive
	xpx, ypx                 uint16 // of the text area, as winsize has them; 0 is unknown
	penInk                   ink
	penOK                    bool  // penInk is that of cur.pen
	hold                     uint8 // ids of styles and clusters are in use that no cell has
	doubled                  bool  // a line may be of double width
	plain                    bool  // printable ASCII goes to cells as it is
	shift                    uint8 // charset for the next character only (SS2, SS3), 0 if none
	look                     uint8 // cursor shape, DECSCUSR
	reports                  bool  // Config.AllowReports
	resizes                  bool  // Config.AllowResize
	blankBg                  Color
	last                     rune // printed right before, for REP; else 0
	blankCell                cell // in colour blankBg
	modes, savedModes        modes
	seq                      uint64
	allSeq                   uint64 // every row counts as changed at this seq

	p        parser
	styles   *styleTable
	clusters *clusterTable
	links    *linkTable
	hist     *history
	tabs     []uint64 // one bit a column; nil is a stop every 8
	scratch  []byte   // for packing a line
	replies  []byte
	rare     *rare      // what most sessions never use
	ansi     *ansiState // in VT52 mode, else nil

	title, cwd string
	bells      uint64
}

// New makes a terminal, its screen empty.
func New(c Config) *Terminal {
	cols, rows := clampSize(c.Cols, defaultCols), clampSize(c.Rows, defaultRows)
	t := &Terminal{cols: cols, rows: rows, reports: c.AllowReports, resizes: c.AllowResize}
	t.scr = &t.main
	t.main.rows = make([]*row, rows)
	switch {
	case c.Scrollback == 0:
		t.hist = newHistory(defaultScrollback)
	case c.Scrollback > 0:
		t.hist = newHistory(c.Scrollback)
	}
	t.modes = initialModes
	t.resetMargins()
	t.updatePlain()
	return t
}

func clampSize(n, zero int) int {
	if n == 0 {
		n = zero
	}
	return min(max(n, 1), MaxSize)
}

// Size is the number of columns and rows.
func (t *Terminal) Size() (cols, rows int) { return t.cols, t.rows }

// Cursor is the cursor's place, from 0. A pending wrap shows in State.
func (t *Terminal) Cursor() (row, col int) { return int(t.cur.row), int(t.cur.col) }

// SetPixels tells the size of the text area in pixels, which window reports and
// images are measured with. 0 is unknown.
func (t *Terminal) SetPixels(xpx, ypx int) {
	t.xpx, t.ypx = uint16(min(max(xpx, 0), math.MaxUint16)), uint16(min(max(ypx, 0), math.MaxUint16))
}

// Seq grows with every Write or Resize that may have changed the screen.
func (t *Terminal) Seq() uint64 { return t.seq }

// RowsSince appends to dst the rows that may have changed after seq.
func (t *Terminal) RowsSince(seq uint64, dst []int) []int {
	for i, r := range t.scr.rows {
		if t.allSeq > seq || r != nil && r.seq > seq {
			dst = append(dst, i)
		}
	}
	return dst
}

// State is what a reader may want to know besides the screen.
type State struct {
	Title, Cwd     string
	Bells          uint64 // BELs since the beginning
	AltScreen      bool
	BracketedPaste bool
	CursorVisible  bool
	CursorShape    int // DECSCUSR's number: 0 default, 1-2 block, 3-4 underline, 5-6 bar
	AppCursorKeys  bool
	AppKeypad      bool
	MouseMode      int // 0, 9, 1000, 1002 or 1003
	MouseEncoding  int // 0, 1005, 1006, 1015 or 1016
	FocusEvents    bool
	// SyncOutput is set while a program holds back drawing (mode 2026). Nothing
	// ends it but the program or EndSync: the owner has the clock.
	SyncOutput    bool
	ColorScheme   bool // mode 2031: wants to hear of dark and light
	KittyKeyboard int  // flags in force
	ReverseScreen bool // DECSCNM
	VT52          bool // DECANM is reset
	Ground        bool // the parser is not inside a sequence or a character
	PendingWrap   bool
	Progress      Progress
}

// Progress is what OSC 9;4 says.
type Progress struct {
	State   int // 0 none, 1 normal, 2 error, 3 indeterminate, 4 paused
	Percent int
}

// State returns the state beside the screen.
func (t *Terminal) State() State {
	s := State{
		Title: t.title, Cwd: t.cwd, Bells: t.bells,
		AltScreen:      t.scr != &t.main,
		BracketedPaste: t.modes.has(mBracketedPaste),
		CursorVisible:  t.modes.has(mCursorVisible),
		CursorShape:    int(t.look),
		AppCursorKeys:  t.modes.has(mAppCursor),
		AppKeypad:      t.modes.has(mAppKeypad),
		MouseMode:      t.mouseMode(),
		MouseEncoding:  t.mouseEncoding(),
		FocusEvents:    t.modes.has(mFocus),
		SyncOutput:     t.modes.has(mSync),
		ColorScheme:    t.modes.has(mColorScheme),
		KittyKeyboard:  int(t.kittyFlags()),
		ReverseScreen:  t.modes.has(mReverseScreen),
		VT52:           t.ansi != nil,
		Ground:         t.p.state == ground && t.p.nutf == 0,
		PendingWrap:    t.cur.wrap,
	}
	if t.rare != nil {
		s.Progress = t.rare.progress
	}
	return s
}

// EndSync ends synchronized output that a program began and did not end.
func (t *Terminal) EndSync() { t.modes.set(mSync, false) }

// maxReplies bounds what a program that asks and never reads can make us keep.
const maxReplies = 64 << 10

// Replies returns the answers to queries since the last call, in order. An
// answer that would not fit in 64 KiB was dropped, whole.
func (t *Terminal) Replies() []byte {
	b := t.replies
	t.replies = nil
	return b
}

func (t *Terminal) reply(s string) {
	if len(t.replies)+len(s) <= maxReplies {
		t.replies = append(t.replies, s...)
	}
}

// maxStack bounds the stacks of XTWINOPS 22 and XTPUSHSGR, as xterm does.
const maxStack = 10

// rare holds what few programs use, so that a Terminal stays small.
type rare struct {
	progress Progress
	titles   []savedTitle // XTWINOPS 22
	pens     []Style      // XTPUSHSGR
	penMasks []penMask    // of each of them
	palette  map[uint16]uint32
	colors   colorStack
	events   []Event
	kitty    [2]kittyStack
	modKeys  uint8 // modifyOtherKeys
	rectMode uint8 // DECSACE 2: rectangle
	iconName string
	scheme   uint8 // 0 dark, 1 light
	pointer  string
	clip     string // OSC 52, where reports are allowed
	guards   bool   // ED, EL and ECH spare what is protected
	uncommon bool   // see NeedsDrawing; not a part of the state
	level    uint8  // DECSCL, 0 is the default
	window   window
	image    kittyPlacement
}

func (t *Terminal) more() *rare {
	if t.rare == nil {
		t.rare = &rare{}
	}
	return t.rare
}

// reset is RIS (DEC STD 070): everything but the size, unless it is 132 columns by
// DECCOLM.
func (t *Terminal) reset() {
	if t.modes.has(mWide) && t.modes.has(mAllowWide) {
		t.askSize(80, 0)
	}
	t.leaveAlt()
	t.alt = nil
	for _, r := range t.main.rows {
		if r != nil {
			r.wipe(0)
		}
	}
	t.main.saved = nil
	t.cur = cursor{}
	t.modes, t.savedModes = initialModes, 0
	t.penOK, t.penInk, t.blankCell, t.blankBg = false, 0, 0, 0
	t.doubled = false
	t.shift, t.last, t.look = 0, 0, 0
	t.tabs, t.ansi = nil, nil
	t.title = ""
	if t.rare != nil {
		t.rare = &rare{events: t.rare.events, scheme: t.rare.scheme}
	}
	if t.hist != nil && !t.hist.keep {
		t.hist.clear()
	}
	t.resetMargins()
	t.updatePlain()
	t.changedAll()
}

func (t *Terminal) changedAll() { t.allSeq = t.seq }
