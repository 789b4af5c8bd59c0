//go:build race

package aisession_test

const raceEnabled = true
