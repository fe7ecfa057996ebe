# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# shellcheck disable=SC2016 # inner shells expand
# needs: resident numactl userns
# Live layers that the resident holds, alone, in stacks and beside a supervisor.

load common
load live


# set_mempolicy(2) with @1 fails with the sentence @2, in the shell that obeys.
refuses() {
	try "$1"
	[[ $output == *"$2"*"status 2" ]]
}

allows() {
	try "$1"
	[[ $output == "$1"*"status 0" ]]
}

mechanisms() {
	local shown words
	shown=$("$MPOLRUN" layer show "$1" --json)
	shown=${shown#*'"mechanisms": ['}
	shown=${shown%%]*}
	read -r -d '' -a words <<<"${shown//[\",]/ }" || true
	echo "${words[*]}"
}

@test "a layer of the resident has no process beside it, and ends with its last member" {
	start --name "$layer" -p nobind
	refuses 2 "not permitted"
	[[ $(mechanisms "$layer") == lsm && $(field members) == 1 ]]
	run "$MPOLRUN" layer show "$layer" --json
	[[ $output != *supervisor* && $output == *'"profile":'*'nobind'* ]]
	exec 8>&-
	wait
	# The kernel lets go of a task some time after its parent has heard of its end.
	for _ in {1..100}; do
		run "$MPOLRUN" layer show "$layer"
		((status == 0)) || break
		sleep 0.05
	done
	echo "$output"
	[[ $status == 125 && $output == *"has ended"* ]]
	[[ ! -e $dir/mpolrun/$layer.modify ]]
}

@test "what a layer is changed to by name is what show tells, and by a ticket alone it says so" {
	"$MPOLRUN" layer create "$layer" -p nobind --ticket-fd 9 9>"$dir/ticket"
	"$MPOLRUN" layer update "$layer" -p interleave-only
	[[ $("$MPOLRUN" layer show "$layer") == *"interleave-only gen 2"* ]]
	"$MPOLRUN" layer update fd:7 -p nobind 7<"$dir/ticket"
	run "$MPOLRUN" layer show "$layer"
	[[ $output == *"interleave-only, changed since gen 3"* && $output == *modes.bind* && $output != *modes.interleave* ]]
	"$MPOLRUN" layer update "$layer" -p unrestricted
	run "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 2 ]]
	"$MPOLRUN" layer update "$layer" -p nobind
	run "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 2 true
	[[ $status == 2 ]]
}

@test "three deep, each held by another mechanism: each answers, and each is changed alone" {
	start --name "$layer.a" --mechanism lsm --deny bind=EACCES -- \
		"$MPOLRUN" --name "$layer.b" --mechanism fmod_ret --deny interleave=EDOM -- \
		"$MPOLRUN" --name "$layer.c" --mechanism notify --deny preferred=ENODEV
	refuses 2 "Permission denied"
	refuses 3 "out of domain"
	refuses 1 "No such device"
	allows 6
	[[ $(mechanisms "$layer.a") == lsm && $(mechanisms "$layer.b") == fmod_ret && $(mechanisms "$layer.c") == notify ]]
	"$MPOLRUN" layer update "$layer.b" --deny weighted-interleave=EDOM
	allows 3
	refuses 6 "out of domain"
	refuses 2 "Permission denied"
	"$MPOLRUN" layer update "$layer.a" --audit on
	allows 2
	"$MPOLRUN" layer update "$layer.c" --deny bind=ENODEV
	refuses 2 "No such device"
	allows 1
}

@test "a live layer in a live layer: all of them must allow, and neither is changed from inside" {
	start --name "$layer.a" -p nobind -- "$MPOLRUN" --name "$layer.b" --deny interleave
	refuses 2 "not permitted"
	refuses 3 "not permitted"
	for name in a b; do
		order '"$MPOLRUN"' layer update "$layer.$name" -p unrestricted
		[[ $output == *member*"status 125" ]]
	done
	"$MPOLRUN" layer update "$layer.a" -p unrestricted
	allows 2
	refuses 3 "not permitted"
}

@test "nodes are held live, by a kernel with the hook" {
	start --name "$layer" -p '{mempolicy: {nodes: {0: allow, others: EPERM}}}'
	order numactl --membind=1 true
	[[ $output == *"not permitted"*"status 1" ]]
	order numactl --membind=0 true
	[[ $output == *"status 0" ]]
	"$MPOLRUN" layer update "$layer" -p '{mempolicy: {nodes: {1: allow, others: EPERM}}}'
	order numactl --membind=1 true
	[[ $output == *"status 0" ]]
	order numactl --membind=0 true
	[[ $output == *"not permitted"*"status 1" ]]
}

@test "mount is held live and exactly" {
	start --name "$layer" -p nobind
	order unshare -Urm mount -t tmpfs -o mpol=interleave none /mnt
	[[ $output != *"status 0" ]]
	order unshare -Urm mount -t tmpfs -o size=1m none /mnt
	[[ $output == *"status 0" ]]
	"$MPOLRUN" layer update "$layer" --deny bind
	order unshare -Urm mount -t tmpfs -o mpol=interleave none /mnt
	[[ $output == *"status 0" ]]
}

@test "of a layer with two holders both parts change at once, and outlive the supervisor's death" {
	start --name "$layer" -p container
	try 2
	[[ $output == 0*"status 0" ]] # ignored
	[[ $(mechanisms "$layer") == *lsm*notify ]]
	order unshare -Urm mount -t tmpfs -o mpol=interleave none /mnt
	[[ $output != *"status 0" ]]
	"$MPOLRUN" layer update "$layer" -p '{mempolicy: {modes: {interleave: EPERM}}}'
	allows 2
	refuses 3 "not permitted"
	order unshare -Urm mount -t tmpfs -o mpol=interleave none /mnt
	[[ $output == *"status 0" ]]
	run "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 3 echo the-target-ran
	[[ $status == 2 && $output != *the-target-ran* ]]
	"$MPOLRUN" layer update "$layer" -p container
	kill -KILL "$(field supervisor)"
	refuses 2 "not implemented"
	order unshare -Urm mount -t tmpfs -o mpol=interleave none /mnt
	[[ $output != *"status 0" ]]
}

@test "what the resident alone holds is not changed to what it cannot hold" {
	"$MPOLRUN" layer create "$layer" -p nobind
	run "$MPOLRUN" layer update "$layer" -p nobind-quiet
	[[ $status == 125 && $output == *ignore* ]]
	[[ $("$MPOLRUN" layer show "$layer") == *"gen 1"* ]]
	"$MPOLRUN" layer update "$layer" -p nomigrate
	[[ $(mechanisms "$layer") == *fmod_ret* ]]
}

@test "layer create --foreground stays until SIGTERM, and who is under it stays under it" {
	"$MPOLRUN" layer create "$layer" -p nobind --foreground 3>&- &
	pid=$!
	for _ in {1..100}; do [[ -e $dir/mpolrun/$layer.modify ]] && break; sleep 0.05; done
	start --layer "$layer"
	refuses 2 "not permitted"
	kill "$pid"
	wait "$pid"
	refuses 2 "not permitted"
	run "$MPOLRUN" layer show "$layer"
	[[ $status == 125 ]]
}

@test "layer create --foreground goes on after rekey, and ends when the layer is removed" {
	"$MPOLRUN" layer create "$layer" -p nobind --foreground 3>&- &
	pid=$!
	for _ in {1..100}; do [[ -e $dir/mpolrun/$layer.modify ]] && break; sleep 0.05; done
	"$MPOLRUN" layer rekey "$layer"
	sleep 1.2 # it looks every second
	kill -0 "$pid"
	"$MPOLRUN" layer remove "$layer"
	wait "$pid"
}

# Which is seen by live-guest, when all is over: it counts the layers.
@test "who make and remove a layer of one name at the same time leave none behind" {
	for _ in {1..4}; do
		for _ in {1..20}; do
			"$MPOLRUN" layer create "$layer" -p nobind
			"$MPOLRUN" layer remove "$layer"
		done &>/dev/null 3>&- &
	done
	wait
	"$MPOLRUN" layer create "$layer" -p nobind
	"$MPOLRUN" layer remove "$layer"
	run "$MPOLRUN" layer show "$layer"
	[[ $status == 125 && $output == *"no layer"* ]]
}

@test "the example of the library needs no thread that serves" {
	run --separate-stderr env LD_LIBRARY_PATH="$HELPERS" "$HELPERS/runtime" nobind '{mempolicy: {modes: {interleave: EPERM}}}' "$UID" \
		"$HELPERS/helper" set 2 true
	echo "$output"
	[[ $status == 0 && ${lines[2]} == "before: 2" && ${lines[3]} == "after: 0" ]]
}
