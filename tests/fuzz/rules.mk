# Every parser under libFuzzer: the same sources, built by clang with coverage; mmap is the harness's own (tests/fuzz/fuzz.c).
FUZZFLAGS := $(STD) $(filter-out -Wno-format-truncation,$(WARN)) -O2 -g -fno-sanitize-recover=all -DLINES_CAP=256 -Ibuild/libs/glibc/include
# comparisons of bytes are not traced: memcmp and strcmp are watched all the same, and in the same time two or three times as many inputs
# cover as much or more
FUZZSEES  := address,undefined -fno-sanitize-coverage=trace-cmp
FUZZMMAP  := -Dmmap=fuzz_mmap -Dmunmap=fuzz_munmap
FUZZED    := $(filter-out build/fuzz/main.o,$(SOURCES:src/%.c=build/fuzz/%.o))
build/fuzz/%.o: src/%.c build/libs/glibc/libblkid.a | fuzz-deps
	@mkdir -p $(@D)
	@clang-14 $(FUZZFLAGS) $(FUZZMMAP) -fsanitize=fuzzer-no-link,$(FUZZSEES) -MMD -MP -c -o $@ $<
build/fuzz/parsers.a: $(FUZZED) build/test/probe/embed.o
	@rm -f $@
	@ar rcs $@ $^
build/fuzz/%_fuzz: tests/fuzz/%_fuzz.c tests/fuzz/fuzz.c tests/fuzz/fuzz.h build/fuzz/parsers.a
	@clang-14 $(FUZZFLAGS) -fsanitize=fuzzer,$(FUZZSEES) -o $@ $(filter %.c %.a,$^) $(addprefix build/libs/glibc/,$(LIBS))
fuzz-deps:
	@sh src/build/deps.sh $(PACKAGES) $(FUZZ_PACKAGES)
fuzzers: $(FUZZERS:tests/fuzz/%.c=build/fuzz/%)
fuzz:
	@sh tests/fuzz/run.sh --executions 20000000
-include $(FUZZED:.o=.d)
.PHONY: fuzz fuzz-deps fuzzers
