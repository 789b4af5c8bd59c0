package output

import (
	"strings"
)

// sanitizer reads the reports of the address, thread, leak and undefined-behaviour
// sanitizers.
var sanitizer = &reader{
	kind:  "sanitizer",
	signs: []string{"==#==ERROR: *Sanitizer: *", "WARNING: ThreadSanitizer: *", "SUMMARY: *Sanitizer: *", "*: runtime error: *"},
	read: func(p *page) {
		p.sanitizerFrames()
		p.apply(sanitizerRules)
		p.placeOfFrames()
	},
}

var sanitizerRules = parseRules(`
	error:crash      ==#==ERROR: *
	error:crash      WARNING: ThreadSanitizer: *
	error:crash      *: runtime error: *
	vital            SUMMARY: *
	noise            ==================*
	noise            =====*
	noise            ==#==HINT: *
	noise            ==#==ABORTING
	aside:shadow_bytes  ~0x*: *
	aside:shadow_bytes  =>0x*: *
	aside:shadow_bytes  Shadow byte*
	aside:shadow_bytes  ~Addressable: *
	aside:shadow_bytes  ~Partially addressable: *
	aside:shadow_bytes  ~Heap left redzone: *
	aside:shadow_bytes  ~Freed heap region: *
	aside:shadow_bytes  ~Stack * redzone: *
	aside:shadow_bytes  ~Stack after return: *
	aside:shadow_bytes  ~Stack use after scope: *
	aside:shadow_bytes  ~Global redzone: *
	aside:shadow_bytes  ~Global init order: *
	aside:shadow_bytes  ~Poisoned by user: *
	aside:shadow_bytes  ~Container overflow: *
	aside:shadow_bytes  ~Array cookie: *
	aside:shadow_bytes  ~Intra object redzone: *
	aside:shadow_bytes  ~ASan internal: *
	aside:shadow_bytes  ~Left alloca redzone: *
	aside:shadow_bytes  ~Right alloca redzone: *
`)

// placeOfFrames takes the first frame that is shown for the place of the first crash.
func (p *page) placeOfFrames() {
	for k := range p.findings {
		if f := &p.findings[k]; f.Kind != "crash" || f.File != "" {
			continue
		}
		for i, line := range p.lines {
			if p.fates[i] != kept || !strings.HasPrefix(strings.TrimLeft(line, " "), "#") {
				continue
			}
			if at, ok := parsePlace(line[strings.LastIndexByte(line, ' ')+1:] + ":"); ok {
				p.findings[k].File, p.findings[k].Line = at.file, at.line
				return
			}
		}
		return
	}
}

func (p *page) sanitizerFrames() {
	fr := p.frames(2)
	for i, line := range p.lines {
		s := strings.TrimLeft(line, " ")
		if p.fates[i] != open {
			continue
		}
		if indent(line) < 4 || !strings.HasPrefix(s, "#") || !strings.Contains(s, "0x") && !strings.Contains(s, " ") {
			if indent(line) == 0 || !strings.HasPrefix(s, "#") {
				fr.trace()
			}
			continue
		}
		if k := strings.LastIndex(s, " ("); k > 0 && strings.HasSuffix(s, ")") && hasPosition(s[:k]) {
			s = s[:k] // the module that the thread sanitizer names behind the place
		}
		where := s[strings.LastIndexByte(s, ' ')+1:]
		if !hasPosition(where) {
			where = "/usr/lib/" // no place in source: a library, or the loader
		}
		fr.frame(i, i+1, where)
	}
}
