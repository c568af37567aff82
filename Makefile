# Thin names for what CMake and the scripts do. Each installs what it needs; `make` lists them.
JOBS ?= $(shell nproc)
# Many tests wait: for a server, a deadline, a lock.
TEST_JOBS ?= $(shell expr 4 \* $(JOBS))
# Seconds for each fuzz target.
FUZZ_TIME ?= 60
BENCH ?=

.PHONY: help setup demo test bench bench-instructions bench-elixir lint format docs clean asan tsan coverage fuzz

help:  ## list the targets
	@sed -n 's/^\([a-z -]*\):.*## /\1\t/p' Makefile | expand -t 20

setup:  ## install everything that any target needs
	scripts/setup build test examples elixir bench lint docs coverage fuzz

demo:  ## run the tour: libSQL at work on real data; REMOTE=1: on a server and a replica, too
	@test -d examples/tour || { echo "examples/tour is not there"; exit 1; }
	@scripts/setup build test examples
	cmake --preset release
	cmake --build --preset release -j $(JOBS) --target tour
	$(if $(REMOTE),scripts/with_server) build/release/examples/tour

test:  ## build as shipped and run all tests, those about SQL and data in all three modes
	@scripts/setup build test examples elixir
	cmake --preset release
	cmake --build --preset release -j $(JOBS)
	@rm -rf build/release/tests/results
	ctest --preset release -j $(TEST_JOBS)
	@tests/run_mode count build/release/tests/results
	scripts/mix release test

bench:  ## measure beside the peers; BENCH=L2 measures one
	@scripts/setup build test examples bench
	cmake --preset release -DECTO_LIBSQL_BENCH=ON
	cmake --build --preset release -j $(JOBS) --target libsql_bench
	build/release/bench/libsql_bench $(BENCH)

bench-instructions:  ## count the instructions of L1 to L5 and D1 by callgrind, which a busy machine does not change
	@scripts/setup build test examples bench
	cmake --preset release -DECTO_LIBSQL_BENCH=ON
	cmake --build --preset release -j $(JOBS) --target libsql_bench
	scripts/bench_instructions build/release/bench/libsql_bench $(BENCH)

bench-elixir:  ## measure the Elixir package, beside exqlite and ecto_sqlite3 where ECTO_DEPS has them
	@scripts/setup build test examples elixir
	cmake --preset release
	scripts/mix release run bench/bench.exs

lint:  ## check format, clang-tidy, headers and the house's order; LINT_ALL=1 tidies every file
	@scripts/setup build test examples elixir bench lint
	scripts/lint

format:  ## apply clang-format and mix format
	@scripts/setup lint elixir
	scripts/lint --format

docs:  ## write the API's documentation to build/docs
	@scripts/setup build docs
	doxygen docs/Doxyfile

clean:  ## remove everything that was built
	rm -rf build

asan tsan:  ## run all tests under the address and undefined, or the thread sanitizer
	@scripts/setup build test examples elixir
	cmake --preset $@
	cmake --build --preset $@ -j $(JOBS)
	ctest --preset $@ -j $(TEST_JOBS)
	$(if $(filter asan,$@),scripts/mix asan test)

coverage:  ## measure which lines the tests reach
	@scripts/setup build test examples coverage
	cmake --preset coverage
	cmake --build --preset coverage -j $(JOBS)
	ctest --preset coverage -j $(TEST_JOBS)
	gcovr --filter include/ --filter src/ --html-details build/coverage/coverage.html --print-summary build/coverage

fuzz:  ## run each fuzz target for FUZZ_TIME seconds
	@scripts/setup build fuzz
	cmake --preset fuzz
	cmake --build --preset fuzz -j $(JOBS)
	@ls build/fuzz/fuzz/*_fuzz | xargs -P $(JOBS) -I{} sh -c 'name=$$(basename $$1 _fuzz); \
	    mkdir -p $$1.corpus && $$1 -max_total_time=$(FUZZ_TIME) -dict=fuzz/sql.dict $$1.corpus \
	        $$(ls -d fuzz/corpus/$$name 2>/dev/null) >$$1.log 2>&1; code=$$?; \
	    echo "$$name: $$(tail -n 1 $$1.log)"; [ $$code = 0 ] || tail -n 40 $$1.log; exit $$code' - {}
