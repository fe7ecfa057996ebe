# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# shellcheck disable=SC2016 # inner shells expand
# needs: root
# Rights of named layers, as two users.

load common

setup() {
	layer=t$$.$BATS_TEST_NUMBER
	unset XDG_RUNTIME_DIR
}

teardown() {
	[[ -z ${crowd-} ]] || kill -KILL "$crowd" 2>/dev/null || true
	"$MPOLRUN" layer remove "$layer" 2>/dev/null || true
}

nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
as_nobody() {
	"${nobody[@]}" "$@"
}

@test "0600, the default: another user can neither join nor change nor see" {
	"$MPOLRUN" layer create "$layer" -p nobind
	run as_nobody "$MPOLRUN" --layer "$layer" -- echo the-target-ran
	assert_refused "no right"
	run as_nobody "$MPOLRUN" layer update "$layer" -p unrestricted
	[[ $status == 125 ]]
	run as_nobody "$MPOLRUN" layer show "$layer"
	[[ $status == 125 ]]
	run "$MPOLRUN" --layer "$layer" -- echo the-target-ran
	[[ $status == 0 ]]
}

@test "0644: another user can join, and cannot change" {
	"$MPOLRUN" layer create "$layer" -p nobind --mode 0644
	run as_nobody "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run as_nobody "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 3 echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	for change in "update $layer -p unrestricted" "update $layer --audit on" "rekey $layer" "remove $layer"; do
		# shellcheck disable=SC2086 # words
		run as_nobody "$MPOLRUN" layer $change
		echo "$change: $output"
		[[ $status == 125 && $output == *"no right to change"* ]]
	done
	"$MPOLRUN" layer update "$layer" --deny interleave
	run as_nobody "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 3 true
	[[ $status == 2 ]]
}

@test "--group: those in the group can join" {
	"$MPOLRUN" layer create "$layer" -p nobind --mode 0640 --group nogroup
	run as_nobody "$MPOLRUN" --layer "$layer" -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	run setpriv --reuid=65534 --regid=1 --clear-groups "$MPOLRUN" --layer "$layer" -- echo the-target-ran
	assert_refused "no right"
}

@test "who may not even see a layer cannot crowd its owner out of the supervisor" {
	"$MPOLRUN" layer create "$layer" --mechanism notify -p nobind
	[[ -e /run/mpolrun/$layer.modify ]] || skip "takes Linux 6.12"
	address=$(python3 - "/run/mpolrun/$layer.install" <<-'PYTHON'
		import re, sys
		ticket = open(sys.argv[1], "rb").read()
		names = re.findall("@(mpolrun-([0-9a-f]{32}))\n", open("/proc/net/unix").read())
		print(*[name for name, digits in names if bytes.fromhex(digits) in ticket])
	PYTHON
	)
	[[ $address == mpolrun-* ]]
	# Not by the function: what is killed would be the shell that runs it, and the crowd would stay.
	"${nobody[@]}" python3 -c 'if True:
		import socket, sys
		kept = []
		while True:
			one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
			one.setblocking(False)
			try:
				one.connect("\0" + sys.argv[1])
				kept.append(one)
			except OSError:
				one.close()
			if len(kept) > 200:
				kept.pop(0).close()' "$address" 3>&- &
	crowd=$!
	sleep 0.5
	for _ in {1..10}; do
		run "$MPOLRUN" layer update "$layer" --audit on
		echo "$output"
		[[ $status == 0 ]] || break
		run "$MPOLRUN" layer show "$layer"
		echo "$output"
		[[ $status == 0 ]] || break
	done
	kill "$crowd"
	wait "$crowd" || true
	[[ $status == 0 ]]
	run -1 pgrep -f "$address"
}
