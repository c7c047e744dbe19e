# Coverage: the payload by glibc and gcov; what the unit tests, the injector and whole runs execute of it
COVER     := build/coverage
COVERED   := $(SOURCES:src/%.c=$(COVER)/%.o)
COVERLINK  = gcc --coverage -Wl,--wrap=_exit,--wrap=fexecve,--wrap=execve,--wrap=chroot -o $@ $(filter %.o %.c %.a,$^) $(addprefix build/libs/glibc/,$(LIBS))
COVERFLAGS := $(STD) -O0 -g -Ibuild/libs/glibc/include
$(COVER)/tests/%.o: tests/%.c build/libs/glibc/libblkid.a
	@mkdir -p $(@D)
	@gcc $(COVERFLAGS) -MMD -MP -c -o $@ $<
$(COVER)/%.o: src/%.c build/libs/glibc/libblkid.a
	@mkdir -p $(@D)
	@gcc $(COVERFLAGS) --coverage -fprofile-update=atomic -MMD -MP -c -o $@ $<
$(COVER)/parts.a: $(filter-out $(COVER)/main.o,$(COVERED))
	@rm -f $@ && ar cr $@ $^
$(COVER)/unit: build/unit.c $(TESTS:tests/%.c=$(COVER)/tests/%.o) $(COVER)/tests/coverage/exit.o $(COVER)/parts.a build/test/probe/embed.o
	@$(COVERLINK) $$(pkg-config --libs check)
$(COVER)/drive: $(COVER)/tests/fault/drive.o $(COVER)/tests/coverage/exit.o $(COVER)/parts.a
	@$(COVERLINK)
$(COVER)/rd-recovery: $(COVER)/main.o $(COVER)/tests/coverage/exit.o $(COVER)/parts.a build/test/probe/embed.o
	@$(COVERLINK)
coverage: deps build/rd-recovery build/fault/faults $(COVER)/unit $(COVER)/drive $(COVER)/rd-recovery
	@sh tests/coverage/run.sh
-include $(COVERED:.o=.d)
.PHONY: coverage
