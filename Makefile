# Landwaiter's development tasks; `make` lists them. They need Go and the tools
# of Debian; `make test` installs (as root) or prints what else it needs.

GO       ?= go
BIN      ?= bin
PREFIX   ?= /usr/local
FUZZTIME ?= 10s
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# Extra arguments of `go test`, such as TESTFLAGS='-v -run Postgres'.
TESTFLAGS ?=
# The packages of `make race` (concurrent) and `make bench` (speed matters).
RACE  ?= ./scan/... ./task/... ./store/... ./cloudapi/... ./layer/... ./asset/... ./analyze/...
BENCH ?= ./layer/... ./analyze/... ./advisory/...

# The size of `make bench-tasks` (BENCHFLAGS='-latency 20ms -subset 1000') and
# `make chaos`.
IMAGES ?= 100000
ROUNDS ?= 30

# All targets have the same flags, so that they share the build cache. The
# release is static (no cgo) and contains no paths of this machine.
export CGO_ENABLED ?= 0
export GOFLAGS     ?= -trimpath -buildvcs=false

# golangci-lint is built from source into the user's cache, outside this module,
# which does not depend on it.
GOLANGCI_VERSION ?= v2.15.0
CACHE    ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/landwaiter
GOLANGCI := $(CACHE)/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint

.DEFAULT_GOAL := help
.PHONY: help build install demo test race fuzz bench bench-tasks chaos lint fmt fmt-check vet \
	generate generate-check tidy-check size parts clean

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the static binary bin/landwaiter
	$(GO) build -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN)/landwaiter ./cmd/landwaiter

install: build ## Install the binary and the systemd unit (DESTDIR, PREFIX)
	install -D -m 0755 $(BIN)/landwaiter $(DESTDIR)$(PREFIX)/bin/landwaiter
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,/usr/local/bin,$(PREFIX)/bin,' packaging/landwaiter.service \
		> $(DESTDIR)$(PREFIX)/lib/systemd/system/landwaiter.service

demo: build ## Scan made-up images through the API; needs no network
	$(BIN)/landwaiter demo --once

test: ## Run all tests; installs the real parts they use, or prints how
	@hack/real-parts
	$(GO) test -timeout 20m $(TESTFLAGS) ./...

race: ## Test the concurrent packages with the race detector (needs gcc)
	CGO_ENABLED=1 $(GO) test -race -timeout 20m $(TESTFLAGS) $(RACE)

fuzz: ## Run every fuzz target for FUZZTIME (10s)
	@GO='$(GO)' hack/fuzz $(FUZZTIME)

bench: build ## Run the benchmarks; CORPUS=DIR of images, ADVISORIES=DIR, BENCHFLAGS='-huge 20'
	$(GO) run ./bench -binary $(BIN)/landwaiter -corpus '$(CORPUS)' -advisories '$(ADVISORIES)' $(BENCHFLAGS)
	$(GO) test -run '^$$' -bench . -benchmem $(BENCH)

bench-tasks: ## Measure tasks of IMAGES (100000) images on SQLite and PostgreSQL (POSTGRES=URL)
	@hack/real-parts
	$(GO) test ./bench/tasks -count=1 -timeout 120m -v -args -images $(IMAGES) -postgres '$(POSTGRES)' $(BENCHFLAGS)

chaos: ## Kill servers and workers at random for ROUNDS (30) rounds on each database
	@hack/real-parts
	$(GO) test ./e2e -run '^TestChaos$$' -count=1 -timeout 120m -v -args -chaos.rounds $(ROUNDS)

lint: $(GOLANGCI) ## Run golangci-lint, building it the first time
	$(GOLANGCI) run ./...

$(GOLANGCI):
	@echo "Building golangci-lint $(GOLANGCI_VERSION) in $(@D); this takes a few minutes, once."
	cd / && GOBIN='$(@D)' $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

fmt: $(GOLANGCI) ## Format the code and order its imports
	$(GOLANGCI) fmt ./...

fmt-check: ## Fail when a file is not formatted
	@out="$$(gofmt -s -l .)"; test -z "$$out" || { echo "Not formatted; run 'make fmt':"; echo "$$out"; exit 1; }

vet: ## Run go vet
	$(GO) vet ./...

generate: ## Generate code
	$(GO) generate ./...

generate-check: generate ## Fail when generated code is not up to date (needs git)
	@git diff --exit-code -- '*_gen.go' || \
		{ echo "Generated code is stale; run 'make generate' and commit the result."; exit 1; }

tidy-check: ## Fail when go.mod is not tidy
	$(GO) mod tidy -diff

size: build ## Print the size of the binary and the number of its packages
	@file=$(BIN)/landwaiter; printf '%s: %d bytes, %d packages\n' \
		"$$file" "$$(stat -c %s $$file)" "$$($(GO) list -deps ./cmd/landwaiter | wc -l)"

parts: ## Print which real parts of the tests are missing
	@hack/real-parts --check

clean: ## Remove the binary (the caches of Go and of the linter stay)
	rm -f $(BIN)/landwaiter
