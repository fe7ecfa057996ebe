# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# Very many refused calls at once, with a log, and with readers who read, are stopped, gone, or have a
# full disk.

load common
load events

setup() {
	events_setup
	readers=()
}

teardown() {
	for reader in "${readers[@]}"; do kill -KILL "$reader" 2>/dev/null || true; done
	events_teardown
}

follow() {
	"$MPOLRUN" events --follow "$layer" >"$1" 2>/dev/null 3>&- &
	readers+=($!)
}

# One call is refused.
refuse_one() {
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
}

@test "a storm of 100,000 refused calls from 8 threads: all counted, each told of or lost, in little memory, whatever the readers do" {
	"$MPOLRUN" layer create "$layer" -p nobind --mechanism notify,launcher --log "$dir/log"
	for reader in stopped gone; do follow "$dir/$reader"; done
	follow /dev/full
	for _ in {1..100}; do
		refuse_one
		[[ -s $dir/stopped && -s $dir/gone ]] && ! kill -0 "${readers[2]}" 2>/dev/null && break
		sleep 0.05
	done
	kill -STOP "${readers[0]}"
	kill -KILL "${readers[1]}"
	before=$(refused)
	run "$MPOLRUN" layer exec "$layer" -- "$HELPERS/hammer" 8 0 12500
	[[ $status == 0 && $output == "100000 0 0" ]]
	state=$("$MPOLRUN" layer show "$layer" --json)
	lost=$(key "$state" events-lost)
	[[ $(key "$state" refused) == $((before + 100000)) ]]
	[[ $(grep -c "refused set_mempolicy" "$dir/log") == $((before + 100000 - lost)) ]]
	# Rings of fixed size, whatever comes.
	(($(awk '/^VmHWM/ {print $2}' "/proc/$(key "$state" supervisor)/status") < 16384))

	# It takes all that waits for it before there is another one, which brings the number of the lost.
	kill -CONT "${readers[0]}"
	size=0
	while sleep 0.5; (($(stat -c %s "$dir/stopped") > size)); do size=$(stat -c %s "$dir/stopped"); done
	for _ in {1..100}; do
		refuse_one
		grep -q "lost" "$dir/stopped" && break
		sleep 0.05
	done
	sleep 0.3
	lost=$(awk '/ events? lost:/ {n += $3} END {print n + 0}' "$dir/stopped")
	told=$(grep -c " by hammer\[" "$dir/stopped")
	echo "told $told lost $lost"
	((lost > 0 && told > 0 && told + lost == 100000))
}
