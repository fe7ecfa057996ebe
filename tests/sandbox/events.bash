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

# The value of the first key $2 of the JSON $1, a string that has no escapes, or a word; without
# python3, which on an emulated CPU takes longer than what is tested.
key() {
	local value="\"$2\" ?: ?(\"([^\"\\\\]*)\"|[^]\",}[:space:]]+)"
	[[ $1 =~ $value ]]
	value=${BASH_REMATCH[1]}
	echo "${value//\"/}"
}

# How many calls the layer has refused.
refused() {
	key "$("$MPOLRUN" layer show "$layer" --json)" refused
}

# The resident tells of the calls that it decides, which on Debian's kernels are none of modes.
needs_modes_of_the_resident() {
	"$MPOLRUN" explain -p nobind | grep -qE "modes .*(lsm|fmod_ret)" || skip "the resident holds no modes here"
}
