# Everything a developer does here. `make run` and `make test` need a Python and nothing else: the environment is
# made on first use from the hashed locks in requirements/, the servers come with it, nothing asks for root.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run locust bench bench-history bench-soak bench-pure faults test histories fuzz mutants drill check format schema docs lock clean dockerfile

# The newest Python that answers and that the project supports; say PYTHON=… to choose another.
PYTHON ?= $(shell for candidate in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$candidate -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1 \
	&& echo $$candidate && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
CODE := wallet gateway providers bench tests

# For `make run`: seconds to play (empty: until interrupted), bets a second, the gateway's port.
FOR ?=
RATE ?= 200

# For `make locust`: users, and the port of Locust's own page (empty: none).
USERS ?= 200
WEB ?=
export BANKROLL_PORT

# For `make bench`: seconds for one point; ledger or gateway alone (empty: both).
SECONDS ?= 5
PART ?=

# For `make faults`: how long, and what decides what breaks (empty: chosen, and printed).
MINUTES ?= 3
SEED ?=

# For `make test` and `make mutants`: workers, and anything pytest takes, e.g. `make test ONLY=tests/sql`, or a word of
# mutants' names, `make mutants ONLY=lane`.
WORKERS ?= 2
ONLY ?=

# For `make histories`: messages in an order, and random histories of each sort.
DEPTH ?= 5
EXAMPLES ?= 300

# uv installs; it never fetches a Python of its own.
export UV_PYTHON_DOWNLOADS := never
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate

help:
	@echo 'make run     a gateway with players and simulated studios (FOR=seconds RATE=bets-per-second BANKROLL_PORT=port)'
	@echo 'make locust  the same studios played by Locust (USERS=200 FOR=seconds; WEB=port for its page)'
	@echo 'make bench   measure the ledger and the gateway beside their baselines (SECONDS=for-a-point PART=ledger)'
	@echo 'make bench-history  the ledger with 0, 1 and 10 million postings behind it (SECONDS=for-a-point; some ten minutes)'
	@echo 'make bench-soak     the gateway at half its maximum for ten minutes: memory, latencies, tables, log'
	@echo 'make bench-pure  time adapters, coalescer, money and decision against what is stored (STORE=1 stores it anew)'
	@echo 'make faults  rounds over failing lines while everything is killed in turn; nothing may be lost (MINUTES=3 SEED=7)'
	@echo 'make test    the whole test suite (ONLY=path WORKERS=2)'
	@echo 'make histories  every order of messages at every protocol, and many random histories (DEPTH=5 EXAMPLES=300 ONLY=protocol)'
	@echo 'make fuzz    hostile bytes at every protocol, and every operation of the API (MINUTES=3 SEED=1)'
	@echo 'make mutants take the guards of ledger, adapters and edge away one by one, and see a test notice each (ONLY=word WORKERS=2)'
	@echo 'make drill   lose a database and restore it, fill a disk: what is lost and how long it takes'
	@echo 'make check   format, lint, types, who imports whom'
	@echo 'make format  rewrite the sources as the formatter wants them'
	@echo 'make schema  write sql/schema.sql as migrations, functions and views make it'
	@echo 'make docs    write the generated pages of docs/ from the code'
	@echo 'make dockerfile  run the Dockerfile'"'"'s steps without a container engine'
	@echo 'make lock    resolve requirements/ anew (UPGRADE=--upgrade for newer versions)'
	@echo 'make clean   remove the environment, caches and the embedded servers'"'"' data'

run: $(STAMP)
	@exec $(BIN)/bankroll demo --with-parent --rate $(RATE) $(if $(FOR),--for $(FOR))

locust: $(STAMP)
	@$(BIN)/python -m bench.swarm --users $(USERS) --for $(or $(FOR),60) $(if $(WEB),--web $(WEB))

bench: $(STAMP)
	@$(BIN)/bankroll bench --seconds $(SECONDS) $(PART)

bench-history: $(STAMP)
	@$(BIN)/bankroll bench --seconds $(SECONDS) history

bench-soak: $(STAMP)
	@$(BIN)/bankroll bench --seconds 10 soak

bench-pure: $(STAMP)
	@mkdir -p .benchmarks
	@$(BIN)/python -m pytest -q --benchmark-enable --benchmark-quiet --benchmark-json=.benchmarks/pure.json bench/test_pure.py
	@$(BIN)/python -m bench.pure $(if $(STORE),--store) .benchmarks/pure.json

faults: $(STAMP)
	@exec $(BIN)/python -m bench.faults --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

test: $(STAMP)
	@$(BIN)/python -m pytest -n $(WORKERS) $(ONLY)

histories: $(STAMP)
	@BANKROLL_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(WORKERS) tests/model
	@$(BIN)/python -m tests.providers.walk --depth $(DEPTH) $(ONLY)

fuzz: $(STAMP)
	@FUZZ_MINUTES=$(or $(MINUTES),3) FUZZ_SEED=$(or $(SEED),1) $(BIN)/python -m pytest -q tests/input

mutants: $(STAMP)
	@$(BIN)/python -m tests.mutants --workers $(WORKERS) $(ONLY)

drill: $(STAMP)
	@$(BIN)/python -m tests.drills.restoring
	@$(BIN)/python -m tests.drills.restoring --synchronous
	@$(BIN)/python -m tests.drills.disk_full --full everything
	@$(BIN)/python -m tests.drills.disk_full --full log

check: $(STAMP)
	@$(BIN)/ruff format --check $(wildcard $(CODE))
	@$(BIN)/ruff check $(wildcard $(CODE))
	@$(BIN)/pyrefly check --summary=none
	@$(BIN)/lint-imports --no-logo

format: $(STAMP)
	@$(BIN)/ruff check --fix-only --quiet $(wildcard $(CODE))
	@$(BIN)/ruff format $(wildcard $(CODE))

schema: $(STAMP)
	@$(BIN)/python -m wallet.migrate

docs: $(STAMP)
	@$(BIN)/python -m docs.generate

dockerfile: $(STAMP)
	@$(BIN)/python -m tests.check_dockerfile

lock: $(STAMP)
	@$(COMPILE) $(UPGRADE) pyproject.toml -o requirements/runtime.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml --group development -c requirements/runtime.txt -o requirements/development.txt
	@$(COMPILE) $(UPGRADE) --group bootstrap -o requirements/bootstrap.txt

# Made in place: a newer lock updates the environment, and only one whose Python no longer answers is made anew.
$(STAMP): requirements/bootstrap.txt requirements/development.txt pyproject.toml
	@if ! $(BIN)/python -c '' 2>/dev/null; then \
	if [ -z "$(PYTHON)" ]; then \
	echo 'Bankroll needs Python 3.11, 3.12, 3.13 or 3.14 with its venv module, and found none.'; \
	echo 'Install one (on Debian and Ubuntu: apt-get install python3 python3-venv) or name one: make PYTHON=/path/to/python'; \
	exit 1; fi; \
	echo 'Making .venv with $(PYTHON) …'; rm -rf .venv; $(PYTHON) -m venv .venv; fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(INSTALL) --require-hashes -r requirements/development.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	@rm -rf .venv .bankroll .pytest_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
