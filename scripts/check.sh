#!/usr/bin/env bash
# What a change must pass besides its tests. Everything is looked at before the
# verdict, so that one run shows all there is to mend.
#   scripts/check.sh [STATICCHECK@VERSION]
set -uo pipefail
cd "$(dirname "$0")/.."
staticcheck=${1:-honnef.co/go/tools/cmd/staticcheck@latest}
go=${GO:-go}
failed=()

step() { # step NAME COMMAND...
	local name=$1
	shift
	printf '== %s\n' "$name"
	"$@" || failed+=("$name")
}

formatted() {
	local files
	files=$(gofmt -l .) || return
	[ -z "$files" ] && return
	printf 'not formatted: %s\n' $files
	return 1
}

for_system() { # a system we cannot run here still has to build and vet
	GOOS=$1 CGO_ENABLED=0 "$go" build ./... && GOOS=$1 CGO_ENABLED=0 "$go" vet ./...
}

step gofmt formatted
step vet "$go" vet ./...
step staticcheck "$go" run "$staticcheck" ./...
step 'go mod tidy' "$go" mod tidy -diff
step 'docs are fresh' "$go" test -count 1 -run TestDocs ./internal/cli
step 'layers and dependencies' "$go" test -count 1 -run 'TestLayers|TestClient|TestDependencies|TestPackage' .
step darwin for_system darwin
step windows for_system windows

if [ ${#failed[@]} -gt 0 ]; then
	printf 'check failed: %s\n' "${failed[*]}"
	exit 1
fi
echo 'check passed'
