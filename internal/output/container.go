package output

import (
	"path"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// container reads docker, podman, compose and buildkit.
var container = &reader{
	kind:  "container",
	tools: []string{"docker", "podman", "docker-compose", "nerdctl", "buildah"},
	signs: []string{"#* [internal] load *", "Cannot connect to the Docker daemon*", "Error response from daemon: *"},
	read: func(p *page) {
		p.buildFailure()
		p.buildkit()
		p.exitedServices()
		p.apply(containerRules)
		for _, f := range p.findings {
			switch {
			case strings.Contains(f.Message, "Cannot connect to the Docker daemon"):
				p.next("systemctl start docker", "the daemon does not run")
			case strings.HasPrefix(f.Message, "dependency failed to start: container "):
				name, _, _ := strings.Cut(strings.TrimPrefix(f.Message, "dependency failed to start: container "), " ")
				p.next("docker logs --tail 50 "+quoteWord(name), "says why the container did not become ready")
			case strings.Contains(f.Message, "port is already allocated"):
				p.next("docker ps --format '{{.Names}} {{.Ports}}'", "names the container that holds the port")
			}
		}
		p.squeezeTable()
	},
}

var containerRules = parseRules(`
	noise            *: Pulling fs layer
	noise            *: Waiting
	noise            *: Verifying Checksum
	noise            *: Download complete
	noise            *: Pull complete
	noise            *: Already exists
	noise            *: Downloading *
	noise            *: Extracting *
	noise            *: Pulling from *
	noise            *: Preparing
	noise            *: Pushed
	noise            *: Layer already exists
	keep             Digest: *
	keep             Status: *
	error:refused    Cannot connect to the Docker daemon *
	error:refused    Error response from daemon: *
	error:refused    docker: *
	error:build      ERROR: failed to *
	error:build      error: failed to *
	noise            ------*
	vital            Dockerfile:#
	aside:build_steps  ~---> *
	aside:build_steps  Removing intermediate container *
	keep             Step #/# *
	noise            ~Container *  Creating
	noise            ~Container *  Starting
	noise            ~Container *  Stopping
	noise            ~Container *  Removing
	noise            ~Container *  Waiting
	error:refused    dependency failed to start: *
	vital            ~=> ERROR *
	vital            ~=> CANCELED *
	keep             ~=> => naming to *
	keep             ~=> => writing image *
	aside:build_steps  ~=> *
	aside:quoted_lines  ~# |
	aside:quoted_lines  ~# |  *
	noise            Use 'docker *
	noise            View build details: *
`)

// buildFailure reads what a build that failed says at its end: between rules what the step wrote,
// the seconds since it began in front, then the place in the Dockerfile. While it runs, the same
// is said behind the number of the step.
func (p *page) buildFailure() {
	failed := p.lastLine(func(line string) bool { return strings.Contains(line, "failed to solve: ") })
	if failed < 0 {
		return
	}
	_, why, _ := strings.Cut(p.lines[failed], "failed to solve: ")
	f := api.Finding{Kind: "build", Severity: "error", Message: p.lines[failed]}
	told := map[string]bool{"ERROR: " + why: true}
	found := map[place]bool{}
	within := false
	for i := failed - 1; i >= 0 && i > failed-tailLooked && p.fates[i] == open; i-- {
		line := p.lines[i]
		if strings.Trim(line, "-") == "" && strings.HasPrefix(line, "-----") {
			within = !within
			continue
		}
		if d, ok := parsePlace(line); ok && d.message == "" && f.File == "" && strings.HasPrefix(path.Base(d.file), "Dockerfile") {
			f.File, f.Line = d.file, d.line
			continue
		}
		_, said, ok := cutSeconds(line)
		if !within || !ok {
			continue
		}
		told[line] = true
		if d, ok := parseDiagnostic(said); ok && d.severity == "error" && !found[d] {
			found[d] = true
			p.find(api.Finding{Kind: "build", Severity: "error", File: d.file, Line: d.line, Col: d.col, Name: d.code, Message: d.message})
			p.fates[i] = vital
		}
	}
	p.find(f)
	p.fates[failed] = vital
	p.each(func(_ int, line string) fate {
		if _, rest, ok := cutStep(line); ok && told[rest] {
			return retold
		}
		return open
	})
}

// cutStep splits "#7 3.904 text" behind the number of the step.
func cutStep(line string) (step int, rest string, ok bool) {
	rest, ok = strings.CutPrefix(line, "#")
	if !ok {
		return 0, "", false
	}
	step, rest = number(rest)
	rest, ok = strings.CutPrefix(rest, " ")
	return step, rest, ok && step > 0
}

// cutSeconds splits "3.904 text".
func cutSeconds(line string) (seconds, text string, ok bool) {
	seconds, text, ok = strings.Cut(line, " ")
	return seconds, text, ok && pattern("#").match(seconds) && strings.Contains(seconds, ".")
}

// exitedServices makes findings of the services that ended with an error.
func (p *page) exitedServices() {
	p.each(func(_ int, line string) fate {
		name, code, ok := strings.Cut(line, " exited with code ")
		if !ok || name == "" || strings.Contains(name, " ") || code == "0" {
			return open
		}
		p.find(api.Finding{Kind: "exit", Severity: "error", Name: name, Message: line})
		return vital
	})
}

// buildkit reads "#7 [2/4] RUN ..." and what a step prints behind its number.
func (p *page) buildkit() {
	p.each(func(i int, line string) fate {
		_, rest, ok := cutStep(line)
		switch {
		case !ok:
			return open
		case strings.HasPrefix(rest, "ERROR"), alarm(rest) == alarmed:
			_, said, _ := strings.Cut(rest, " ") // behind the seconds since the step began
			if d, ok := parseDiagnostic(strings.TrimLeft(said, " ")); ok && d.severity == "error" {
				p.find(api.Finding{Kind: "build", Severity: "error", File: d.file, Line: d.line, Col: d.col, Name: d.code, Message: d.message})
			}
			return vital
		case alarm(rest) > calm, strings.HasPrefix(rest, "[") && !strings.HasPrefix(rest, "[internal]"):
			return kept
		}
		p.whys[i] = p.reason("lines of build steps")
		return aside
	})
}
