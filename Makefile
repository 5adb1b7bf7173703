# The menu: make help
NODE_BIN := node_modules/.bin
export PATH := $(CURDIR)/$(NODE_BIN):$(PATH)

VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)
IMAGE ?= fog-rollouts:$(VERSION)
# The image's base, e.g. with its digest; the Dockerfile's where empty
NODE_IMAGE ?=
# Where the cluster reaches Temporal, e.g. make helm TEMPORAL_ADDRESS=temporal-frontend.temporal:7233. Empty: the release brings
# one of its own, for trying out.
TEMPORAL_ADDRESS ?=
TEMPORAL = $(if $(TEMPORAL_ADDRESS),temporal.address=$(TEMPORAL_ADDRESS),temporal.embedded.enabled=true)
K3D_CLUSTER ?= k3s-default
NAMESPACE ?= fog-rollouts-system
HELM_ARGS ?=
TEST_ARGS ?=
# Where the archive of kubectl fog will be downloaded from; then make command writes Krew's manifest too
COMMAND_URL ?=

.DEFAULT_GOAL := help
.PHONY: help run demo up down clean test test-clusters test-postgres coverage bench build push command k3d helm undeploy lint generate

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(NODE_BIN) ## Start everything, roll the example out, stay until Ctrl-C
	@node dev/cli.ts run

demo: $(NODE_BIN) ## Be led through it in a few minutes
	@node dev/cli.ts demo

up: $(NODE_BIN) ## Start everything in the background
	@node dev/cli.ts up

down: $(NODE_BIN) ## Stop everything; the state is kept
	@node dev/cli.ts down

clean: $(NODE_BIN) ## Stop everything and remove the state
	@node dev/cli.ts clean

test: $(NODE_BIN) ## Pass the tests, real stack included: a quarter of an hour on two cores
	@npm test --silent -- $(TEST_ARGS)

test-clusters: $(NODE_BIN) ## Pass those that kill, cut off or fill a cluster of their own: as long again
	@npm run --silent test:clusters -- $(TEST_ARGS)

test-postgres: $(NODE_BIN) ## Pass a few on the real Temporal server and PostgreSQL
	@npm run --silent test:postgres -- $(TEST_ARGS)

coverage: $(NODE_BIN) ## See what the unit tests run: a summary, and coverage/index.html
	@npm run --silent coverage

bench: $(NODE_BIN) ## Measure; prints a table and writes .fog/bench.json
	@npm run --silent bench

lint: $(NODE_BIN) ## Check style, types and generated files
	@npm run --silent lint
	@npm run --silent types
	@npm run --silent generated

generate: $(NODE_BIN) ## Generate types and chart files from crds/
	@npm run --silent generate

build: ## Build the container image (IMAGE=...)
	docker build --build-arg VERSION=$(VERSION) --build-arg REVISION=$(shell git rev-parse HEAD 2>/dev/null || echo unknown) $(if $(NODE_IMAGE),--build-arg NODE_IMAGE=$(NODE_IMAGE)) -t $(IMAGE) .

command: $(NODE_BIN) ## Build kubectl fog for any Node: dist/kubectl-fog.mjs, and an archive for npm install -g
	@npm run --silent bundle-command
	@npm run --silent pack-command -- $(COMMAND_URL)

k3d: build ## Import the image into a k3d cluster (K3D_CLUSTER=...)
	k3d image import $(IMAGE) --cluster $(K3D_CLUSTER)

push: build ## Build the image and push it (IMAGE=registry/name:tag)
	docker push $(IMAGE)

# A release that has a Temporal is not given another one by a variable that was forgotten.
helm: ## Install the chart into the current cluster (TEMPORAL_ADDRESS=..., NAMESPACE=..., HELM_ARGS=...)
	@[ -n "$(TEMPORAL_ADDRESS)" ] || ! known=$$(helm get values fog-rollouts -n $(NAMESPACE) -o json 2>/dev/null | grep -o '"address":"[^"]\{1,\}"') || \
	  { echo "Error: this release uses another Temporal: make helm TEMPORAL_ADDRESS=$$(echo $$known | cut -d'"' -f4)" >&2; exit 1; }
	kubectl create namespace cloud --dry-run=client -o yaml | kubectl apply -f -
	helm upgrade --install fog-rollouts chart -n $(NAMESPACE) --create-namespace --set api.alias.namespace=cloud \
	  --set image.repository=$(shell echo $(IMAGE) | sed 's/:[^:/]*$$//') --set image.tag=$(shell echo $(IMAGE) | sed 's/.*://') \
	  --set $(TEMPORAL) $(HELM_ARGS)
	kubectl rollout status deployment/fog-rollouts-api -n $(NAMESPACE) --timeout=10m

undeploy: ## Remove the chart from the current cluster
	helm uninstall fog-rollouts -n $(NAMESPACE)

# npm writes this file last; older than the lock file means that the lock file has changed since. Errors only: npm itself
# may run on a Node older than the one it installs for us, and warns of that for every package.
$(NODE_BIN): node_modules/.package-lock.json

node_modules/.package-lock.json: package-lock.json
	@command -v npm >/dev/null || { echo "Error: Node is missing: install Node 20 or newer from https://nodejs.org" >&2; exit 1; }
	@echo 'Installing dependencies (npm ci)'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
