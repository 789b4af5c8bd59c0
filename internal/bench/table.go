//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// role says what a line of a row stands for.
type role string

const (
	ours  role = "ours"
	floor role = "floor" // the same work with nobody in between
	tmux  role = "tmux"
	other role = "other"
)

// series is what one contender did in a row.
type series struct {
	who    string
	role   role
	values []float64
	wrong  []string // results that were not exact, and trials that failed
	bars   []bar
}

// row is one thing that is measured.
type row struct {
	name   string
	unit   string
	series []*series
}

// table holds the rows in the order they were begun.
type table struct{ rows []*row }

func (t *table) row(name, unit string) *row {
	r := &row{name: name, unit: unit}
	t.rows = append(t.rows, r)
	return r
}

// line adds a contender to the row.
func (r *row) line(who string, as role, bars ...bar) *series {
	s := &series{who: who, role: as, bars: bars}
	r.series = append(r.series, s)
	return s
}

// take records a trial's value, or why it does not count.
func (s *series) take(v float64, err error) {
	if err != nil {
		s.wrong = append(s.wrong, err.Error())
		return
	}
	s.values = append(s.values, v)
}

// quantile is the value that a share q of all are not above (nearest rank).
func (s *series) quantile(q float64) float64 {
	if len(s.values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s.values))
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[max(0, min(i, len(sorted)-1))]
}

// find is the line called who.
func (r *row) find(who string) *series {
	for _, s := range r.series {
		if s.who == who {
			return s
		}
	}
	return &series{}
}

// ratio compares s with the row's best line of a role; 0 when there is none. Best is
// largest for rates and smallest for all else.
func (r *row) ratio(s *series, to role) float64 {
	best := math.NaN()
	for _, x := range r.series {
		v := x.quantile(0.5)
		if x.role != to || math.IsNaN(v) {
			continue
		}
		if math.IsNaN(best) || (v < best) != r.rate() {
			best = v
		}
	}
	if v := s.quantile(0.5) / best; !math.IsNaN(v) && !math.IsInf(v, 0) {
		return v
	}
	return 0
}

// rate reports whether more is better.
func (r *row) rate() bool { return r.unit == "MB/s" }

func (t *table) wrong() int {
	n := 0
	for _, r := range t.rows {
		for _, s := range r.series {
			n += len(s.wrong)
		}
	}
	return n
}

// String is the table for people. Only lines of ours have bars.
func (t *table) String() string {
	var b, notes strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "row\twhat\tp50\tp99\tn\tunit\tx floor\tx tmux\tbar\tmet")
	for _, r := range t.rows {
		for _, s := range r.series {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", r.name, s.who, number(s.quantile(0.5)), number(s.worst(r)),
				len(s.values), r.unit, factor(r.ratio(s, floor)), factor(r.ratio(s, tmux)), r.verdicts(s))
			if len(s.wrong) > 0 {
				fmt.Fprintf(&notes, "WRONG %s, %s: %d trials; the first: %s\n", r.name, s.who, len(s.wrong), s.wrong[0])
			}
		}
	}
	w.Flush()
	return b.String() + notes.String()
}

// worst is the p99, or of a rate the value that 99 of 100 are not below.
func (s *series) worst(r *row) float64 {
	if r.rate() {
		return s.quantile(0.01)
	}
	return s.quantile(0.99)
}

// number writes three digits, which is more than any of these runs can vouch for.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func factor(v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", v)
}

// record is one line of the table as a program reads it.
type record struct {
	Row   string    `json:"row"`
	What  string    `json:"what"`
	Role  role      `json:"role"`
	Unit  string    `json:"unit"`
	N     int       `json:"n"`
	P50   *float64  `json:"p50"` // null without a value
	P99   *float64  `json:"p99"`
	Floor float64   `json:"floor_ratio,omitempty"`
	Tmux  float64   `json:"tmux_ratio,omitempty"`
	Bars  []verdict `json:"bars,omitempty"`
	Wrong []string  `json:"wrong,omitempty"`
}

func (t *table) save(file string) error {
	records := []record{}
	for _, r := range t.rows {
		for _, s := range r.series {
			rec := record{Row: r.name, What: s.who, Role: s.role, Unit: r.unit, N: len(s.values),
				Floor: r.ratio(s, floor), Tmux: r.ratio(s, tmux), Wrong: s.wrong}
			if len(s.values) > 0 {
				p50, p99 := s.quantile(0.5), s.worst(r)
				rec.P50, rec.P99 = &p50, &p99
			}
			for _, b := range s.bars {
				rec.Bars = append(rec.Bars, b.judge(r, s))
			}
			records = append(records, rec)
		}
	}
	text, err := json.MarshalIndent(records, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
