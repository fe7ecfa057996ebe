# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tests of events share.
# shellcheck shell=bash

load json

events_setup() {
	dir=$(mktemp -d)
	export XDG_RUNTIME_DIR=$dir
	chmod 700 "$dir"
	layer=e$$.$BATS_TEST_NUMBER
}

# Of what the resident tells, from here on.
events_resident_setup() {
	events_setup
	needs_modes_of_the_resident
	"$MPOLRUN" events >/dev/null
}

events_teardown() {
	[[ -z ${follower-} ]] || kill -KILL "$follower" 2>/dev/null || true
	"$MPOLRUN" layer remove "$layer" 2>/dev/null || true
	rm -rf "$dir"
}

# How many calls the layer has refused.
refused() {
	key "$("$MPOLRUN" layer show "$layer" --json)" refused
}

# The resident tells of the calls that it decides, which on Debian's kernels are none of modes.
needs_modes_of_the_resident() {
	"$MPOLRUN" explain -p nobind | grep -qE "modes .*(lsm|fmod_ret)" || skip "the resident holds no modes here"
}
