//go:build !linux

package cgroup

import (
	"os"
	"time"
)

// Make makes none.
func Make(string) (*os.File, string) { return nil, "" }

// Find finds none.
func Find(int, string) string { return "" }

// Kill ends nobody.
func Kill(string) {}

// Members finds none.
func Members(string) []int { return nil }

// Remove removes none.
func Remove(string) bool { return false }

// Leave moves nobody.
func Leave() {}

// Sweep removes none.
func Sweep(time.Time) {}
