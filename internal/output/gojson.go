package output

import (
	"encoding/json"
	"slices"
	"strings"
)

// goEvent is a line of go test -json.
type goEvent struct {
	Action  string
	Package string
	Output  *string
}

// goJSON turns the events of go test -json into the text that they carry, line by line
// in place: what is behind an event is what the line says.
func (p *page) goJSON() {
	own := false
	for i, line := range p.lines {
		if p.fates[i] != open || !strings.HasPrefix(line, `{"`) || !strings.Contains(line, `"Action":"`) {
			continue
		}
		var e goEvent
		if json.Unmarshal([]byte(line), &e) != nil {
			continue
		}
		if e.Output == nil {
			p.fates[i] = noise
			continue
		}
		if !own {
			p.lines, own = slices.Clone(p.lines), true // the sheet is read again
		}
		p.lines[i] = strings.ReplaceAll(strings.TrimRight(*e.Output, "\n"), "\t", "    ")
	}
}
