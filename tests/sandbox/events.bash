# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tests of events share.
# shellcheck shell=bash

events_setup() {
	dir=$(mktemp -d)
	export XDG_RUNTIME_DIR=$dir
	chmod 700 "$dir"
	layer=e$$.$BATS_TEST_NUMBER
}

events_teardown() {
	"$MPOLRUN" layer remove "$layer" 2>/dev/null || true
	rm -rf "$dir"
}

# The value of key $2 of the JSON line $1; None where it is null.
key() {
	python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$1" "$2"
}

# How many calls the layer has refused.
refused() {
	key "$("$MPOLRUN" layer show "$layer" --json)" refused
}

# The resident tells of the calls that it decides, which on Debian's kernels are none of modes.
needs_modes_of_the_resident() {
	"$MPOLRUN" explain -p nobind | grep -qE "modes .*(lsm|fmod_ret)" || skip "the resident holds no modes here"
}
