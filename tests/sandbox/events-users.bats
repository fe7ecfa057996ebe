# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# shellcheck disable=SC2016 # inner shells expand
# needs: root resident
# Whose events are shown to whom, as two users and root.

load common
load events

setup() {
	unset XDG_RUNTIME_DIR
	layer=t$$.$BATS_TEST_NUMBER
	"$MPOLRUN" events >/dev/null # from here on it is recorded
}

teardown() {
	"$MPOLRUN" layer remove "$layer" 2>/dev/null || true
}

as() {
	setpriv --reuid="$1" --regid="$1" --clear-groups "${@:2}"
}

refused_as() {
	as "$1" "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 2 true 2>/dev/null || true
}

@test "a user is shown their own events, never another's; root all" {
	needs_modes_of_the_resident
	refused_as 2001
	refused_as 2002
	refused_as 2001
	for uid in 2001 2002; do
		run as "$uid" "$MPOLRUN" events
		echo "$uid: $output"
		[[ $status == 0 && $output == *" uid $uid "* ]]
		! grep -v " uid $uid " <<<"$output" || false
	done
	[[ $(as 2001 "$MPOLRUN" events | grep -c refused) == 2 && $(as 2002 "$MPOLRUN" events | grep -c refused) == 1 ]]
	run as 2003 "$MPOLRUN" events
	[[ $status == 0 && -z $output ]]
	run "$MPOLRUN" events
	[[ $output == *" uid 2001 "*" uid 2002 "*" uid 2001 "* ]]
	# By which line, too, of whichever user's layer.
	[[ $(grep -c "by helper\[.*(builtin:nobind:[1-9][0-9]* modes.bind): EPERM; .* uid 200[12] " <<<"$output") == 3 ]]
}

@test "who may only join another's layer sees nothing of it; its owner sees who joined" {
	needs_modes_of_the_resident
	"$MPOLRUN" layer create "$layer" -p nobind --mode 0644
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
	as 2004 "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
	for words in "" "$layer"; do
		# shellcheck disable=SC2086 # none, or one
		run as 2004 "$MPOLRUN" events $words
		[[ $status == 0 && -z $output ]]
	done
	run "$MPOLRUN" events "$layer"
	[[ ${#lines[@]} == 2 && ${lines[0]} == *" uid 0 "* && ${lines[1]} == *" uid 2004 "* ]]
}

@test "neither who maps itself to root nor a root without capabilities is root" {
	needs_modes_of_the_resident
	refused_as 2005
	run as 2006 unshare -Ur "$MPOLRUN" events
	assert_refused "user namespace"
	run as 2005 unshare -Ur "$MPOLRUN" events
	assert_refused "user namespace"
	run setpriv --bounding-set=-all --inh-caps=-all "$MPOLRUN" events
	assert_refused "root without capabilities"
	[[ $("$MPOLRUN" events) == *" uid 2005 "* ]]
}

@test "--log audit: the kernel's own log says who was refused which call" {
	[[ -e /proc/self/loginuid ]] || skip "this kernel has no audit"
	"$MPOLRUN" --mechanism seccomp --deny bind --log audit -- "$HELPERS/helper" set 2 true 2>/dev/null || true
	run dmesg
	[[ $output == *"type=1326 "*" comm=\"helper\" "*" syscall=238 "* ]]
	"$MPOLRUN" --mechanism seccomp --deny bind --log audit -- "$HELPERS/helper" set 3 true
	[[ $(dmesg | grep -c "type=1326 .* comm=\"helper\" ") == 1 ]]
}

@test "who has the right to change a layer sees its events from a user namespace as well" {
	needs_modes_of_the_resident
	ticket=$(mktemp)
	chmod 666 "$ticket"
	run as 2007 unshare -Ur bash -c '"$MPOLRUN" --deny bind --ticket-fd 9 -- bash -c "$HELPERS/helper set 2 true; exec sleep 10" 9>"$1" 2>/dev/null &
		for _ in {1..100}; do [[ -s $1 ]] && break; sleep 0.05; done
		for _ in {1..40}; do
			said=$("$MPOLRUN" events fd:9 9<"$1") || break
			[[ ! $said ]] || break
			sleep 0.05
		done
		status=$?
		kill $!
		echo "$said"
		exit $status' - "$ticket"
	rm "$ticket"
	echo "$output"
	[[ $status == 0 && ${#lines[@]} == 1 && $output == "mpolrun: refused set_mempolicy("*"(--deny bind modes.bind): EPERM; "*" uid 2007 "* ]]
}
