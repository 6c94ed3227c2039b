# The commands a person types; `make` alone lists them.

CASTHOST := .build/release/casthost

.DEFAULT_GOAL := help
.PHONY: help quickstart build test lint bench bench-peers docs setup

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

quickstart: build ## set up, build, fetch the default model (98 MB), run Scripts/quickstart.lua
	@$(CASTHOST) models pull > /dev/null
	@$(CASTHOST) run Scripts/quickstart.lua

build: setup ## build .build/release/casthost
	@if [ -x $(CASTHOST) ]; then \
	  swift build --quiet -c release --product casthost; \
	else \
	  echo "Building casthost; the first time takes some minutes."; \
	  swift build -c release --product casthost; \
	fi

test: setup ## run the tests, those on the default model too
	@swift build --build-tests $(IMPORT_CHECK)
	@.build/debug/casthost models pull > /dev/null
	@swift test --skip-build --disable-xctest

lint: ## check formatting, imports, Lua scripts and the budgets of the code
	@Scripts/dev/setup.sh --lint
	swift format lint --strict -r Sources Tests Package.swift
	luacheck --quiet Scripts
	Scripts/dev/budgets.sh
	swift build --build-tests $(IMPORT_CHECK)

bench: build ## measure kernels, tokens per second and a vector's build; minutes
	@$(CASTHOST) bench --work kernels,prefill,decode,batch,build

# Needs about 6 GB of disk the first time; PEERS_ENV=folder takes an environment that exists.
bench-peers: build ## measure the same work with llama.cpp, Transformers and others; hours
	@python3 Scripts/dev/peers/bench_peers.py $(PEERS)

docs: build ## write Docs/Lua-API.md from Scripts/types/cast.d.lua
	@$(CASTHOST) help --markdown > .build/Lua-API.md
	@mv .build/Lua-API.md Docs/Lua-API.md

setup:
	@Scripts/dev/setup.sh

# An import of a target that is not declared as a dependency is an error.
IMPORT_CHECK := --explicit-target-dependency-import-check error
