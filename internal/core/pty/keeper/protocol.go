package keeper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Version is the protocol's. It has been 1 since the first release.
const Version = 1

// EnvSocket names the environment variable that tells a daemon the number of the
// descriptor its keeper is reached by.
const EnvSocket = "AI_SESSION_KEEPER_FD"

// StartLimit is how long a new binary may take to be ready before the old one is
// started again.
const StartLimit = 5 * time.Second

// kind says what a message is. Those from 128 on are the keeper's.
type kind uint8

const (
	kindHello   kind = 1
	kindPut     kind = 2
	kindDrop    kind = 3
	kindList    kind = 4
	kindExit    kind = 5
	kindLook    kind = 6
	kindReady   kind = 7
	kindReplace kind = 8
	kindBye     kind = 9

	kindWelcome kind = 128
	kindItem    kind = 129
	kindEnd     kind = 130
	kindAnswer  kind = 131
)

// headerSize is u32 length of the body, u8 kind, three zero bytes.
const headerSize = 8

// maxBody bounds a message; maxKey and maxNote what is in it.
const (
	maxBody = 8 << 10
	maxKey  = 200
	maxNote = 1 << 10
	maxLook = 4 << 10
)

var errProtocol = errors.New("not the keeper's protocol")

// message is one frame. Only put and item carry a descriptor, exactly one.
type message struct {
	kind kind
	body []byte
}

func appendMessage(dst []byte, k kind, body ...[]byte) []byte {
	n := 0
	for _, b := range body {
		n += len(b)
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
	dst = append(dst, byte(k), 0, 0, 0)
	for _, b := range body {
		dst = append(dst, b...)
	}
	return dst
}

// splitMessage takes the first whole message off b; ok is false if there is none yet.
func splitMessage(b []byte) (m message, rest []byte, ok bool, err error) {
	if len(b) < headerSize {
		return m, b, false, nil
	}
	n := binary.LittleEndian.Uint32(b)
	if n > maxBody {
		return m, b, false, fmt.Errorf("message of %d bytes: %w", n, errProtocol)
	}
	if len(b) < headerSize+int(n) {
		return m, b, false, nil
	}
	m = message{kind: kind(b[4]), body: b[headerSize : headerSize+int(n)]}
	return m, b[headerSize+int(n):], true, nil
}

// carries says whether a descriptor comes with a message of this kind.
func (k kind) carries() bool { return k == kindPut || k == kindItem }

// entry is the body of put and item: u32 pid, u8 length of the key, key, note.
type entry struct {
	pid  int
	key  string
	note []byte
}

func (e entry) bytes() []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(e.pid))
	b = append(b, byte(len(e.key)))
	return append(append(b, e.key...), e.note...)
}

func parseEntry(b []byte) (entry, error) {
	if len(b) < 5 || len(b) < 5+int(b[4]) || b[4] == 0 || b[4] > maxKey || len(b)-5-int(b[4]) > maxNote {
		return entry{}, fmt.Errorf("entry of %d bytes: %w", len(b), errProtocol)
	}
	n := 5 + int(b[4])
	return entry{
		pid: int(int32(binary.LittleEndian.Uint32(b))), key: string(b[5:n]), note: append([]byte(nil), b[n:]...),
	}, nil
}

// Welcome is what a keeper says of itself.
type Welcome struct {
	PID    int
	Starts int    // how many daemons it has started
	Note   string // what came of the last upgrade, when it was taken back; else empty
}

func (w Welcome) bytes() []byte {
	b := binary.LittleEndian.AppendUint32(nil, Version)
	b = binary.LittleEndian.AppendUint32(b, uint32(w.PID))
	b = binary.LittleEndian.AppendUint32(b, uint32(w.Starts))
	return append(b, w.Note[:min(len(w.Note), maxNote)]...)
}

func parseWelcome(b []byte) (Welcome, error) {
	if len(b) < 12 {
		return Welcome{}, errProtocol
	}
	if v := binary.LittleEndian.Uint32(b); v != Version {
		return Welcome{}, fmt.Errorf("keeper speaks version %d: %w", v, errProtocol)
	}
	return Welcome{
		PID: int(binary.LittleEndian.Uint32(b[4:])), Starts: int(binary.LittleEndian.Uint32(b[8:])), Note: string(b[12:]),
	}, nil
}

// look asks for what the system shows of a process only to its ancestors.
type look struct {
	what   byte // lookSyscall or lookMemory
	pid    int
	thread int
	addr   uint64
	size   int
}

const (
	lookSyscall byte = 1 // /proc/PID/task/THREAD/syscall
	lookMemory  byte = 2 // size bytes of memory at addr
)

func (l look) bytes() []byte {
	b := append([]byte{l.what}, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(l.pid))
	b = binary.LittleEndian.AppendUint32(b, uint32(l.thread))
	b = binary.LittleEndian.AppendUint32(b, uint32(l.size))
	return binary.LittleEndian.AppendUint64(b, l.addr)
}

func parseLook(b []byte) (look, error) {
	if len(b) != 24 {
		return look{}, errProtocol
	}
	l := look{
		what: b[0], pid: int(int32(binary.LittleEndian.Uint32(b[4:]))), thread: int(int32(binary.LittleEndian.Uint32(b[8:]))),
		size: int(binary.LittleEndian.Uint32(b[12:])), addr: binary.LittleEndian.Uint64(b[16:]),
	}
	if l.size > maxLook {
		return look{}, errProtocol
	}
	return l, nil
}

// answer is u32 error number of the system (0 = none), then what was asked for.
func answerBytes(errno uint32, data []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, errno), data...)
}

// An exit's answer is u32 0 and the wait status, or an error when it is not known.
func parseStatus(b []byte) (status uint32, known bool) {
	if len(b) < 8 || binary.LittleEndian.Uint32(b) != 0 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b[4:]), true
}
