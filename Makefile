# Aliases for people who have make; everything works through `python3 start.py` alone.
.DEFAULT_GOAL := help
.PHONY: help demo test bench check lock
PYTHON ?= python3
COMPILE := .venv/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11

help:  ## List these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo:  ## The whole process over the sandbox: 300 leads, 60 simulated days
	$(PYTHON) start.py demo $(ARGS)

test:  ## The whole test suite; ARGS='tests/unit -k reply' for a part
	$(PYTHON) start.py test $(ARGS)

bench:  ## The benchmarks, as JSON
	$(PYTHON) start.py bench $(ARGS)

check:  ## Lint, format, types and import contracts
	$(PYTHON) start.py check

lock:  ## Compile the three locks again; ARGS=--upgrade takes newer versions
	echo uv | $(COMPILE) $(ARGS) - -o requirements-installer.lock
	$(COMPILE) $(ARGS) pyproject.toml -o requirements.lock
	$(COMPILE) $(ARGS) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
