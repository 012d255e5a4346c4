# tinyml: `make demo` does all set-up and the main job; `make test` does all set-up and the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# What `make demo` runs on. No board is needed: --emulate puts a virtual one in its place.
DEMO   ?= --board nano33 --emulate

DEMO_TOOLS := ensurepip arm-none-eabi-gcc npm
TEST_TOOLS := $(DEMO_TOOLS) node gcc qemu-system-arm qemu-system-riscv32 riscv64-unknown-elf-gcc arm-none-eabi-g++ g++ clang chromium avr-gcc simavr avrdude

BENCH_TOOLS := arm-none-eabi-gcc qemu-system-arm gcc avr-gcc simavr avrdude valgrind npm
# What the other engines of `make bench` are made with, away from the toolkit's own packages.
PEERS  := .venv-peers
# labgrid, for the tests of a farm.
FARM   := .venv-farm

.PHONY: demo test check bench bench-link bench-mlperf matrix soak fuzz differential lock clean help

help:
	@echo "make demo    set up, build, upload to a virtual Nano 33 BLE, prove all 10,010 outputs"
	@echo "make test    set up and run every check and test"
	@echo "make bench   count instructions, flash and RAM of every engine, board and model"
	@echo "make check   lint and types only"
	@echo "make bench-link  images a second over links of 115,200 baud, 921,600 baud and USB"
	@echo "make bench-mlperf  MLPerf Tiny's networks on four cores; MLPERF_TINY=folder where there is no net"
	@echo "make matrix  every network with rows that stream and without, at every optimisation; hours, and goes on where it was"
	@echo "make soak    10,010 images over a damaged link with resets, five seeds"
	@echo "make fuzz    libFuzzer on the firmware core; FUZZ_SECONDS=600 by default"
	@echo "make differential  random networks on every instruction set; DIFFERENTIAL_SECONDS=3600 by default"
	@echo "make lock    refresh the lock files: of tinyml, of bench/peers and of tests/farm"
	@echo "make clean   remove what was built"

demo: $(VENV)/installed
	@scripts/system-tools $(DEMO_TOOLS)
	$(BIN)/tinyml run $(DEMO)

# The tests that stay in their own process run first, with a count of what they run of toolkit/: most others start
# `tinyml` or an emulator, which such a count would slow by a fifth. A file's tests stay together.
IN_PROCESS = boards data link models registry report tflite verify
WORKERS ?= 2
test: check $(VENV)/headers $(VENV)/rp2040js $(FARM)/installed
	@scripts/system-tools $(TEST_TOOLS)
	$(BIN)/coverage run -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(IN_PROCESS:%=tests/%)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --format=text | tail -1 | sed 's/^TOTAL.* /lines of toolkit that these tests run: /'
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(IN_PROCESS:%=--ignore=tests/%)

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run --Werror $$(git ls-files 'firmware/*.[ch]' 'firmware/*.cc' 'tests/*.c' 'tests/*.cc' 'tests/*.h' 'bench/*.[ch]')

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

# The virtual Pico's chip, where its emulator looks for it: in the user's cache, by the hash in package-lock.json.
$(VENV)/rp2040js: toolkit/emulate/rp2040js/package-lock.json $(VENV)/installed
	@scripts/system-tools node npm
	@npm ci --silent --prefix "$$($(BIN)/python -c 'from toolkit.emulate import rp2040js; print(rp2040js.package_folder())')"
	@touch $@

# labgrid, beside and not among what tinyml has: it brings a fork of pyserial.
$(FARM)/installed: tests/farm/requirements.txt
	@scripts/system-tools ensurepip
	@test -x $(FARM)/bin/python || $(PYTHON) -m venv $(FARM)
	@$(FARM)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(PEERS)/installed: bench/peers/requirements.txt
	@scripts/system-tools ensurepip
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Instructions, flash and RAM of every engine, board and model; writes build/bench.json and docs/benchmarks.md.
bench: $(VENV)/installed $(PEERS)/installed
	@scripts/system-tools $(BENCH_TOOLS)
	$(BIN)/python -m bench.engines --page

# Real time over throttled links; writes build/bench-link.json and the table in docs/benchmarks.md.
bench-link: $(VENV)/installed
	@scripts/system-tools gcc
	$(BIN)/python -m bench.link --page

# MLPerf Tiny's networks beside TensorFlow Lite Micro's figures; writes build/bench-mlperf.json and the page's table. An
# interrupted run goes on where it was. MLPERF_TINY=folder: the files are there, and nothing is downloaded.
bench-mlperf: $(VENV)/installed
	@scripts/system-tools arm-none-eabi-gcc qemu-system-arm qemu-system-riscv32 riscv64-unknown-elf-gcc
	$(BIN)/python -m bench.mlperf --page --beside bench/mlperf_gcc14.json

# Every network there is, with rows that stream and without, at every optimisation, on the host under ASan and on the
# emulated Cortex-M4F. MATRIX_NETWORKS=folder: networks of your own too.
MATRIX_NETWORKS ?=
matrix: $(VENV)/installed
	@scripts/system-tools gcc arm-none-eabi-gcc qemu-system-arm
	$(BIN)/python -m tests.matrix $(MATRIX_NETWORKS:%=--networks %)

# The fault test in full; writes build/soak.json, and fails if one image is missing or wrong.
soak: $(VENV)/installed
	@scripts/system-tools gcc
	$(BIN)/python -m tests.e2e.soak --out build/soak.json

# The firmware core under libFuzzer; what it finds that is new goes to build/fuzz/corpus.
FUZZ_SECONDS ?= 600
fuzz: $(VENV)/installed
	@scripts/system-tools clang
	$(BIN)/python -m tests.fuzz.core --seconds $(FUZZ_SECONDS)

# Random networks on every instruction set, held to the locked interpreter byte for byte; docs/differential.md.
DIFFERENTIAL_SECONDS ?= 3600
DIFFERENTIAL_SEED ?= 0
differential: $(VENV)/installed
	@scripts/system-tools gcc arm-none-eabi-gcc qemu-system-arm avr-gcc simavr
	$(BIN)/python -m tests.differential --seconds $(DIFFERENTIAL_SECONDS) --seed $(DIFFERENTIAL_SEED)

# A new tflite-micro must pass `make differential` before its lock is committed.
lock:
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra emulation --extra search --universal --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --python-version 3.11 --quiet -o requirements.lock
	$(BIN)/uv pip compile bench/peers/requirements.in --universal --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --python-version 3.11 --quiet -o bench/peers/requirements.txt
	$(BIN)/uv pip compile tests/farm/requirements.in --universal --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --python-version 3.11 --quiet -o tests/farm/requirements.txt

clean:
	rm -rf build dist $(VENV) $(PEERS)
