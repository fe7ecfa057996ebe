# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# Very many refused calls at once, with somebody who wants to be told of each.

load common
load events

setup() {
	events_setup
}

teardown() {
	events_teardown
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
