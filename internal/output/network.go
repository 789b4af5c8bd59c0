package output

import (
	"slices"
	"strings"
)

// curl reads curl -v and its progress meter.
var curl = &reader{
	kind:  "curl",
	tools: []string{"curl", "http", "https", "xh"},
	signs: []string{"curl: (#) *"},
	read: func(p *page) {
		p.curlHeaders()
		p.apply(curlRules)
	},
}

var curlRules = parseRules(`
	error:refused      curl: (*
	vital              < HTTP/*
	vital              HTTP/# # *
	noise              ~% Total *
	noise              ~Dload *
	noise              ~# # *:*:* *
	noise              { [# bytes data]
	noise              } [# bytes data]
	noise              <
	noise              >
	aside:request_lines  > *
	keep               \* Failed to connect *
	keep               \* connect to *
	keep               \* Could not resolve *
	keep               \* Issue another request *
	keep               \* SSL certificate problem*
	aside:connection_steps  \* *
`)

// curlHeaders keeps the headers of an answer that say what it is.
func (p *page) curlHeaders() {
	p.each(func(i int, line string) fate {
		s, ok := strings.CutPrefix(line, "< ")
		if !ok || strings.HasPrefix(s, "HTTP/") {
			if strings.HasPrefix(line, "* ") {
				return p.curlStep(i, line)
			}
			return open
		}
		name, _, ok := strings.Cut(s, ":")
		if !ok {
			return open
		}
		switch strings.ToLower(name) {
		case "server", "location", "content-type", "content-length", "www-authenticate", "retry-after", "x-request-id", "set-cookie", "allow":
			return kept
		}
		p.whys[i] = p.reason("headers")
		return aside
	})
}

// curlStep keeps the steps that went wrong.
func (p *page) curlStep(i int, line string) fate {
	if alarm(line) == alarmed || strings.Contains(line, "Could not") || strings.Contains(line, "rror") {
		return kept
	}
	p.whys[i] = p.reason("connection steps")
	return aside
}

// transfer reads wget, rsync, scp and dd.
var transfer = &reader{
	kind:  "transfer",
	tools: []string{"wget", "rsync", "scp", "dd", "aria2c"},
	signs: []string{"#+# records in", "total size is #  speedup is #*"},
	rules: parseRules(`
		noise            ~#% *
		noise            *#%[*
		noise            ~#K ........*
		noise            Resolving *
		noise            Connecting to *connected.
		noise            Length: *
		noise            sending incremental file list
		noise            receiving incremental file list
		noise            building file list *
		noise            ./
		vital            HTTP request sent, awaiting response... *
		vital            * saved [*
		keep             Saving to: *
		noise            --#-*  http*
		error:refused    rsync: *
		error:refused    rsync error: *
		error:refused    wget: *
		error:refused    ssh: *
		error:refused    dd: *
		vital            sent # bytes *
		vital            total size is *
		vital            #+# records in
		vital            #+# records out
	`),
}

// kubectl reads kubectl, helm and oc.
var kubectl = &reader{
	kind:  "kubernetes",
	tools: []string{"kubectl", "helm", "oc", "k9s", "minikube", "kind"},
	signs: []string{"Error from server (*"},
	read: func(p *page) {
		p.clientLogs()
		p.apply(kubectlRules)
		for _, f := range p.findings {
			if strings.HasPrefix(f.Message, "The connection to the server") || strings.HasPrefix(f.Message, "Unable to connect to the server") {
				p.next("kubectl config view --minify", "shows which server is meant")
			}
		}
		if p.says("timed out waiting for the condition") {
			p.next("kubectl get events --sort-by=.lastTimestamp"+p.kubeSpace(), "says what did not become ready")
		}
		p.kubectlStates()
		p.squeezeTable()
	},
}

var kubectlRules = parseRules(`
	error:missing    Error from server (NotFound): *
	error:refused    Error from server (*
	error:refused    The connection to the server * was refused *
	error:refused    Unable to connect to the server: *
	error:refused    error: *
	error:refused    Error: *
	warn:cluster     Warning: *
	noise            coalesce.go:*
	warn:cluster     W# #:#:# * warnings.go:#] *
	aside:client_logs  W# #:#:# *
	aside:client_logs  I# #:#:# *
`)

// clientLogs shows of what the client logs as errors each message once.
func (p *page) clientLogs() {
	said := map[uint64]bool{}
	p.each(func(i int, line string) fate {
		if !pattern("E# #:#*] *").match(line) {
			return open
		}
		_, message, _ := strings.Cut(line, "] ")
		server := strings.Contains(message, "couldn't get current server API group list") // the last line says it in fewer words
		if shape := shapeOf(message); !said[shape] && !server {
			said[shape] = true
			return kept
		}
		p.whys[i] = p.reason("client logs")
		return aside
	})
}

// kubeSpace is the flag for the namespace that the command was given.
func (p *page) kubeSpace() string {
	for _, name := range []string{"kubectl", "helm", "oc"} {
		if c, ok := p.cmd.call(name); ok {
			if space := c.value("-n", "--namespace"); space != "" {
				return " -n " + quoteWord(space)
			}
		}
	}
	return ""
}

// says says that a line has a text in it.
func (p *page) says(text string) bool {
	return slices.ContainsFunc(p.lines, func(line string) bool { return strings.Contains(line, text) })
}

// kubectlStates makes findings of what does not run.
func (p *page) kubectlStates() {
	kind, flags, spaces := "pod", p.kubeSpace(), false
	if c, ok := p.cmd.call("kubectl"); ok {
		what := c.plain()
		if len(what) > 1 && what[0] == "get" {
			kind = strings.TrimSuffix(what[1], "s")
		}
		if len(what) > 2 && what[0] == "describe" && strings.HasPrefix(what[1], "po") && p.says("CrashLoopBackOff") {
			p.next("kubectl logs "+quoteWord(what[2])+flags+" --previous", "says how it ended the last time")
		}
	}
	table := false
	p.each(func(i int, line string) fate {
		if strings.HasPrefix(line, "NAME") && !strings.HasPrefix(line, "NAME:") && strings.Contains(line, " STATUS ") {
			table = true
			spaces = strings.HasPrefix(line, "NAMESPACE ")
		}
		for _, bad := range []string{"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "Error", "Evicted", "OOMKilled", "Pending", "CreateContainerConfigError", "NotReady"} {
			words := strings.Fields(line)
			if !table || !strings.Contains(line, " "+bad) || len(words) < 2 {
				continue
			}
			name, in := words[0], flags
			if spaces {
				name, in = words[1], " -n "+quoteWord(words[0])
			}
			f := finding("cluster", "error", name, strings.Join(words, " "))
			p.find(f)
			if !strings.Contains(kind, "/") && !strings.Contains(kind, ",") && kind != "all" {
				if name, of, ok := strings.Cut(name, "/"); ok {
					p.next("kubectl describe "+quoteWord(name+"/"+of)+in, "says why it is "+bad)
				} else {
					p.next("kubectl describe "+quoteWord(kind)+" "+quoteWord(name)+in, "says why it is "+bad)
				}
			}
			return vital
		}
		return open
	})
}
