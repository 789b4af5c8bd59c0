package api

// AttachRequest connects a terminal to a session.
type AttachRequest struct {
	Session  string `json:"session" in:"path" arg:"1" doc:"session to attach to"`
	ReadOnly bool   `json:"read_only,omitempty" in:"query" flag:"read-only,r" doc:"watch only; never resizes"`
	Cols     int    `json:"cols,omitempty" in:"query" doc:"the client's width; 0 when it has none"`
	Rows     int    `json:"rows,omitempty" in:"query" doc:"the client's height"`
	XPixel   int    `json:"xpixel,omitempty" in:"query" doc:"the client's width in pixels, 0 unknown"`
	YPixel   int    `json:"ypixel,omitempty" in:"query" doc:"the client's height in pixels"`
}

// FrameKind says what an attach frame carries. A reader skips kinds it does not know.
type FrameKind uint8

// The kinds of frames.
const (
	FrameOutput  FrameKind = 1 // daemon: bytes for the terminal, as the program wrote them
	FrameRepaint FrameKind = 2 // daemon: bytes that clear the terminal and restore the session's state on it
	FrameInput   FrameKind = 3 // client: bytes typed
	FrameResize  FrameKind = 4 // both: cols, rows, xpixel, ypixel as four little-endian uint16
	FrameCredit  FrameKind = 5 // client: how many more output bytes it takes, little-endian uint32
	FrameEnd     FrameKind = 6 // daemon: why it ends, one word and a text: "detached", "exited 0", "killed"
	FrameDetach  FrameKind = 7 // client: it leaves
	FrameDraw    FrameKind = 8 // daemon: the part of the screen that fits a terminal of another size; drawn over the last one, credit due at once
)

// Frame is one message of an attached terminal.
type Frame struct {
	Kind FrameKind
	Data []byte
}

// AttachCredit is how many output bytes a client lets the daemon send before the
// first credit frame. Two screens of dense escape sequences fit.
const AttachCredit = 256 << 10
