#!/usr/bin/env bash
# Real work in a session of its own, as an agent would do it. Under a minute, and
# nothing is left behind: no process, no file, no trace in your own sessions.
#   scripts/demo.sh [FOLDER WITH THE PROGRAMS]
set -euo pipefail
bin=$(cd "${1:-bin}" && pwd)
PATH=$bin:$PATH

root=$(mktemp -d "${TMPDIR:-/tmp}/ais-demo.XXXXXX")
mkdir "$root/home" "$root/work"
# Your own rc files and shell history stay out of it; Go's caches are yours.
GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE) GOPATH=$(go env GOPATH)
export GOCACHE GOMODCACHE GOPATH
export AI_SESSION_HOME=$root/ai-session XDG_RUNTIME_DIR=$root HOME=$root/home SHELL=/bin/bash
unset AI_SESSION_SERVER

clean_up() {
	status=$?
	trap - EXIT INT TERM HUP
	ai-session stop >/dev/null 2>&1 || true
	rm -rf "$root"
	[ "$status" = 0 ] || printf '\ndemo: failed with status %s\n' "$status" >&2
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# run STATUS COMMAND... shows a command and all that an agent reads of it, and holds
# it to the exit status it must have.
run() {
	local want=$1 got=0 word
	shift
	printf '%s$' "$dim"
	for word; do
		case $word in
		*[!A-Za-z0-9@._:=/-]*) printf " '%s'" "${word//\'/\'\\\'\'}" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '%s\n' "$plain"
	timeout 30 "$@" || got=$?
	[ "$got" = "$want" ] || die "status $got, want $want"
}

cd "$root/work"
mkdir calc
cat >calc/go.mod <<'EOF'
module calc

go 1.21
EOF
cat >calc/calc.go <<'EOF'
package calc

// Add adds.
func Add(a, b int) int { return a - b }
EOF
cat >calc/calc_test.go <<'EOF'
package calc

import "testing"

func TestAdd(t *testing.T) {
	if got := Add(2, 2); got != 4 {
		t.Errorf("Add(2, 2) = %d, want 4", got)
	}
}
EOF

# A machine that never tested anything compiles Go's own packages first: that is no part
# of the work, and may take longer than any of its steps.
(cd calc && go test -run '^$' . >/dev/null)

say 'A session: a real shell that outlives whoever works in it.'
run 0 ai-session create dev

say 'A failing test keeps its true exit status. The first line is what an agent reads first.'
run 1 ai-session exec dev 'cd calc && export GOFLAGS=-count=1 && go test ./...'

say 'It is the same shell: the folder and the variable are still there. A heredoc mends the code.'
run 0 ai-session exec dev 'cat > calc.go <<EOF
package calc

// Add adds.
func Add(a, b int) int { return a + b }
EOF
echo "$PWD, GOFLAGS=$GOFLAGS"
go test ./...'

say 'set -euo pipefail ends the command where it should, and not the session.'
run 1 ai-session exec dev 'set -euo pipefail
echo before
false | cat
echo never'
run 0 ai-session exec dev 'set +euo pipefail; echo "still here, in $(basename "$PWD")"'

say 'A program that asks for a password is noticed at once; it is answered like a person would.'
run 124 ai-session exec dev 'read -r -s -p "Password: " p; echo; echo "a password of ${#p} characters"'
run 0 ai-session send dev hunter2 --key Enter --until exit

say 'A REPL: start it, type into it, wait for what comes.'
if command -v python3 >/dev/null; then
	run 124 ai-session exec dev 'python3 -q'
	run 0 ai-session send dev 'print(6 * 7)' --key Enter --match '(?m)^42'
	run 0 ai-session send dev 'exit()' --key Enter --until exit
else
	run 124 ai-session exec dev 'cat'
	run 0 ai-session send dev 'round trip' --key Enter --match '(?m)^round trip'
	run 0 ai-session send dev --key C-d --until exit
fi

say 'A server in the background outlives its command and holds nobody up. Then a request to it.'
if command -v python3 >/dev/null && command -v curl >/dev/null; then
	run 0 ai-session exec dev 'cd .. && echo "hello from the server" > hello.txt
python3 -u -m http.server --bind 127.0.0.1 0 > server.log 2>&1 &
until grep -q port server.log; do sleep 0.05; done
port=$(grep -o "port [0-9]*" server.log | cut -d" " -f2)'
	run 0 ai-session exec dev 'curl -s http://127.0.0.1:$port/hello.txt'
	run 0 ai-session exec dev 'kill %1; wait %1 2>/dev/null; true'
else
	echo '(no python3 and curl here: skipped)'
fi

say 'A long output costs an agent a line and a reference; every byte is still there.'
run 0 ai-session exec dev 'seq 1 100000' --max-tokens 30
run 0 ai-session output @last:50000-50001
ai-session output @last --raw >"$root/raw"
seq 1 100000 | sed 's/$/\r/' | cmp - "$root/raw" || die 'the raw bytes differ'
echo "$(wc -c <"$root/raw") raw bytes fetched back: equal, to the last one"

say 'What was run, and where.'
run 0 ai-session history dev
run 0 ai-session list

say 'Done. Nothing is left behind.'
