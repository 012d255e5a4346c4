# tinyml: `make demo` does all set-up and the main job; `make test` does all set-up and the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# What `make demo` runs on. No board is needed: --emulate puts a virtual one in its place.
DEMO   ?= --board nano33 --emulate

DEMO_TOOLS := ensurepip arm-none-eabi-gcc npm
TEST_TOOLS := $(DEMO_TOOLS) gcc qemu-system-arm arm-none-eabi-g++ g++ clang-format chromium avr-gcc simavr avrdude

BENCH_TOOLS := arm-none-eabi-gcc qemu-system-arm gcc avr-gcc simavr avrdude npm

.PHONY: demo test check bench soak lock clean help

help:
	@echo "make demo    set up, build, upload to a virtual Nano 33 BLE, prove all 10,010 outputs"
	@echo "make test    set up and run every check and test"
	@echo "make bench   count instructions, flash and RAM of every engine, board and model"
	@echo "make check   lint and types only"
	@echo "make lock    refresh requirements.lock"
	@echo "make clean   remove what was built"

demo: $(VENV)/installed
	@scripts/system-tools $(DEMO_TOOLS)
	$(BIN)/tinyml run $(DEMO)

test: check $(VENV)/headers
	@scripts/system-tools $(TEST_TOOLS)
	$(BIN)/pytest -q

check: $(VENV)/installed
	@scripts/system-tools clang-format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	clang-format --dry-run --Werror $$(git ls-files 'firmware/*.[ch]' 'firmware/*.cc' 'tests/*.c' 'tests/*.cc' 'tests/*.h')

# One environment for everything, from the lock file: exact versions, checked by hash.
$(VENV)/installed: requirements.lock pyproject.toml
	@scripts/system-tools ensurepip
	@echo "making $(VENV) (TensorFlow is large; this takes a minute or two)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# TFLM's C++ headers, for the tests alone; without what the package asks for, which its headers do not need.
$(VENV)/headers: tests/tflm/requirements.txt $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

# Instructions, flash and RAM of every engine, board and model; writes build/bench.json and docs/benchmarks.md.
bench: $(VENV)/installed
	@scripts/system-tools $(BENCH_TOOLS)
	$(BIN)/python bench/engines.py --page

lock:
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra emulation --universal --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --python-version 3.11 --quiet -o requirements.lock

clean:
	rm -rf build dist $(VENV)
