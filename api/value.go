package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Size is a terminal's size in character cells, COLSxROWS on a command line.
type Size struct {
	Cols int `json:"cols"`
	Rows int `json:"rows"`
}

// MaxSize bounds both sides of a Size: a grid is memory, and a size may come from anyone.
const MaxSize = 1000

// Set parses 120x40.
func (s *Size) Set(text string) error {
	cols, rows, ok := strings.Cut(text, "x")
	c, err1 := strconv.Atoi(cols)
	r, err2 := strconv.Atoi(rows)
	if !ok || err1 != nil || err2 != nil {
		return Errorf(Invalid, "size %q is not COLSxROWS", text).WithHint("for example 120x40")
	}
	n := Size{Cols: c, Rows: r}
	if err := n.Check(); err != nil {
		return err
	}
	*s = n
	return nil
}

// Check refuses a size no terminal has.
func (s Size) Check() error {
	if s.Cols < 1 || s.Rows < 1 || s.Cols > MaxSize || s.Rows > MaxSize {
		return Errorf(Invalid, "size %s is outside 1x1 to %dx%d", s, MaxSize, MaxSize)
	}
	return nil
}

func (s Size) String() string { return fmt.Sprintf("%dx%d", s.Cols, s.Rows) }

// Type names the value in command-line help.
func (s *Size) Type() string { return "COLSxROWS" }

// Millis is a duration in whole milliseconds: an integer in JSON, 30s or 500ms or
// a bare number of seconds on a command line. Zero means no limit was given.
type Millis int64

// Set parses a duration.
func (m *Millis) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		seconds, numErr := strconv.ParseFloat(text, 64)
		if numErr != nil {
			return Errorf(Invalid, "%q is not a duration", text).WithHint("for example 500ms, 30s, 5m")
		}
		d = time.Duration(seconds * float64(time.Second))
	}
	if d < 0 {
		return Errorf(Invalid, "duration %s is negative", text)
	}
	*m = Millis(d.Milliseconds())
	return nil
}

// Duration returns m as a time.Duration.
func (m Millis) Duration() time.Duration { return time.Duration(m) * time.Millisecond }

func (m Millis) String() string {
	if m == 0 {
		return "0"
	}
	return m.Duration().String()
}

// Type names the value in command-line help.
func (m *Millis) Type() string { return "duration" }

// MillisOf rounds d down to whole milliseconds.
func MillisOf(d time.Duration) Millis { return Millis(d.Milliseconds()) }

// KV is a set of NAME=VALUE words.
type KV map[string]string

// Set adds one NAME=VALUE.
func (kv *KV) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return Errorf(Invalid, "%q is not NAME=VALUE", text)
	}
	if *kv == nil {
		*kv = KV{}
	}
	(*kv)[name] = value
	return nil
}

func (kv KV) String() string {
	words := make([]string, 0, len(kv))
	for name, value := range kv {
		words = append(words, name+"="+value)
	}
	return strings.Join(words, ",")
}

// Type names the value in command-line help.
func (kv *KV) Type() string { return "NAME=VALUE" }

// Exit is a command's exit status; nil is unknown, and is null in JSON. An unknown
// status is never shown as a number.
type Exit struct {
	code  int
	known bool
}

// ExitCode is a known status.
func ExitCode(code int) Exit { return Exit{code: code, known: true} }

// Code returns the status and whether it is known.
func (e Exit) Code() (code int, known bool) { return e.code, e.known }

func (e Exit) String() string {
	if !e.known {
		return "?"
	}
	return strconv.Itoa(e.code)
}

// MarshalJSON writes the number or null.
func (e Exit) MarshalJSON() ([]byte, error) {
	if !e.known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(e.code), 10), nil
}

// UnmarshalJSON reads a number or null.
func (e *Exit) UnmarshalJSON(b []byte) error {
	var code *int
	if err := json.Unmarshal(b, &code); err != nil {
		return err
	}
	*e = Exit{}
	if code != nil {
		*e = ExitCode(*code)
	}
	return nil
}
