package output

import (
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// git reads what git says while it works: push, fetch, pull, merge, rebase, clone,
// commit, checkout.
var git = &reader{
	kind:  "git",
	tools: []string{"git", "gh", "hub"},
	signs: []string{"CONFLICT (*", " ! [rejected] *", "Cloning into '*'..."},
	read:  readGit,
}

var gitRules = parseRules(`
	noise            remote: Enumerating objects*
	noise            remote: Counting objects*
	noise            remote: Compressing objects*
	noise            remote: Total *
	noise            remote:
	noise            Enumerating objects: *
	noise            Counting objects: *
	noise            Delta compression using *
	noise            Compressing objects: *
	noise            Writing objects: *
	noise            Receiving objects: *
	noise            Resolving deltas: *
	noise            Unpacking objects: *
	noise            Updating files: *
	noise            Filtering content: *
	noise            Total # (delta *
	noise            POST git-receive-pack *
	noise            Auto-merging *
	noise            Auto packing the repository *
	aside:hints      hint: *
	aside:hints      hint:
	aside:hints      ~(use "git *
	keep             remote: *
	keep             To *
	keep             From *
	error:refused    ~! [*
	error:conflict   CONFLICT (*
	error:conflict   KONFLIKT (*
	error:conflict   CONFLIT (*
	error:conflict   CONFLICTO (*
	error:conflict   КОНФЛИКТ (*
	error:conflict   競合 (*
	error:conflict   冲突（*
	error:conflict   衝突（*
	vital            Automatic merge failed; *
	error:conflict   error: could not apply *
	error:conflict   error: Your local changes *
	error:conflict   error: The following untracked *
	error:refused    error: failed to push some refs *
	error:missing    fatal: not a git repository*
	error:missing    error: pathspec *
	error:missing    fatal: *not found*
	error:missing    fatal: ambiguous argument *
	error:refused    fatal: Authentication failed *
	error:refused    fatal: could not read *
	error:refused    fatal: Could not read *
	error:refused    *: Permission denied (publickey*
	error:git        fatal: *
	error:git        error: *
	keep             warning: *
	aside:mode_lines ~create mode # *
	aside:mode_lines ~delete mode # *
	vital            ~# file* changed*
`)

func readGit(p *page) {
	p.apply(gitRules)
	stats := 0
	p.each(func(i int, line string) fate {
		if !statLine(line) {
			return open
		}
		if stats++; stats <= maxStats {
			return kept
		}
		p.whys[i] = p.reason("changed files")
		return aside
	})
	for k := range p.findings {
		f := &p.findings[k]
		if _, name, ok := strings.Cut(f.Message, "Merge conflict in "); ok && f.Kind == "conflict" {
			f.File = name
		}
		p.gitNext(*f)
	}
}

// maxStats is how many lines of a diffstat are shown of a merge.
const maxStats = 20

func (p *page) gitNext(f api.Finding) {
	switch {
	case f.Kind == "conflict" && (strings.HasPrefix(f.Message, "CONFLICT") || strings.Contains(f.Message, "could not apply")):
		p.next("git diff --name-only --diff-filter=U", "lists the files with conflicts")
		for _, does := range []string{"rebase", "cherry-pick", "revert", "am"} {
			if slices.ContainsFunc(p.cmd.shown(), func(c call) bool { return c.begins("git " + does) }) {
				p.next("git "+does+" --continue", "goes on once the conflicts are resolved and added; --abort takes it back")
			}
		}
	case f.Kind == "conflict" && strings.Contains(f.Message, "local changes"):
		p.next("git stash", "local changes are in the way")
	case strings.Contains(f.Message, "fetch first"), strings.Contains(f.Message, "non-fast-forward"):
		p.next("git pull --rebase", "the remote has commits that are not here")
	case strings.Contains(f.Message, "no upstream branch"):
		p.next("git push -u origin HEAD", "the branch has no upstream yet")
	}
}

// statLine reads " path | 12 ++--" and " path | Bin 0 -> 12 bytes".
func statLine(line string) bool {
	if !strings.HasPrefix(line, " ") {
		return false
	}
	_, rest, ok := strings.Cut(line, " | ")
	if !ok {
		return false
	}
	rest = strings.TrimLeft(rest, " ")
	return strings.HasPrefix(rest, "Bin ") || rest != "" && isDigit(rest[0]) && strings.Trim(rest, "0123456789 +-") == ""
}

// gitStatus reads git status in its long form.
var gitStatus = &reader{
	kind:  "git status",
	tools: []string{"git status"},
	signs: []string{"Changes not staged for commit:", "Changes to be committed:", "Untracked files:", "Unmerged paths:"},
	read:  readGitStatus,
}

var gitStatusRules = parseRules(`
	noise   ~(use "git *
	noise   ~(commit or discard *
	noise   ~(all conflicts fixed*
	noise   ~(fix conflicts and *
	keep    On branch *
	keep    HEAD detached *
	keep    Your branch *
	keep    You have unmerged paths.
	keep    nothing to commit, *
	keep    no changes added *
	keep    nothing added to commit *
	keep    Changes to be committed:
	keep    Changes not staged for commit:
	keep    Untracked files:
	keep    Unmerged paths:
	keep    Ignored files:
`)

// readGitStatus gathers the paths of one kind behind its name.
func readGitStatus(p *page) {
	p.apply(gitStatusRules)
	section := ""
	for i := 0; i < len(p.lines); i++ {
		line := p.lines[i]
		if p.fates[i] == kept {
			section = line
			continue
		}
		kind, name, ok := statusEntry(line, section)
		if !ok || p.fates[i] != open {
			continue
		}
		names := []string{quoteName(name)}
		j := i + 1
		for ; j < len(p.lines); j++ {
			k, n, ok := statusEntry(p.lines[j], section)
			if !ok || k != kind || p.fates[j] != open {
				break
			}
			names = append(names, quoteName(n))
		}
		if strings.HasPrefix(kind, "both ") || strings.HasSuffix(kind, "by us") || strings.HasSuffix(kind, "by them") {
			p.find(api.Finding{Kind: "conflict", Severity: "error", File: name, Message: kind + ": " + name})
			p.next("git diff "+quoteWord(name), "shows the conflict")
		}
		p.mark(i, j, retold)
		p.note(i, strings.TrimPrefix(kind+": ", ": ")+strings.Join(names, " "))
		i = j - 1
	}
}

// statusEntry reads "	modified:   path" and, among the untracked, "	path".
func statusEntry(line, section string) (kind, name string, ok bool) {
	if indent(line) < 8 || diagnostic(line) {
		return "", "", false
	}
	s := strings.TrimSpace(line)
	if kind, name, ok = strings.Cut(s, ":   "); ok && strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz ") == "" {
		return kind, strings.TrimSpace(name), true
	}
	if kind, name, ok = strings.Cut(s, " by them: "); ok && !strings.Contains(kind, " ") {
		return kind + " by them", strings.TrimSpace(name), true
	}
	if section == "Untracked files:" || section == "Ignored files:" {
		return "", s, true
	}
	return "", "", false
}

// quoteName makes one word of a name in a list.
func quoteName(s string) string {
	if strings.ContainsAny(s, " \t") && s[0] != '\'' && s[0] != '"' {
		return "'" + s + "'"
	}
	return s
}
