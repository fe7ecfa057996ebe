# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# needs: resident userns
# More calls that the resident refuses than can be told of. Whoever reads events after these has to wait
# for all that are kept.

load common
load events

setup() {
	events_resident_setup
}

teardown() {
	events_teardown
}

# The number behind "refused" in the lines of $output that have $1, summed up.
refusals() { grep -F "$1" <<<"$output" | awk '/^  refused / {n += $2} END {print n + 0}'; }

@test "--summary has what the resident alone refuses: to whom, or, of more than can be told, how often" {
	run "$MPOLRUN" -p nobind --summary -- unshare -Urm bash -c 'mount -t tmpfs -o size=1m none /mnt && mount -t tmpfs -o mpol=bind:0 none /mnt'
	echo "$output"
	[[ $status != 0 && $output == *$'\n'"  refused 1  "*"(an option string) EPERM  mount["*", first after "*"builtin:nobind:"* ]]
	run "$MPOLRUN" -p nobind --mechanism lsm,fmod_ret,launcher --summary -- "$HELPERS/hammer" 4 0 5000
	echo "$output"
	[[ $status == 0 && ${lines[0]} == "20000 0 0" && $output == *$'\n'"  allowed 0  "* ]]
	(($(refusals "hammer[") > 0))
	(($(refusals "hammer[") + $(refusals "modes.bind EPERM  by whom is not known  builtin:nobind:") == 20000))
}

@test "a storm of 100,000 refused calls from 8 threads: all counted, each told of or lost, whatever the reader does" {
	"$MPOLRUN" layer create "$layer" -p nobind
	"$MPOLRUN" events --follow >"$dir/read" 3>&- &
	follower=$!
	"$MPOLRUN" events --follow >/dev/full 2>/dev/null 3>&- &
	for _ in {1..50}; do "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
		[[ -s $dir/read ]] && break
		sleep 0.05
	done
	# All of these are read before it is stopped: what it has not read would count as lost with the storm.
	cp "$HELPERS/helper" "$dir/the-last"
	"$MPOLRUN" layer exec "$layer" -- "$dir/the-last" set 2 true 2>/dev/null || true
	for _ in {1..100}; do grep -q "by the-last\[" "$dir/read" && break; sleep 0.05; done
	before=$(refused)
	kill -STOP "$follower"
	run "$MPOLRUN" layer exec "$layer" -- "$HELPERS/hammer" 8 0 12500
	[[ $status == 0 && $output == "100000 0 0" ]]
	# And one that a launch does itself.
	[[ $(refused) == $((before + 100001)) ]]
	kill -CONT "$follower"
	for _ in {1..100}; do grep -q lost "$dir/read" && break; sleep 0.1; done
	kill "$follower"
	wait "$follower"
	unset follower
	tail -n 2 "$dir/read"
	lost=$(awk '/ events? lost:/ {n += $2} END {print n + 0}' "$dir/read")
	((lost > 0))
	told=$(grep -c "by hammer\[" "$dir/read")
	((told > 0 && told + lost >= 100000 && told + lost <= 100001))
	# Its memory is that of the ring, which is the kernel's.
	[[ $(refused) == $((before + 100001)) ]]
}
