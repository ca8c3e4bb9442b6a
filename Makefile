# make reproduce   the embedded benchmark, from a bare checkout to reports/index.html;
#                  another one with CONFIG=config/other.yaml
# make test        every test
# make check       everything that CI checks: format, lint, types, layers, workflow, tests
# make lock        write constraints.txt anew from the versions that pyproject.toml allows

PYTHON ?= python3
CORES ?= all
CONFIG ?= config/config.yaml
BIN := .venv/bin
READY := .venv/ready
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: reproduce test check lock
.DELETE_ON_ERROR:

reproduce: $(READY)
	@convbench check $(CONFIG)
	@snakemake --cores $(CORES) --configfile $(CONFIG)

test: $(READY)
	@pytest

check: $(READY)
	@scripts/check

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "convbench needs Python 3.11 or later, and $(PYTHON) is $$($(PYTHON) --version); try make PYTHON=python3.11" >&2; exit 1; }
	@start=$$(date +%s); echo "Setting up .venv with the versions in constraints.txt; this takes a few minutes."; \
	$(PYTHON) -m venv .venv && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' && \
	touch $(READY) && echo "Set-up took $$(( $$(date +%s) - start )) s."

lock:
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock && \
	.venv-lock/bin/python -m pip install --quiet '.[dev]' && \
	{ echo "# Every package of the environment, exactly. Made anew with: make lock"; \
	  .venv-lock/bin/python -m pip freeze --exclude convbench | sed 's/+cpu$$//'; } > constraints.txt && \
	rm -rf .venv-lock
