//go:build !race

package aisession_test

const raceEnabled = false
