package persistence

import (
	"errors"
	"fmt"
)

var (
	// ErrFull is wrapped by the error of an Append that found no space. The
	// journal is as it was before the frame; End says how far it got.
	ErrFull = errors.New("no space left for the journal")

	// ErrExists is wrapped when Create finds a journal already there.
	ErrExists = errors.New("a journal is there already")

	// ErrNoJournal is wrapped when Open finds no segment.
	ErrNoJournal = errors.New("no journal here")

	// ErrTooLong is wrapped when a payload that must not be split is longer
	// than MaxPayload.
	ErrTooLong = errors.New("payload too long for a frame")

	// ErrClosed is wrapped by calls on a closed journal or store.
	ErrClosed = errors.New("closed")
)

// Reason says why output is missing.
type Reason uint8

const (
	Lost    Reason = iota + 1 // a gap frame: it never reached the journal
	Damaged                   // its frames are not valid any more
	Absent                    // its segment is gone, or its header unreadable
	Dropped                   // it was evicted to save space: see Evicted
)

// String is one word for messages.
func (r Reason) String() string {
	switch r {
	case Lost:
		return "lost"
	case Damaged:
		return "damaged"
	case Dropped:
		return "evicted"
	}
	return "absent"
}

// GapError answers a read of output that is not there. The bytes before From
// were delivered; reading goes on at To.
type GapError struct {
	From, To int64
	Reason   Reason
}

func (e *GapError) Error() string {
	return fmt.Sprintf("output %d to %d is missing: %s", e.From, e.To, e.Reason)
}

// Damage is one place of a journal without valid frames. It is an error so that
// Frames can hand it out in order.
type Damage struct {
	Segment    int   // number of the segment's file
	From, To   int64 // byte range in that file; empty if frames are missing between files
	FirstSeq   uint64
	Frames     int64 // how many frames are missing from FirstSeq on; -1 = unknown
	OffsetFrom int64
	OffsetTo   int64 // the output offsets that were in it; -1 = unknown
	Reason     Reason
}

func (d *Damage) Error() string {
	return fmt.Sprintf("segment %d bytes %d to %d %s: %d frames from %d, output %d to %d",
		d.Segment, d.From, d.To, d.Reason, d.Frames, d.FirstSeq, d.OffsetFrom, d.OffsetTo)
}

// Recovery is what Open found and did.
type Recovery struct {
	// Cut is the torn tail that was removed from the last segment, or nil. Its
	// Frames and OffsetTo are unknown: a torn frame does not say.
	Cut *Damage

	// Removed holds the numbers of last segments too short for a header.
	Removed []int

	// Damaged is what could not be read and was left in place.
	Damaged []Damage
}

// Clean says that nothing was wrong.
func (r Recovery) Clean() bool { return r.Cut == nil && len(r.Removed) == 0 && len(r.Damaged) == 0 }
