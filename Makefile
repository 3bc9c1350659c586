# `make` is what to run before a commit: it needs Go, and Chromium for the browser tests.
# `make help` lists the rest.

GO    ?= go
FUZZ  ?= 30s
DIR   ?= examples/dashboard
ADDR  ?= :8080

# Where goroutines meet; the whole suite under the race detector would take four times as long and find no more.
RACE      = ./live/hub/... ./live/... ./ws/...
RACE_SOME = ./sx/... ./render/... ./page/...
# What needs a machine at full speed runs in make test only.
RACE_SKIP = UnderLoad
RACE_RUN  = Concurren|Race|Parallel|Stream|Suspense|Boundar|Reload|Shared

.PHONY: all help build test race lint fmt gen gen-check golden client browser fuzz bench cover serve docs clean

all: lint test

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## bin/sx, which runs anywhere
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o bin/sx ./cmd/sx

test: ## all tests, the browser's included when Chromium is here or can be installed
	@.ci/need chromium || [ "$$SX_BROWSER" != required ]
	@.ci/npm examples/datastar
	$(GO) test -timeout 15m ./...

race: ## the race detector, where goroutines meet
	$(GO) test -race -timeout 15m -skip '$(RACE_SKIP)' $(RACE)
	$(GO) test -race -timeout 15m -run '$(RACE_RUN)' $(RACE_SOME)

lint: ## formatting of Go and SX, go vet, scripts; TypeScript types where Node is present
	@bad=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "not formatted (make fmt):"; echo "$$bad"; exit 1; }
	$(GO) vet ./...
	$(GO) run ./cmd/sx fmt --check docs examples render/bench
	@for s in run need npm; do bash -n .ci/$$s || exit 1; done
	@if command -v npx >/dev/null && [ -x client/node_modules/.bin/tsc ]; then cd client && npx --no-install tsc --noEmit; fi

fmt: ## gofmt and sx fmt over everything
	gofmt -w $$(git ls-files '*.go')
	$(GO) run ./cmd/sx fmt -w docs examples render/bench

gen: ## every generated file
	$(GO) generate ./...

gen-check: ## generated files are current
	@before=$$(git status --porcelain); $(GO) generate ./... && after=$$(git status --porcelain); \
	[ "$$before" = "$$after" ] || { echo "generated files are stale (make gen):"; git status --short; exit 1; }

golden: ## rewrite golden files; then read the diff
	$(GO) test ./... -run 'Golden|Script' -update

client: ## bundle the browser client
	$(GO) generate ./client/...

browser: ## the browser tests alone; fails without Chromium
	.ci/need chromium
	@.ci/npm examples/datastar
	SX_BROWSER=required $(GO) test -count=1 -run 'Browser|Chrom' ./client/... ./page/... ./live/... ./ws/... ./examples/... ./docs/... ./cmd/...

fuzz: ## each fuzz target for FUZZ=30s
	@$(GO) list ./... | while read -r pkg; do \
		$(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' | while read -r target; do \
			echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZ) $$pkg || exit 1; \
		done || exit 1; \
	done

bench: ## benchmarks, those against other systems included (own modules)
	$(GO) test -run '^$$' -bench . -benchmem ./...
	@for mod in $$(git ls-files '*/go.mod'); do echo "== $$(dirname $$mod)"; (cd $$(dirname $$mod) && if [ -f main.go ]; then $(GO) run .; else $(GO) test -run '^$$' -bench . -benchmem ./...; fi) || exit 1; done

cover: ## coverage.html
	$(GO) test -coverprofile=coverage.out -coverpkg=./... ./...
	$(GO) tool cover -html=coverage.out -o coverage.html

serve: ## serve DIR=examples/dashboard
	$(GO) run ./cmd/sx serve $(DIR) --addr $(ADDR)

docs: ## serve the documentation
	$(GO) run ./cmd/sx serve docs --addr $(ADDR)

clean: ## remove what builds leave behind
	rm -rf bin dist coverage.out coverage.html
	$(GO) clean -testcache
