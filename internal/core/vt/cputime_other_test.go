//go:build !unix

package vt

import "time"

// cpuTime is unknown here.
func cpuTime() time.Duration { return 0 }
