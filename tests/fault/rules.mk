# Faults: each system call of the editing paths made to fail; drive.c drives them one by one, linked from the payload's own objects
build/fault/names.h:
	@mkdir -p $(@D)
	@echo '#include <sys/syscall.h>' | gcc -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/{\2, "\1"},/p' >$@
build/fault/faults: $(wildcard tests/fault/*.[ch]) build/fault/names.h
	@gcc $(STD) $(WARN) -O2 -Ibuild/fault -o $@ $(filter-out %/drive.c %/control.c,$(wildcard tests/fault/*.c))
build/fault/drive.o build/fault/control.o: build/fault/%.o: tests/fault/%.c build/libs/musl/libblkid.a
	@mkdir -p $(@D)
	@musl-gcc $(STD) $(WARN) $(SMALL) $(HARDEN) -MMD -MP -Ibuild/libs/musl/include $(UAPI) -c -o $@ $<
build/fault/drive: build/fault/drive.o $(filter-out build/payload/main.o,$(OBJECTS))
	@$(LINK)
# The same with the sins of control.c, for the oracle to see.
build/fault/control/drive: build/fault/drive.o build/fault/control.o $(filter-out build/payload/main.o,$(OBJECTS))
	@mkdir -p $(@D)
	@$(LINK) $(addprefix -Wl$(comma)--wrap=,openat renameat unlinkat fsync)
build/fault/rd-recovery: build/rd-recovery
	@mkdir -p $(@D)
	@cp $< $@
FAULTS := build/fault/faults build/fault/drive build/fault/control/drive build/fault/rd-recovery
faults: deps $(FAULTS) build/libs/crippled/libcrypt.so.1.1.0
	@sh tests/faults.sh
# Hours of the same: all faults at every call, then random pairs for SECONDS; the parsers for SECONDS; every hostile root, cut and hang.
soak: deps $(FAULTS) build/libs/crippled/libcrypt.so.1.1.0
	@sh tests/faults.sh --soak $(or $(SECONDS),3600)
.PHONY: faults soak
