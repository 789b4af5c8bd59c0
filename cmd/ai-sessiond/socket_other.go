//go:build !linux

package main

import (
	"errors"
	"os"
)

// errNoWatch: a name that is removed here stays away until the daemon is started again.
var errNoWatch = errors.New("names are not watched on this system")

func watchRemovals(string) (*os.File, error) { return nil, errNoWatch }

func awaitRemoval(*os.File) error { return errNoWatch }
