# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# Very many refused calls at once, with somebody who wants to be told of each.

load common

setup() {
	dir=$(mktemp -d)
	export XDG_RUNTIME_DIR=$dir
	chmod 700 "$dir"
	layer=e$$.$BATS_TEST_NUMBER
}

teardown() {
	"$MPOLRUN" layer remove "$layer" 2>/dev/null || true
	rm -rf "$dir"
}

# The value of key $2 of the JSON line $1; None where it is null.
key() {
	python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$1" "$2"
}

@test "a storm of 100,000 refused calls from 8 threads: all counted, each told of or lost, in little memory" {
	"$MPOLRUN" layer create "$layer" -p nobind --log "$dir/log"
	run "$MPOLRUN" layer exec "$layer" -- "$HELPERS/hammer" 8 0 12500
	[[ $status == 0 && $output == "100000 0 0" ]]
	state=$("$MPOLRUN" layer show "$layer" --json)
	lost=$(key "$state" events-lost)
	[[ $(key "$state" refused) == 100000 ]]
	[[ $(grep -c "refused set_mempolicy" "$dir/log") == $((100000 - lost)) ]]
	# A ring of fixed size, whatever comes.
	(($(awk '/^VmHWM/ {print $2}' "/proc/$(key "$state" supervisor)/status") < 16384))
}
