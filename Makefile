# Each target sets up its own virtual environment. What a machine needs first, README.md says for each system.

ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := .venv/Scripts
else
PYTHON ?= python3
BIN := .venv/bin
endif

# What a user's shell sets for other programs must not reach into the environment.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo check test every-test unit-tests bench screenshots docs coverage lint format clean

demo: .venv/ready
	$(BIN)/tracedial demo

# The linters run beside the tests. More workers than cores are quicker (`make test WORKERS=4`), but browsers then show fewer
# of a video's frames in time.
WORKERS ?= 2

test: .venv/ready-to-test .stubs/ready
	$(MAKE) -j 2 lint every-test

every-test: .venv/ready-to-test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# What a change is held to while it is made: lint, types, and the tests that neither wait nor compute for long.
check: .venv/ready-to-test .stubs/ready
	$(MAKE) -j 2 lint unit-tests

unit-tests: .venv/ready-to-test
	$(BIN)/python -m pytest -q -m "not real_time and not thorough"

# Through the commands that tests start, too. An emulated dial on MicroPython is not counted: its files are the board's.
coverage: .venv/ready-to-test
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

bench: .venv/ready-to-bench
	$(BIN)/python bench/run.py

screenshots: .venv/ready-to-test
	$(BIN)/python tools/screenshots.py

docs: .venv/ready-for-docs
	$(BIN)/python tools/site.py

lint: .venv/ready-to-test .stubs/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright -p pyright-host.json
	$(BIN)/pyright -p pyright-hardware.json
	$(BIN)/pyright -p pyright-device-rp2.json
	$(BIN)/pyright -p pyright-device-esp32.json
	$(BIN)/python tools/front.py

format: .venv/ready-to-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .stubs tools/front/node_modules

.venv/ready: pyproject.toml
	@$(PYTHON) --version || (echo There is no $(PYTHON) here: install Python 3.11 or newer as README.md says for your system && exit 1)
	@$(PYTHON) tools/environment.py .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[micropython]"
	@echo ready > $@

.venv/ready-to-test: .venv/ready
	$(BIN)/python -m pip install --quiet --group test --group lint
	@echo ready > $@

.venv/ready-to-bench: .venv/ready
	$(BIN)/python -m pip install --quiet --group bench
	@echo ready > $@

.venv/ready-for-docs: .venv/ready
	$(BIN)/python -m pip install --quiet --group docs
	@echo ready > $@

# The types of each kind of board, where only pyright's view of it finds them: among the host's they would hide its own.
.stubs/ready: pyproject.toml Makefile
	$(BIN)/python -m pip install --quiet --upgrade --no-deps --target .stubs/rp2 "micropython-rp2-stubs==1.29.*" "micropython-stdlib-stubs==1.29.*"
	$(BIN)/python -m pip install --quiet --upgrade --no-deps --target .stubs/esp32 "micropython-esp32-stubs==1.29.*" "micropython-stdlib-stubs==1.29.*"
	@echo ready > $@
