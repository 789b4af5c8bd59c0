//go:build unix

package keeper

import (
	"errors"
	"os"
	"testing"
)

// Whoever puts a terminal may have been overtaken by its session's end.
func TestPutTellsThatTheDescriptorWasClosed(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := new(Client).Put("key", 0, nil, conn); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}
