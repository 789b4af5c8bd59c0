package output

import "strings"

// library are parts of paths below which code is somebody else's: frames there say
// how a call came about, not where the mistake is.
var library = []string{
	"/usr/local/go/src/", "/go/pkg/mod/", "/libexec/go", "/goroot/", "node_modules/", "node:", "internal/modules/",
	"site-packages/", "dist-packages/", "/lib/python", "/lib64/python", "<frozen ", "/rustc/", "/.cargo/registry/", "/library/std/", "/library/core/",
	"java.base/", "jdk.internal.", "sun.reflect.", "java.lang.reflect.", "org.junit.", "org.gradle.", "org.apache.maven.",
	"junit.framework.", "java.util.", "jdk.proxy", "/usr/lib/", "/usr/include/", "../sysdeps/", "../csu/", "System.", "Microsoft.", "Xunit.", "NUnit.",
	"/rubygems/", "/gems/", "/rubygems-integration/", "/usr/share/ruby/", "/lib/ruby/", "<internal:", "/_pytest/", "/pluggy/", "/unittest/", "webpack-internal:", "__cypress/", "(native)", "[native code]", "GOROOT/",
}

func fromLibrary(s string) bool { return libraryParts.within(s) }

var libraryParts = newParts(library)

// parts are texts to look for, by their first byte.
type parts [256][]string

func newParts(texts []string) *parts {
	var p parts
	for _, t := range texts {
		p[t[0]] = append(p[t[0]], t)
	}
	return &p
}

// within says whether one of the parts is in s.
func (p *parts) within(s string) bool {
	for i := range len(s) {
		for _, t := range p[s[i]] {
			if strings.HasPrefix(s[i:], t) {
				return true
			}
		}
	}
	return false
}

// frames decides about the frames of stack traces: those of the user's own code are
// shown, as far as they are few, a library's the first time it is seen, as far as they
// are nearest to the mistake, and what the language itself adds not at all.
type frames struct {
	p    *page
	seen map[string]bool
	kind map[string]code // of places that were looked at: they repeat in every trace
	own  int             // shown of this trace
	lib  int             // library frames that may still be shown
}

// code is whose a frame is.
type code uint8

const (
	ours code = iota
	libraries
	languages
)

// codeAt says whose the code is that a place names.
func (f *frames) codeAt(where string) code {
	c, known := f.kind[where]
	if !known {
		switch {
		case runtimeFrame(where):
			c = languages
		case fromLibrary(where):
			c = libraries
		}
		f.kind[where] = c
	}
	return c
}

// maxOwnFrames is how many frames of the user's own code are shown of one trace.
const maxOwnFrames = 8

// frames begins; lib frames of libraries are shown in all, since they repeat in every
// trace.
func (p *page) frames(lib int) *frames {
	return &frames{p: p, seen: map[string]bool{}, kind: map[string]code{}, lib: lib}
}

// trace begins the next trace.
func (f *frames) trace() { f.own = 0 }

// frame decides about the frame that lines from to to make, told by where, the text
// with the place in it.
func (f *frames) frame(from, to int, where string) {
	show := false
	where = place0(where)
	switch c := f.codeAt(where); {
	case c == languages:
	case c == libraries:
		if f.lib > 0 && !f.seen[where] && f.p.detail < brief {
			f.lib--
			show = true
		}
	case f.seen[where] && f.own > 0:
	default:
		f.own++
		show = f.own <= maxOwnFrames
	}
	if !f.seen[where] {
		f.seen[where] = true
	}
	for i := from; i < to; i++ {
		if i > from && complaint(f.p.lines[i]) {
			f.p.fates[i] = vital // printed into the trace by somebody else
			continue
		}
		if show {
			f.p.fates[i] = kept
		} else {
			f.p.because(i, aside, "stack frames")
		}
	}
}

// place0 is the text without addresses, which differ from run to run.
func place0(where string) string {
	where = strings.TrimSpace(where)
	if i := strings.LastIndex(where, " +0x"); i > 0 {
		where = where[:i]
	}
	return where
}

// runtimeFrame says that the frame is the language's own machinery.
func runtimeFrame(where string) bool { return runtimeParts.within(where) }

var runtimeParts = newParts([]string{
	"/usr/local/go/src/", "node:internal", "node:events", "node:net", "node:timers", "/src/testing/", "/src/runtime/", "GOROOT/",
	"<frozen ", "java.base/", "jdk.internal.", "sun.reflect.", "java.lang.reflect.", "/rustc/", "internal/process/", "org.junit.",
	"<internal:", "/minitest/", "rspec-core", "rspec-expectations", "libsanitizer/", "../sysdeps/", "../csu/", "../nptl/", "_testmain.go", "(internal/", "node_modules/mocha/", "node_modules/jest",
	"node_modules/vitest/", "node_modules/@vitest/", "node_modules/@jest/", "_pytest/", "pluggy/", "/unittest/", "/library/", "/libexec/go",
})
