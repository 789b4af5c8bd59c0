//go:build linux

package main

import (
	"fmt"
	"math"
	"strings"
)

// bar is what a line has to reach.
type bar struct {
	text    string
	atLeast bool // more is better
	got     func(*row, *series) float64
	limit   func(*row) float64
}

// verdict is a bar beside what was measured.
type verdict struct {
	Bar   string  `json:"bar"`
	Got   float64 `json:"got"`
	Limit float64 `json:"limit"`
	Met   bool    `json:"met"`
}

func (b bar) judge(r *row, s *series) verdict {
	got, limit := b.got(r, s), b.limit(r)
	if math.IsNaN(got) || math.IsNaN(limit) { // nothing measured, nothing met
		return verdict{Bar: b.text}
	}
	met := got <= limit
	if b.atLeast {
		met = got >= limit
	}
	return verdict{Bar: b.text, Got: got, Limit: limit, Met: met && len(s.wrong) == 0}
}

// verdicts is the bar and the met column of a line.
func (r *row) verdicts(s *series) string {
	var texts, met []string
	for _, b := range s.bars {
		v := b.judge(r, s)
		texts = append(texts, v.Bar)
		switch {
		case v.Met:
			met = append(met, "yes")
		default:
			met = append(met, fmt.Sprintf("NO (%s, bar %s)", number(v.Got), number(v.Limit)))
		}
	}
	return strings.Join(texts, "; ") + "\t" + strings.Join(met, "; ")
}

func p50(_ *row, s *series) float64 { return s.quantile(0.5) }
func p99(_ *row, s *series) float64 { return s.quantile(0.99) }

func fixed(v float64) func(*row) float64 { return func(*row) float64 { return v } }

// below asks for a p50 of at most v.
func below(v float64) bar {
	return bar{text: fmt.Sprintf("p50 <= %g", v), got: p50, limit: fixed(v)}
}

// tailBelow asks for a p99 of at most v.
func tailBelow(v float64) bar {
	return bar{text: fmt.Sprintf("p99 <= %g", v), got: p99, limit: fixed(v)}
}

// atLeast asks for a p50 of at least v.
func atLeast(v float64) bar {
	return bar{text: fmt.Sprintf("p50 >= %g", v), atLeast: true, got: p50, limit: fixed(v)}
}

// beside asks for a p50 of at most times that of another line, and plus.
func beside(who string, times, plus float64) bar {
	text := "p50 <= " + who
	if times != 1 {
		text = fmt.Sprintf("p50 <= %g x %s", times, who)
	}
	if plus != 0 {
		text += fmt.Sprintf(" + %g", plus)
	}
	return bar{text: text, got: p50, limit: func(r *row) float64 { return times*r.find(who).quantile(0.5) + plus }}
}

// timesFaster asks for a p50 of at least times that of another line.
func timesFaster(who string, times float64) bar {
	return bar{
		text: fmt.Sprintf("p50 >= %g x %s", times, who), atLeast: true, got: p50,
		limit: func(r *row) float64 { return times * r.find(who).quantile(0.5) },
	}
}
