//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks is USER_HZ, the unit of times in /proc, which Linux has fixed at 100.
const ticks = 100

// cpuSeconds is the processor time of a process so far: user and system.
func cpuSeconds(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name is in parentheses and may hold anything; the fields behind it are
	// numbers from the third on (proc_pid_stat(5)): utime is the 14th, stime the 15th.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: %q", pid, text)
	}
	user, err := strconv.ParseFloat(fields[11], 64)
	system, err2 := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticks, errors.Join(err, err2)
}

// pss is a process's proportional share of memory in bytes.
func pss(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "Pss:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 64)
			return kib * 1024, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/smaps_rollup has no Pss", pid)
}

// collection is how long a quiet daemon may take to give back what it no longer needs:
// it does so when nothing has happened for ten to twenty seconds.
const collection = 25 * time.Second

// settle waits until the processes' memory has stopped changing, in a full run after
// the longest time to a collection.
func (l *lab) settle(pids ...int) error {
	if !l.quick {
		if err := pause(l.ctx, collection); err != nil {
			return err
		}
	}
	last, calm := 0.0, 0
	for range 40 {
		sum := 0.0
		for _, pid := range pids {
			bytes, err := pss(pid)
			if err != nil {
				return err
			}
			sum += bytes
		}
		calm++
		if math.Abs(sum-last) > sum/100 {
			calm = 0
		}
		if last = sum; calm == 4 {
			return nil
		}
		if err := pause(l.ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("memory did not settle within 20 s")
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
