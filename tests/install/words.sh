# words.sh: the commands, options, keys and parameters of the program, from the tables of src/options.c. Sourced by install.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154 # payload: install.sh's

# table NAME: the lines of one of its tables.
table() {
	sed -n "/} $1\[\] = {/,/^};/p" src/options.c
}

# found NAME AT-LEAST: a table that moved must not make every claim about it true.
found() {
	[ "$(table "$1" | grep -o '{"' | wc -l)" -ge "$2" ] || fail "src/options.c: where is the table $1?"
}

options() {
	table arguments | grep -o '"--[a-z-]*"' | tr -d '"'
}

# Without those that are not for people: the initramfs starts boot.
commands() {
	table commands | grep -o '{"[a-z-]*"' | tr -d '{"' | grep -vx -e boot -e -h
}

# keys FILE|KERNEL
keys() {
	table words | sed -nE "s/^ *\{\"([a-z_]*)\", IN_($1|BOTH), .*/\1/p"
}

# default KEY: the number that the parser falls back to, if it is one.
default() {
	sed -nE "s/.*set_number\(&o->(set\.)?$1, v, [0-9]+, ([1-9][0-9]*)\).*/\2/p" src/options.c
}

# takes COMMAND OPTION: does the payload? (Wrong either way: nothing runs.)
takes() {
	! "$payload" "$1" "$2=" --no-such-option 2>&1 | grep -q 'not an argument of this command'
}

# text PAGE: as plain words.
text() {
	mandoc -T ascii -O width=200 "src/man/$1" | col -bx
}

# right_default KEY PATTERN FILE: a number said of it is the parser's.
right_default() {
	_number=$(default "$1")
	[ -z "$_number" ] || grep -EA 4 "$2" "$3" | grep -q "Default: $_number\." || fail "$1: the default is $_number"
}
