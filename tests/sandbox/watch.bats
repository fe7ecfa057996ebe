# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# needs: numactl
# shellcheck disable=SC2016 # inner shells expand
# `layer show --watch`, on whatever holds live layers here.

load common
load events

setup() {
	events_setup
}

teardown() {
	[[ -z ${member-} ]] || kill "$member" 2>/dev/null || true
	events_teardown
}

# A member that has 64 MiB on node 0, and tries to bind twice a second.
start_member() {
	"$MPOLRUN" layer exec "$layer" -- numactl --preferred=0 python3 -c 'import os, time
memory = bytearray(64 << 20)
for i in range(0, len(memory), 4096): memory[i] = 1
open(os.sys.argv[2], "w")
while True: os.system(os.sys.argv[1] + " set 2 true"); time.sleep(0.5)' "$HELPERS/helper" "$dir/ready" >/dev/null 2>&1 3>&- &
	member=$!
	for _ in {1..200}; do [[ -e $dir/ready ]] && break; sleep 0.05; done
}

@test "members, the memory of the tree on each node, and what was refused, until the layer ends" {
	"$MPOLRUN" layer create "$layer" -p nobind
	start_member
	"$MPOLRUN" layer show --help | grep -q -- --watch
	"$MPOLRUN" layer show "$layer" --watch >"$dir/out" 3>&- &
	watch=$!
	for _ in {1..60}; do
		[[ $(grep -c "^refused [0-9]*/s, [0-9]* total " "$dir/out") -ge 2 ]] && grep -q "^  bind nodes 0 " "$dir/out" && break
		sleep 0.1
	done
	cat "$dir/out"
	grep -q "^$layer  .*  builtin:nobind gen 1  enforcing  " "$dir/out"
	mine=$(sed -n "s/^node 0 |[#=-]*|  .* \([0-9]*\)  free [0-9]*  of [0-9]* MiB$/\1/p" "$dir/out" | tail -n 1)
	((mine >= 64 && mine < 256))
	[[ $(grep -c "^refused [0-9]*/s, [0-9]* total   ignored 0   lost 0$" "$dir/out") -ge 2 ]]
	grep -q "^  bind nodes 0  .* 1 helper\[" "$dir/out"
	kill "$member"
	unset member
	"$MPOLRUN" layer remove "$layer"
	# With the layer it ends, and well.
	for _ in {1..60}; do kill -0 "$watch" 2>/dev/null || break; sleep 0.1; done
	! kill -0 "$watch" || false
	wait "$watch"
}

@test "who holds a policy that the layer came to refuse is named, with the memory that has it" {
	"$MPOLRUN" layer create "$layer" -p nobind
	start_member
	"$MPOLRUN" layer show "$layer" --watch >"$dir/out" 3>&- &
	watch=$!
	for _ in {1..60}; do [[ $(grep -c "^node 0 " "$dir/out") -ge 2 ]] && break; sleep 0.1; done
	! grep -q "^bound before" "$dir/out" || false
	"$MPOLRUN" layer update "$layer" -p nobind --deny preferred
	for _ in {1..60}; do grep -q "^bound before" "$dir/out" && break; sleep 0.1; done
	kill "$watch"
	grep "^bound before" "$dir/out"
	mib=$(sed -n 's/^bound before, not undone: python3\[[0-9]*\] prefer:0, [0-9]* areas, \([0-9]*\) MiB$/\1/p' "$dir/out" | tail -n 1)
	((mib >= 64 && mib < 256))
}

@test "who made most of the refused calls, and all of them, however many there are" {
	"$MPOLRUN" layer create "$layer" -p nobind
	"$MPOLRUN" layer show "$layer" --watch >"$dir/out" 3>&- &
	watch=$!
	for _ in {1..50}; do [[ -s $dir/out ]] && break; sleep 0.1; done
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/hammer" 2 0 500
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
	for _ in {1..60}; do grep -q "^  bind nodes 0 .* 1 helper\[" "$dir/out" && break; sleep 0.1; done
	tail -n 5 "$dir/out"
	lost=$(sed -n 's/.*   lost \([0-9]*\)$/\1/p' "$dir/out" | tail -n 1)
	told=$(sed -n 's/^  bind nodes 0  *\([0-9]*\) hammer\[[0-9]*\]  1 helper\[[0-9]*\]$/\1/p' "$dir/out" | tail -n 1)
	((told > 500 && told + lost == 1000))
}

@test "--summary has the most memory that the whole tree had, on each node" {
	node=$(numactl -H | sed -n 's/^available: .*[(,-]\([0-9]*\))$/\1/p')
	run "$MPOLRUN" -p nobind --summary -- numactl --preferred="$node" python3 -c 'import os, time
child = os.fork()
memory = bytearray(64 << 20)
for i in range(0, len(memory), 4096): memory[i] = 1
time.sleep(2.5)
if child: os.wait() # on a slow machine it comes later
'
	echo "$output"
	[[ $status == 0 && $output =~ "  peak MiB"(.*)"  node$node "([0-9]+) ]]
	# Of either process; the code, which they share, counts for each.
	((BASH_REMATCH[2] >= 128 && BASH_REMATCH[2] < 200))
	for other in $(seq 0 $((node - 1))); do
		[[ $output =~ "  node$other "([0-9]+) ]]
		((BASH_REMATCH[1] < 64))
	done
	[[ $output =~ "  largest process "([0-9]+) ]]
	((BASH_REMATCH[1] >= 64 && BASH_REMATCH[1] < 128))
	[[ $output =~ "  by node as seen in "([0-9]+)" looks" ]]
	((BASH_REMATCH[1] > 2))
}

@test "on a terminal each picture takes the place of the last one, and q ends it" {
	command -v script >/dev/null || skip "no script(1)"
	"$MPOLRUN" layer create "$layer" -p nobind
	mkfifo "$dir/keys"
	exec 7<>"$dir/keys"
	timeout 20 script -qfec "$MPOLRUN layer show $layer --watch" "$dir/screen" <&7 >/dev/null 3>&- &
	for _ in {1..100}; do [[ -e $dir/screen && $(grep -c $'^.*\e\[H\e\[J' "$dir/screen") -ge 2 ]] && break; sleep 0.1; done
	kill -0 $!
	printf q >&7
	wait $!
	grep -q "every 1s q quit" "$dir/screen"
	[[ $(grep -c $'^.*\e\[H\e\[J' "$dir/screen") -ge 2 ]]
	"$MPOLRUN" layer show "$layer" >/dev/null
}

@test "what makes no sense is refused" {
	run "$MPOLRUN" layer show "$layer" --watch
	assert_refused "no layer"
	"$MPOLRUN" layer create "$layer" -p nobind
	run "$MPOLRUN" layer show "$layer" --watch --json
	assert_refused "--json"
}
