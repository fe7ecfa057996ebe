# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: root systemd python3
# The journal: of a launch by --log, and of all layers by the shipped unit.

load common
load events

UNITS=/run/systemd/system
UNIT=mpolrun-test-events

setup() {
	events_setup
}

teardown() {
	systemctl stop "$UNIT" 2>/dev/null || true
	rm -f "$UNITS/$UNIT.service"
	systemctl daemon-reload
	events_teardown
}

# The first entry of the journal that @... matches, as JSON, once there is one.
entry() {
	local found
	for _ in {1..100}; do
		found=$(journalctl --quiet --no-pager -n1 -o json "$@" || true)
		[[ ! $found ]] || break
		sleep 0.1
	done
	echo "$found"
}

@test "--log journal: the line, and its parts as fields" {
	run "$MPOLRUN" -p nobind --log journal -- "$HELPERS/helper" set 2 true
	[[ $status == 2 ]]
	said=$(entry MPOLRUN_RULE=modes.bind MPOLRUN_COMM=helper)
	echo "$said"
	[[ $(key "$said" MESSAGE) == "refused set_mempolicy(MPOL_BIND, nodes 0 claimed) by helper["*"(builtin:nobind:"*" modes.bind): EPERM; "* ]]
	[[ $(key "$said" SYSLOG_IDENTIFIER) == mpolrun && $(key "$said" PRIORITY) == 4 ]]
	[[ $(key "$said" MPOLRUN_UID) == 0 && $(key "$said" MPOLRUN_PROFILE) == builtin:nobind ]]
	run "$MPOLRUN" -p nobind --log journal --log-format json -- echo the-target-ran
	assert_refused "fields of its own"
}

@test "the shipped unit writes what any layer refuses into the journal, with the uid" {
	unset XDG_RUNTIME_DIR # nobody else may look into it
	sed "s|^\(Exec[A-Za-z]*=\)[^ ]*/mpolrun|\1$MPOLRUN|" "$BATS_TEST_DIRNAME/mpolrun-events.service" >"$UNITS/$UNIT.service"
	systemctl daemon-reload
	systemctl start "$UNIT"
	"$MPOLRUN" layer create "$layer" -p nobind --mode 0644
	for _ in {1..50}; do
		run setpriv --reuid 65534 --regid 65534 --clear-groups "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 2 true
		[[ $status == 2 && $output == *"not permitted"* ]]
		said=$(journalctl --quiet --no-pager -n1 -o cat -u "$UNIT" --grep "$layer: refused" || true)
		[[ ! $said ]] || break
		sleep 0.1
	done
	echo "$said"
	[[ $said == "mpolrun: $layer: refused set_mempolicy(MPOL_BIND, "*" by helper["*"(builtin:nobind:"*" modes.bind): EPERM; "*" uid 65534 exe "*" cgroup "* ]]
	[[ $(systemctl is-active "$UNIT") == active ]]
	# What is allowed is not told of.
	setpriv --reuid 65534 --regid 65534 --clear-groups "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 3 true
	sleep 0.5
	[[ -z $(journalctl --quiet --no-pager -o cat -u "$UNIT" --grep INTERLEAVE || true) ]]
}
