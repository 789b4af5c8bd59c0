package keeper

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// Config is what a keeper runs with.
type Config struct {
	Program               string
	Args, Env             []string
	Attached, AttachedPID int
	Log                   io.Writer
}

// ErrGone is what everything answers here.
var ErrGone = errors.New("there is no keeper on Windows: sessions end with the daemon")

// Run cannot: a ConPTY lives and dies with its process.
func Run(Config) (int, error) { return 1, ErrGone }

// Client is never made here.
type Client struct{}

// Item is one thing that a keeper held for the last daemon.
type Item struct {
	Key  string
	PID  int
	Note []byte
	File *os.File
}

// FromEnv finds no keeper here.
func FromEnv() (*Client, error) { return nil, nil }

// Spawn cannot start one here.
func Spawn(string, []string, []string) (*Client, error) { return nil, ErrGone }

// The methods of a Client that cannot be.
func (*Client) Welcome() Welcome                               { return Welcome{} }
func (*Client) Gone() <-chan struct{}                          { return nil }
func (*Client) Items() ([]Item, error)                         { return nil, ErrGone }
func (*Client) Put(string, int, []byte, syscall.RawConn) error { return ErrGone }
func (*Client) Drop(string) error                              { return ErrGone }
func (*Client) ExitOf(int) (code, signal int, known bool)      { return -1, 0, false }
func (*Client) Syscall(int, int) ([]byte, error)               { return nil, ErrGone }
func (*Client) Memory(int, uint64, int) ([]byte, error)        { return nil, ErrGone }
func (*Client) Ready() error                                   { return ErrGone }
func (*Client) Replace(string) error                           { return ErrGone }
func (*Client) Bye() error                                     { return ErrGone }
func (*Client) Close()                                         {}
