# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# needs: root
# Whose events a supervisor tells to whom, as two users.

load common
load events

setup() {
	unset XDG_RUNTIME_DIR
	dir=$(mktemp -d)
	chmod 777 "$dir"
	layer=n$$.$BATS_TEST_NUMBER
}

teardown() {
	events_teardown
}

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

@test "who may only join another's layer is not told of its events; root and who made it are" {
	"$MPOLRUN" layer create "$layer" -p nobind --mechanism notify,launcher --mode 0644
	run as_nobody "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 3 echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	run as_nobody timeout 10 "$MPOLRUN" events --follow "$layer"
	assert_refused "another user's"
	as_nobody timeout 2 "$MPOLRUN" events --follow >"$dir/theirs" 2>/dev/null 3>&- &
	"$MPOLRUN" events --follow "$layer" >"$dir/ours" 3>&- &
	follower=$!
	sleep 0.5
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
	for _ in {1..50}; do [[ -s $dir/ours ]] && break; sleep 0.05; done
	grep -q "^mpolrun: $layer: refused set_mempolicy(.* uid 0 " "$dir/ours"
	sleep 2
	[[ -e $dir/theirs && ! -s $dir/theirs ]]
}
