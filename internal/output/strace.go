package output

import (
	"strings"
)

// strace reads system calls: the failed ones, what was written, signals and the end.
var strace = &reader{
	kind:  "strace",
	tools: []string{"strace", "ltrace", "truss"},
	signs: []string{"execve(\"*", "+++ exited with # +++"},
	read:  readStrace,
}

func readStrace(p *page) {
	lookups := 0
	p.each(func(i int, line string) fate {
		s := line
		if rest, ok := strings.CutPrefix(s, "[pid "); ok {
			_, s, _ = strings.Cut(rest, "] ")
		}
		name, rest, ok := strings.Cut(s, "(")
		switch {
		case strings.HasPrefix(s, "+++ "), strings.HasPrefix(s, "--- SIG"):
			return vital
		case strings.HasPrefix(s, "strace: Process "):
			p.whys[i] = p.reason("attached processes")
			return aside
		case strings.HasPrefix(s, "<... "):
			p.whys[i] = p.reason("system calls")
			return aside
		case !ok || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "":
			return open
		case strings.Contains(rest, "= -1 E"):
			if strings.Contains(rest, "ENOENT") || strings.Contains(rest, "EAGAIN") {
				if lookups++; lookups > 5 {
					p.whys[i] = p.reason("failed look-ups")
					return aside
				}
			}
			return kept
		case name == "execve", name == "exit_group", name == "connect", name == "bind", name == "kill", name == "tgkill",
			(name == "write" || name == "writev") && (strings.HasPrefix(rest, "1,") || strings.HasPrefix(rest, "2,")):
			return kept
		}
		p.whys[i] = p.reason("system calls")
		return aside
	})
}
