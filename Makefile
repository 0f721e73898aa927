# The index of commands. `make demo` and `make test` work on a fresh clone: they install what is missing and say so.

SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help setup build demo test test-full test-unit test-e2e bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install what is missing and build
	@scripts/setup.sh

build: ## compile the TypeScript and the C programs
	@scripts/setup.sh

demo: ## a farm of four nodes on this machine builds the examples; every object is compared with a local build
	@scripts/setup.sh && exec bin/mosix demo

test: ## all tests; the last line counts them
	@scripts/setup.sh --tests && exec scripts/test.sh

test-full: ## all tests, real projects in every variant, and the scheduler on four machines
	@scripts/setup.sh --tests && MOSIX_TEST_FULL=1 exec scripts/test.sh

test-unit: ## the quick ones
	@scripts/setup.sh && exec scripts/test.sh unit sim tidy

test-e2e: ## real builds on real farms
	@scripts/setup.sh --tests && exec scripts/test.sh e2e

bench: ## client cost per compile, beside g++, distcc, icecream and ccache
	@scripts/setup.sh --bench && exec npm run --silent bench

clean: ## remove what was built (npm packages stay)
	@rm -rf packages/*/dist test/dist
	@$(MAKE) -s -C packages/launcher clean
