# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: userns bwrap
# What `mpolrun doctor` finds out where it is started, and that what it says is so.

load common

RULES="modes mode-flags mbind-flags nodes home-node get-mempolicy mount files cpuset
pages.migrate pages.move"

doctor() {
	"$MPOLRUN" doctor "$@"
}

# As somebody without privileges: those who are root become nobody.
ordinary() {
	if ((EUID)); then "$@"; else setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; fi
}

under_filter() {
	"$BATS_TEST_DIRNAME/under-filter" "$@"
}

# The values of the Python expressions "$@" over `d`, the JSON object in $output, in a line each. Read
# as Python, whose objects look the same: importing its json takes an emulated CPU longer than doctor.
json() {
	python3 -I -S -c 'import sys
d = eval(sys.argv[1], {"true": True, "false": False, "null": None})
for word in sys.argv[2:]:
    print(eval(word))' "$output" "$@"
}

# A person can read it: a table with every rule, a next step, 80 columns, no terminal codes.
readable() {
	local rule line
	for rule in $RULES; do
		[[ $'\n'$output =~ $'\n'"$rule"\ +[-a-z] ]]
	done
	[[ $output == *"Best next step: "* ]]
	while IFS= read -r line; do
		if ((${#line} > 80)); then
			echo "too long: $line"
			return 1
		fi
	done <<<"$output"
	[[ $output != *$'\e'* ]]
}

@test "bare, a task can bind, and seccomp is ready" {
	run -0 --separate-stderr doctor
	readable
	[[ ${lines[0]} == "Can a task bind here now?  yes (tried)."* ]]
	[[ $output == *$'\nseccomp   ready   '* ]]
	[[ -z $stderr ]]
	[[ $output == *"Best next step: mpolrun -p nobind -- COMMAND"* ]]
}

@test "what this release does not have is not said to be ready" {
	run -0 doctor
	local mechanism
	for mechanism in resident fmod_ret lsm; do
		grep -q "^$mechanism  *no  *[a-z]" <<<"$output"
	done
	grep -qE "^nodes  *-  *(needs|the resident is not loaded)" <<<"$output"
}

@test "an ordinary user is told the same, and has no cpuset to write" {
	run -0 doctor
	local first=${lines[0]}
	run -0 ordinary "$MPOLRUN" doctor
	readable
	[[ ${lines[0]} == "$first" ]]
	[[ $output == *$'\nseccomp   ready   '* ]]
	grep -q "^cpuset  *launcher (" <<<"$output"
	! grep -q "sys/fs/cgroup" <<<"$output"
}

@test "below a container's filter the refusal is not claimed, and what to change is outside" {
	run -0 under_filter docker "$MPOLRUN" doctor
	readable
	[[ $output == "Can a task bind here now?  NO, and not by us: a filter above answers EPERM"* ]]
	local call
	for call in mbind set_mempolicy get_mempolicy migrate_pages move_pages; do
		[[ $output == *"$call"* ]]
	done
	[[ $output == *"-> outside"*"--cap-add SYS_NICE"* ]]
	[[ $output == *$'\nseccomp   ready   '* ]]
	[[ $output == *"Best next step: change what is outside"* ]]

	run -0 under_filter allow "$MPOLRUN" doctor
	[[ ${lines[0]} == "Can a task bind here now?  yes (tried)."* ]]
}

@test "a filter that kills is told, and does not kill doctor" {
	run -0 under_filter kill "$MPOLRUN" doctor
	readable
	[[ $output == *"NO, and not by us: a filter above answers a kill"* ]]
	run -0 under_filter kill "$MPOLRUN" doctor --json
	[[ $(json 'd["bind"]["possible"], d["bind"]["answer"], d["carried_known"]') == \
		"(False, 'a kill', False)" ]]
}

@test "under mpolrun only the bind is refused" {
	run -0 nobind "$MPOLRUN" doctor
	readable
	[[ $output == *"a filter above answers EPERM to"*"MPOL_BIND; other calls"* ]]
	run -0 nobind "$MPOLRUN" doctor --json
	[[ $(json 'd["bind"]["answer"], d["filtered"]' \
		'[c["name"] for c in d["calls"] if not c["reached"]]') == \
		"('EPERM', True)"$'\n'"['mount', 'fsconfig']" ]]
	run -0 unrestricted "$MPOLRUN" doctor --json
	[[ $(json 'd["bind"]["possible"]') == True ]]
}

@test "a false success of nobind-quiet is not taken for a bind" {
	run -0 "$MPOLRUN" -p nobind-quiet -- "$MPOLRUN" doctor --json
	[[ $(json 'd["bind"]["possible"], d["bind"]["answer"]') == "(False, 'a false success')" ]]
}

@test "JSON has a version and says the same as the text" {
	run -0 --separate-stderr doctor --json
	python3 -c 'import json, sys; json.loads(sys.argv[1])' "$output"
	local said
	mapfile -t said < <(json 'd["version"]' 'd["bind"]["possible"]' \
		'all(c["reached"] for c in d["calls"])' 'd["uid"]' 'd["kernel"]' \
		'len([m for m in d["mechanisms"] if not m["ready"] and not m["why"]])' \
		"sorted(r['rule'] for r in d['rules']) == sorted(\"$(echo $RULES)\".split())" \
		'"\n".join(r["rule"] + " " + (r["mechanism"] or "-") for r in d["rules"])')
	[[ ${said[0]} == 1 && ${said[1]} == True && ${said[2]} == True ]]
	[[ ${said[3]} == "$(id -u)" && ${said[4]} == "$(uname -r)" && ${said[5]} == 0 ]]
	[[ ${said[6]} == True ]]

	local table
	table=$(printf '%s\n' "${said[@]:7}")
	run -0 doctor
	[[ $(awk '/^rule /{t=1; next} /^(Note|Best)/{t=0} t && /^[a-z]/{print $1, $2}' \
		<<<"$output") == "$table" ]]
}

# A cover that doctor claims lets a launch through that asks for it, and no other does.
@test "what doctor calls covered can be run, and what it does not is refused" {
	run -0 --separate-stderr doctor --json
	local covers rule cover profile
	covers=$(json '"\n".join(r["rule"] + " " + r["cover"] for r in d["rules"])')
	while read -r rule cover; do
		case $rule in
		modes) profile=(--deny modes.bind) ;;
		mode-flags) profile=(--deny mode-flags.static-nodes) ;;
		mbind-flags) profile=(--deny mbind-flags.move) ;;
		nodes) profile=(-p '{mempolicy: {nodes: {0: EPERM, others: allow}}}') ;;
		*) profile=(--deny "$rule") ;;
		esac
		run "$MPOLRUN" "${profile[@]}" -- echo the-target-ran
		case $cover in
		none | part) assert_refused enforced ;;
		*) [[ $status == 0 && $output == the-target-ran ]] ;;
		esac
	done <<<"$covers"
	[[ $covers == *"nodes none"*"mount coarse"* ]]
}

@test "a carried policy and a mounted one are noted" {
	run -0 "$HELPERS/helper" set 3 "$MPOLRUN" doctor
	readable
	[[ $output == *"Note: you carry the memory policy interleave"*:0* ]]
	run -0 doctor
	[[ $output != *"you carry"* ]]

	# shellcheck disable=SC2016 # for the inner shell
	run -0 unshare -rm sh -c 'mount -t tmpfs -o mpol=bind:0 x /mnt && "$MPOLRUN" doctor'
	readable
	[[ $output == *"Note: files on /mnt get the memory policy bind:0"* ]]
	# shellcheck disable=SC2016
	run -0 unshare -rm sh -c 'mount -t tmpfs -o size=4k x /mnt && "$MPOLRUN" doctor'
	[[ $output != *"/mnt"* ]]
}

@test "without /proc and /sys it says what could not be looked at" {
	run -0 bwrap --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
		--ro-bind "$MPOLRUN" /m /m doctor
	readable
	[[ $output == "Can a task bind here now?  yes (tried)."* ]]
	[[ $output == *"no /proc here"* ]]
	[[ $output == *"lsm       no      cannot tell"* ]]
	run -0 bwrap --dev-bind / / "$MPOLRUN" doctor
	[[ $output != *"no /proc here"* ]]
}

@test "without the kernel's types its symbols say the same" {
	[[ -r /sys/kernel/btf/vmlinux ]] || skip "the kernel shows no types of its own"
	run -0 bwrap --dev-bind / / "$MPOLRUN" doctor
	local with=$output
	run -0 bwrap --dev-bind / / --tmpfs /sys/kernel/btf sh -c '[ ! -e /sys/kernel/btf/vmlinux ] && exec "$1" doctor' - "$MPOLRUN"
	[[ $output == "$with" ]]
	[[ $output == *$'\nlsm '* && $output != *"cannot tell"* ]]
}

@test "as PID 1 and in a user namespace" {
	run -0 unshare -r --pid --fork --mount-proc "$MPOLRUN" doctor
	readable
	[[ ${lines[0]} == "Can a task bind here now?  yes (tried)."* ]]
	[[ $output == *"Note: docker/kubectl exec"* ]]
}

@test "with standard input and standard error closed" {
	# shellcheck disable=SC2016 # for the inner shell
	run -0 --separate-stderr bash -c '"$MPOLRUN" doctor <&- 2>&-'
	readable
	[[ ${lines[0]} == "Can a task bind here now?  yes (tried)."* ]]
}

@test "a report that cannot be written is an error, and so is a word too many" {
	# shellcheck disable=SC2016 # for the inner shell
	run -125 --separate-stderr bash -c '"$MPOLRUN" doctor >/dev/full'
	[[ $stderr == mpolrun:*"No space left"* ]]
	run -125 doctor extra
	[[ $output == mpolrun:*"'extra'"* ]]
}
