# Everything a person or CI runs. `make` lists the targets.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# The tag keeps 41 MB of dead code out of the binary (docs/decisions/0001-layout.md).
TAGS    := kustomize_disable_go_plugin_support
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X github.com/fairlead-dev/fairlead/internal/cli.Version=$(VERSION)

# The same for every go command: each combination of them has a build cache of its own, and Kubernetes takes minutes.
export CGO_ENABLED := 0
export GOFLAGS     := -trimpath -buildvcs=false -tags=$(TAGS)

GOFILES := $(shell git ls-files '*.go' go.mod go.sum deploy web/stub internal/server/openapi.yaml 2>/dev/null) $(shell git ls-files --others --exclude-standard '*.go' 2>/dev/null)

CONTROLLER_GEN := sigs.k8s.io/controller-tools/cmd/controller-gen@v0.21.0
GOLANGCI_LINT  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.12.2

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-zA-Z/-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

.PHONY: demo
demo: build ## everything on this machine: cluster, git, Fairlead (first time: about 6 minutes of building)
	@bin/fairlead demo

.PHONY: build
build: bin/fairlead bin/fairlead-sandbox ## both binaries, with the page if there is Node

# Without Node 20.19 or newer the program is built with a stub of the page, which says so.
PAGE := $(shell node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || a == 20 && b >= 19 ? 0 : 1)' 2>/dev/null && echo web/dist/index.html)

bin/fairlead: $(GOFILES) $(PAGE)
	@go build -ldflags "$(LDFLAGS)" -o $@ ./cmd/fairlead

.PHONY: page
page: $(PAGE) ## the page that the program embeds, by Node 20.19 or newer; without it there is a stub
	@$(if $(PAGE),,echo "there is no Node 20.19 or newer: the program gets a stub of the page")

# What npm writes last: a directory alone may be half of an installation.
NODE_MODULES := web/node_modules/.package-lock.json

web/dist/index.html: $(NODE_MODULES) $(shell find web/src web/public web/*.html web/vite*.ts 2>/dev/null)
	@cd web && npm run --silent build

$(NODE_MODULES): web/package-lock.json
	@cd web && npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json

.PHONY: page-check
page-check: $(NODE_MODULES) ## types, lint and tests of the page; in Chromium, too, if it is there
	cd web && npm run types && npm run lint && npm test
	@if [ -x "$${CHROMIUM:-/usr/bin/chromium}" ]; then $(MAKE) --no-print-directory web/dist/index.html && cd web && npm run browser; else echo "there is no Chromium: the tests in a browser are left out"; fi

.PHONY: pictures
pictures: build ## the pictures of docs/page, taken anew of the demo
	cd web && PICTURES=1 npm run browser -- pictures

SANDBOX_FILES := $(shell find sandbox -name '*.go' -o -name 'go.*' -o -name '*.yaml' 2>/dev/null)
bin/fairlead-sandbox: $(SANDBOX_FILES)
	@go run ./tools/buildsandbox -o $@

.PHONY: test
test: build ## all tests, on a real control plane
	go test -timeout 25m ./...
	cd sandbox && go test ./...

.PHONY: race
race: build ## the tests of the main module under the race detector, the long ones in their short form
	CGO_ENABLED=1 go test -race -short -timeout 25m ./...

.PHONY: check
check: gen-check ## formatting, vet, lint, tidiness, generated files
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt'd:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go run $(GOLANGCI_LINT) run
	go mod tidy -diff
	cd sandbox && go vet ./... && go mod tidy -diff

.PHONY: bench
bench: build ## the figures that matter, as ratios to a floor measured in the same run; then benchmarks of single steps
	go run ./bench/firstdelivery -program bin/fairlead
	go run ./bench/scale -program bin/fairlead -n 100,1000
	go run ./bench/check -program bin/fairlead
	go run ./bench/admission -program bin/fairlead
	go run ./bench/automation
	go run ./bench/page
	go test -run '^$$' -bench . -benchmem ./manifest ./internal/source ./internal/render

.PHONY: gen
gen: ## generated files: deep copies, CRDs, the pages of the practices
	go run $(CONTROLLER_GEN) object paths=./api/... crd:crdVersions=v1 output:crd:dir=deploy/crds
	go run ./tools/practicedocs -o docs/practices

.PHONY: gen-check
gen-check: gen ## fails when generated files are stale
	@git diff --exit-code -- api deploy/crds docs/practices && test -z "$$(git ls-files --others --exclude-standard -- docs/practices)" || { echo "generated files are stale: run make gen and commit"; exit 1; }

.PHONY: clean
clean: ## remove what was built
	rm -rf bin
