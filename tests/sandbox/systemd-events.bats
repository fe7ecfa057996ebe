# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: root systemd python3
# The journal, as --log writes to it.

load common
load events

setup() {
	events_setup
}

teardown() {
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
