# rd-recovery: make test runs the unit tests, make lint reads the code, make deps installs what both need.

# --- settings
PACKAGES := gcc make check pkg-config clang-format cppcheck shellcheck
CFLAGS   := -std=c17 -D_GNU_SOURCE -O1 -g -Isrc -Wall -Wextra -Wshadow -Wmissing-prototypes \
            -Wpedantic -Werror
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover
SOURCES  := $(shell find src -name '*.c' | sort)
HEADERS  := $(shell find src -name '*.h' | sort)
TESTS    := $(shell find tests -name '*_test.c' | sort)
SUITES   := $(patsubst %_test,%_suite,$(notdir $(basename $(TESTS))))
SCRIPTS  := .ci/run $(shell find src tests -name '*.sh')

test: deps build/unit
	@./build/unit

# --- what must be installed
deps:
	@sh src/build/deps.sh $(PACKAGES)

# --- unit tests: glibc, with sanitizers
build/unit: $(SOURCES) $(HEADERS) $(TESTS) build/unit.c
	@$(CC) $(CFLAGS) $(SANITIZE) -o $@ $(SOURCES) $(TESTS) build/unit.c \
		$$(pkg-config --cflags --libs check)

build/unit.c: tests/unit.sh $(TESTS)
	@mkdir -p build
	@sh tests/unit.sh $(SUITES) >$@

# --- lint: layout, analysis, shell, headers that stand alone, includes that point down only
lint: deps
	clang-format --dry-run -Werror $(SOURCES) $(TESTS)
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability -Isrc $(SOURCES)
	shellcheck $(SCRIPTS)
	@for h in $(HEADERS); do $(CC) $(CFLAGS) -fsyntax-only -x c $$h || exit 1; done
	@sh tests/includes.sh

clean:
	rm -rf build

.PHONY: test deps lint clean
