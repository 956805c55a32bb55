# Omoi. `make` lists the targets. Everything is made inside the checkout: .venv, .omoi-demo and .omoi-playground.
.DEFAULT_GOAL := help
.PHONY: help setup demo playground test test-full lint generated proto bench

BIN := .venv/bin
SET_UP := sh clients/demo/set_up.sh
PROTO_OUT ?= protos
PROTOC = $(BIN)/python -m grpc_tools.protoc -Iprotos

# Words of a person: taken as they are, so that a $ in an idea stays one. Under their own names they are not handed on:
# make expands what it exports from its command line, and would run the $(shell …) of an idea.
unexport IDEA REPO HOST
export OMOI_DEMO_IDEA := $(value IDEA)
export OMOI_DEMO_REPO := $(value REPO)
# Some shells export HOST, the name of the machine; only what is said to make counts.
export OMOI_PLAYGROUND_HOST := $(if $(filter command,$(firstword $(origin HOST))),$(value HOST))

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name about; do printf '%-18s %s\n' "$$name" "$$about"; done

setup: ## .venv with everything that work on Omoi needs
	@$(SET_UP) dev

demo: ## an idea becomes a branch and a pull request; REPO=path and IDEA="…" choose your own
	@$(SET_UP) server
	@PYTHONPATH=clients $(BIN)/python -m demo

playground: ## Slack in the browser with the real bot, no account; IDEA, REPO and HOST=address to serve it at
	@$(SET_UP) playground
	@exec env PYTHONPATH=clients $(BIN)/python -m tests.peers.playground

# Three at a time on two cores: many tests wait for a process or a clock.
test: ## all tests but the long ones
	@$(SET_UP) dev
	@$(BIN)/python -m pytest -q -n 3 -m "not full"

test-full: ## all tests: kills at every point, bursts, the wheel
	@$(SET_UP) dev
	@$(BIN)/python -m pytest -q -n 3 -m "not full"
	@$(BIN)/python -m pytest -q -m full --timeout=1800

lint: ## style, types, layers, and whether the generated code is that of the contract
	@$(SET_UP) dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy server clients bot tests
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory generated

generated:
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && $(MAKE) --no-print-directory proto PROTO_OUT="$$out" \
	&& diff -r -x '*.proto' -x __init__.py -x py.typed -x __pycache__ protos/omoi "$$out/omoi" >&2 \
	|| { echo "protos/omoi: the generated code is not that of the .proto files. Run: make proto" >&2; exit 1; }

proto: ## generate Python from protos/omoi/v1
	@$(SET_UP) dev
	@$(PROTOC) --python_out="$(PROTO_OUT)" --pyi_out="$(PROTO_OUT)" protos/omoi/v1/*.proto
	@$(PROTOC) --grpc_python_out="$(PROTO_OUT)" $$(grep -l '^service ' protos/omoi/v1/*.proto)

bench: ## measurements; each prints what it measured
	@$(SET_UP) dev
	@failed=0; for script in $$(grep -l '^    python tests/bench/' -r tests/bench --include='*.py' | sort); do \
		echo "== $$script"; $(BIN)/python "$$script" || failed=1; done; exit $$failed
