#!/usr/bin/env bash
# The README's pictures: an agent's work, and the same terminal as a person sees it, both
# drawn by `ai-session screen`. They change only when somebody runs this.
#   scripts/pictures.sh FOLDER WITH THE PROGRAMS, FOLDER FOR THE PICTURES
set -euo pipefail
bin=$(cd "$1" && pwd)
to=$(cd "$2" && pwd)
PATH=$bin:$PATH

root=$(mktemp -d "${TMPDIR:-/tmp}/shop.XXXXXX")
mkdir "$root/home" "$root/work" "$root/work/cart"
GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE)
export GOCACHE GOMODCACHE GOFLAGS=-count=1
export AI_SESSION_HOME=$root/ai-session XDG_RUNTIME_DIR=$root HOME=$root/home SHELL=/bin/bash
unset AI_SESSION_SERVER
trap 'ai-session stop >/dev/null 2>&1 || true; rm -rf "$root"' EXIT

cat >"$root/home/.bashrc" <<'EOF'
PS1='\[\e[1;32m\]\W\[\e[0m\] $ '
EOF
cat >"$root/home/.vimrc" <<'EOF'
set nocompatible number laststatus=2 background=dark nomodeline noswapfile scrolloff=3 viminfo=
set statusline=\ %f\ %m%=%l,%c\ \ %P\ 
syntax on
hi StatusLine cterm=bold ctermfg=15 ctermbg=24
hi LineNr ctermfg=240
EOF
cd "$root/work"
cat >cart/go.mod <<'EOF'
module cart

go 1.21
EOF
cat >cart/cart.go <<'EOF'
// Package cart adds up what somebody buys.
package cart

// Item is one line of a cart; prices are in cents.
type Item struct {
	Name  string
	Cents int
	Count int
}

// Total is what all items cost. Seven or more of a kind
// are a tenth cheaper.
func Total(items []Item) int {
	sum := 0
	for _, it := range items {
		cost := it.Cents * it.Count
		if it.Count > 7 {
			cost -= cost / 10
		}
		sum += cost
	}
	return sum
}
EOF
cat >cart/cart_test.go <<'EOF'
package cart

import (
	"fmt"
	"testing"
)

func TestTotal(t *testing.T) {
	for count := 0; count < 12; count++ {
		t.Run(fmt.Sprintf("%d apples", count), func(t *testing.T) {
			want := count * 50
			if count >= 7 {
				want -= want / 10
			}
			if got := Total([]Item{{"apple", 50, count}}); got != want {
				t.Errorf("Total = %d cents, want %d", got, want)
			}
		})
	}
}
EOF
git -C cart init -q . && git -C cart add . && git -C cart -c user.name=a -c user.email=a@b commit -qm 'a cart'
(cd cart && go test -run '^$' . >/dev/null)

# type TEXT types a line at the desk and waits until it is done.
type_line() { ai-session send desk "$1" --key Enter --until prompt >/dev/null; }

ai-session create desk --size 88x24 >/dev/null
ai-session exec desk clear >/dev/null
type_line 'ai-session create dev --size 88x24'
type_line "ai-session exec dev 'cd cart && go test -v ./...'"
type_line 'ai-session output @last:1-3'
type_line "ai-session exec dev \"sed -i 's/> 7/>= 7/' cart.go; go test ./...\""
type_line "ai-session exec dev 'git diff --stat'"
ai-session screen desk --format svg >"$to/agent.svg"

ai-session send dev "clear; vim '+/Count > 7\|>= 7' cart.go" --key Enter >/dev/null
ai-session wait dev --for text --match '(?m)^ cart.go' --timeout 20s >/dev/null
ai-session screen dev --format svg >"$to/person.svg"
