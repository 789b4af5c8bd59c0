# Everything here works on a clean clone with Go and make alone; the tests that
# need a program the machine lacks say so and are skipped.

GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
BUILD = CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w"

.PHONY: all build demo test check bench soak fuzz docs pictures clean

all: build

build: ## both programs, into bin/
	$(BUILD) -o bin/ ./cmd/...

demo: build ## real work in a session of its own, under a minute, nothing left behind
	@scripts/demo.sh bin

test: ## every test, with the race detector
	$(GO) test -race -count 1 ./...

check: ## format, vet, staticcheck, modules, fresh docs, the other systems
	scripts/check.sh "$(STATICCHECK)"

bench: build ## side by side with tmux and a bare terminal: BENCH='-quick -run exec'
	$(GO) run ./internal/bench $(BENCH)

soak: ## a gigabyte, a hundred sessions, ten thousand execs; the scripts over and over: SOAK=20 times
	$(GO) test -tags soak -timeout 30m -count 1 -v -run 'Gigabyte|Hundred|TenThousandExecsIn|StopsReading' ./internal/core/session
	$(GO) test -tags soak -timeout 30m -count 1 -v -run AThousandWatchers .
	AI_SESSION_KILLS=$(or $(KILLS),1000) AI_SESSION_UPGRADES=20 $(GO) test -timeout 30m -count 1 -v -run 'WhenTheDaemonIs|DaemonMayDie' .
	$(GO) test -race -count $(or $(SOAK),5) -run TestScripts .

fuzz: ## every fuzz target in turn: FUZZTIME=30m each, FUZZ=./internal/core/vt for one package
	@for p in $$($(GO) list $(or $(FUZZ),./...)); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			echo "$$p $$f"; \
			$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(or $(FUZZTIME),30s) -parallel $(or $(FUZZPROCS),2) $$p || exit 1; \
		done; \
	done

docs: ## the pages that are made from the operation table and the commands
	$(GO) test ./internal/cli -run TestDocs -update

pictures: build ## the README's pictures, drawn by what they show
	scripts/pictures.sh bin docs/pictures

clean:
	rm -rf bin
