# Coverage: the payload by glibc and gcov; what the unit tests, the injector and whole runs execute of it
COVER     := build/coverage
COVERED   := $(SOURCES:src/%.c=$(COVER)/%.o)
COVERLINK  = gcc --coverage $(foreach f,_exit fexecve execve execv chroot reboot,-Wl$(comma)--wrap=$f) -o $@ $(filter %.o %.c %.a,$^) $(addprefix build/libs/glibc/,$(LIBS))
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
# static, for the machine it is process 1 of
$(COVER)/rd-recovery: $(COVER)/main.o $(COVER)/tests/coverage/exit.o $(COVER)/parts.a build/test/probe/embed.o
	@$(COVERLINK) -static
coverage: deps build/rd-recovery build/libs/crippled/libcrypt.so.1.1.0 build/fault/faults $(COVER)/unit $(COVER)/drive $(COVER)/rd-recovery
	@sh tests/coverage/run.sh
-include $(COVERED:.o=.d)
.PHONY: coverage
