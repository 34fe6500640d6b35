#!/bin/bash
# SPDX-License-Identifier: MIT
#
# make -j4: 40 C files compiled, put into an archive and linked, with 400
# generated rules. Expect the same program with the same output, and a make
# that the library served.
. "$(dirname "$0")/../lib.sh"
begin make gcc ar

make_tree() {
	local i

	for i in {1..40}; do
		echo "int f$i(int x) { return x * $i + 1; }" >"f$i.c"
	done
	{
		for i in {1..40}; do echo "int f$i(int);"; done
		echo '#include <stdio.h>'
		echo 'int main(void) { int x = 1;'
		for i in {1..40}; do echo "x ^= f$i(x);"; done
		echo 'printf("%d\n", x); return 0; }'
	} >main.c
	cat >Makefile <<-'END'
	.RECIPEPREFIX := >
	SOURCES := $(filter-out main.c,$(wildcard f*.c))
	OBJECTS := $(patsubst %.c,%.o,$(sort $(SOURCES)))
	NUMBERS := $(shell seq 400)
	all: program numbers
	program: main.o libf.a
	> $(CC) -o $@ main.o libf.a
	libf.a: $(OBJECTS)
	> $(AR) rcD $@ $^
	%.o: %.c
	> $(CC) -O1 -c -o $@ $<
	define rule
	n.$(1): Makefile
	> @echo $(1) > $$@
	numbers: n.$(1)
	endef
	$(foreach n,$(NUMBERS),$(eval $(call rule,$(n))))
	.PHONY: all numbers
	END
}

work() {
	make_tree
	t make -s -j4 all
	t make -j4 all
	./program
	sha256sum program libf.a
	cat n.* | sort -n | cksum
}

run_plain work
run_shim work
same_artefact
proof_of make large
proof_of cc1 large
proof_of ar
