# Everything needs only Python 3.11 or newer, make and git; what else is needed is set up in .venv.
# `make demo`, `make test ARGS="-k checkout"`, `make PYTHON=python3.13 test`.

VENV   ?= .venv
ARGS   ?=
BIN    := $(VENV)/bin
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
            $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

# What puts packages into $(VENV): `.ci/run` has uv do it, where it can be had.
INSTALL ?= $(BIN)/python -m pip install -qq --disable-pip-version-check

# Files in their order, the slow ones first: the fullest first would leave one process alone with the browsers.
SPREAD  := -n 3 --dist loadfile --no-loadscope-reorder
SERVERS := dovecot-imapd dovecot-lmtpd gammu-smsd gammu postgresql prometheus rabbitmq-server

# Without bytecode every process compiles all anew; `make clean` removes it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test stress lint bench clean

help:
	@echo 'make demo    open the demo shop, run its journeys with a real browser, make the report'
	@echo 'make test    run all tests; ARGS="-k checkout" goes to pytest'
	@echo 'make stress  run the tests that make test leaves out because they take minutes'
	@echo 'make lint    check style and types'
	@echo 'make bench   measure what the plugin costs'
	@echo 'make clean   remove .venv and all that was generated'

demo: $(VENV)/browser
	@$(BIN)/synthetic demo $(ARGS)

test: $(VENV)/browser
	@for program in dovecot gammu-smsd prometheus rabbitmq-server; do PATH="$$PATH:/usr/sbin" command -v $$program >/dev/null || \
	  echo "Tests that need $$program are skipped. On Debian: apt-get install --no-install-recommends $(SERVERS)"; done
	@$(BIN)/pytest $(SPREAD) -m 'not stress' $(ARGS)

stress: $(VENV)/browser
	@$(BIN)/pytest $(SPREAD) -m stress $(ARGS)

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/browser
	@$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) .synthetic allure-results allure-report test-results build dist node_modules
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed. On Debian: apt-get install python3 python3-venv'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo '$(PYTHON) has no venv module. On Debian: apt-get install python3-venv'; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	@echo 'Installing into $(VENV) ...'
	@$(INSTALL) --upgrade 'pip>=25.1'
	@$(INSTALL) --editable '.[demo,email,postgresql,metrics,otel,fleet,alerts]' --group dev
	@touch $@

$(VENV)/browser: $(VENV)/installed
	@$(BIN)/synthetic install-browser
	@touch $@
