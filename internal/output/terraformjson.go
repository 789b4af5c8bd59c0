package output

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// terraformEvent is a line of terraform plan -json and apply -json.
type terraformEvent struct {
	Message    string               `json:"@message"`
	Module     string               `json:"@module"`
	Type       string               `json:"type"`
	Diagnostic *terraformDiagnostic `json:"diagnostic"`
}

type terraformDiagnostic struct {
	Severity, Summary, Detail string
	Range                     *struct {
		Filename string
		Start    struct{ Line, Column int }
	}
}

// terraformJSON turns events into the messages that they carry, line by line in place. What
// outputs are worth is nowhere else, so those lines stay.
func (p *page) terraformJSON() {
	own := false
	for i, line := range p.lines {
		if p.fates[i] != open || !strings.HasPrefix(line, `{"@level":"`) {
			continue
		}
		var e terraformEvent
		if json.Unmarshal([]byte(line), &e) != nil || e.Module == "" || e.Message == "" || e.Type == "outputs" && strings.Contains(line, `"value":`) {
			continue
		}
		if !own {
			p.lines, own = slices.Clone(p.lines), true // the sheet is read again
		}
		first, _, _ := strings.Cut(e.Message, "\n")
		p.lines[i] = first
		switch {
		case e.Type == "version":
			p.fates[i] = noise
		case e.Diagnostic != nil:
			f := e.Diagnostic.finding()
			p.find(f)
			p.fates[i] = vital
			if f.File != "" {
				p.lines[i] += " on " + f.File + " line " + itoa(f.Line)
				p.openPlace(f.File, f.Line)
			}
			if detail := e.Diagnostic.Detail; detail != "" {
				p.lines[i] += ": " + strings.Join(strings.Fields(detail), " ")
			}
		}
	}
}

// terraformDocument makes findings of what terraform validate -json found.
func (p *page) terraformDocument() {
	from := slices.Index(p.lines, "{")
	if from < 0 {
		return
	}
	var d struct {
		Valid       *bool
		Diagnostics []terraformDiagnostic
	}
	if json.Unmarshal([]byte(strings.Join(p.lines[from:], "\n")), &d) != nil || d.Valid == nil {
		return
	}
	for _, x := range d.Diagnostics {
		f := x.finding()
		p.find(f)
		p.openPlace(f.File, f.Line)
	}
}

func (d *terraformDiagnostic) finding() api.Finding {
	f := api.Finding{Kind: "terraform", Severity: "error", Message: d.Summary}
	if d.Severity == "warning" {
		f.Severity = "warning"
	}
	if d.Range != nil {
		f.File, f.Line, f.Col = d.Range.Filename, d.Range.Start.Line, d.Range.Start.Column
	}
	return f
}
