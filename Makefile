# The same commands at home and in CI.
.DEFAULT_GOAL := help
BIN := .venv/bin
EVAL ?= ../shared/eval

.PHONY: help install demo test test-all test-postgres check quality soak bench-search bench-officer bench

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/  –/'

install: .venv/.core  ## environment, locked packages; browser and font where apt may
.venv/.core: requirements/core.txt pyproject.toml requirements/install
	@requirements/install core
.venv/.dev: requirements/dev.txt pyproject.toml requirements/install
	@requirements/install dev

demo: .venv/.core  ## the main job on a made-up web: list, sweep, alerts, warning, task
	@$(BIN)/python -m tests.demo

test: .venv/.dev  ## unit, integration, journey and house tests
	@$(BIN)/python -m pytest -q -n 2 --no-loadscope-reorder -m "not soak" tests

test-all: .venv/.dev  ## after make test: search on a real Elasticsearch, then all again with every store in PostgreSQL; a server that is missing is a failure
	@XUNWANG_TEST_SERVERS=1 $(BIN)/python -m pytest -q -n 2 --no-loadscope-reorder -m "elastic and not soak" tests/integration tests/journey
	@$(MAKE) test-postgres

test-postgres: .venv/.dev  ## the suite again, every store in PostgreSQL, in the programs it starts too
	@XUNWANG_TEST_SERVERS=1 $(BIN)/python -m pytest -q -n 2 --no-loadscope-reorder -m "not soak" -p tests.servers.on_postgres tests

check: .venv/.dev  ## ruff, mypy strict, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

MINUTES ?= 60
soak: .venv/.dev  ## an hour of sweeps, deliveries, pages and kills; the account must balance (MINUTES=5 for less)
	@$(BIN)/python -m pytest -q -m soak tests
	@$(BIN)/python -m tests.soak --minutes $(MINUTES)

var/bench/peers: requirements/bench.txt
	@python3 -m venv $@ && $@/bin/pip install -q -r requirements/bench.txt && touch $@

bench: .venv/.dev var/bench/peers  ## every number that must hold, with its goal: cost beside the naive pipeline and crawlee, silence, distance, pictures, promptness, memory; two hours (ONLY="cost pictures", ROUNDS=1, PAGES=folder of real pages, TEXTS=what ordinary pages say)
	@$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(PAGES),--pages $(PAGES)) $(if $(TEXTS),--texts $(TEXTS))

bench-search: .venv/.dev  ## search at size on a real Elasticsearch and embedded: rates, kills, times
	@$(BIN)/python -m tests.bench.searching

bench-officer: .venv/.dev  ## after make demo: an officer decides 30 of its cases by keyboard; keys, and a district's day
	@$(BIN)/python -m tests.bench.deciding

quality: .venv/.dev  ## judge labelled pages and the set in EVAL, compare with the pinned baseline
	@$(BIN)/python -m tests.quality $(if $(wildcard $(EVAL)/dev.jsonl),--eval $(EVAL))
