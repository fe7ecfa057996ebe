# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: root systemd systemd-run python3
# As a service: systemd's MainPID and notification go to the command, since it keeps our pid.
# shellcheck disable=SC2016 # inner shells expand

load common

@test "systemd-run around mpolrun: the command's status, and what is refused" {
	run systemd-run --quiet --wait --pipe "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"set_mempolicy: Operation not permitted"* ]]
	run systemd-run --quiet --wait --pipe "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 3 sh -c 'exit 42'
	[[ $status == 42 ]]
	run systemd-run --quiet --scope "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 2 true
	[[ $status == 2 ]]
}

@test "a unit of an ordinary user, without any privilege" {
	run systemd-run --quiet --wait --pipe -p DynamicUser=yes -p NoNewPrivileges=yes -p ProtectSystem=strict \
		-p BindReadOnlyPaths="$MPOLRUN:/run/m" -p BindReadOnlyPaths="$HELPERS/helper:/run/h" \
		/usr/bin/env /run/m -p nobind -- /run/h set 2 true
	echo "status $status: $output"
	[[ $status == 2 && $output == *"set_mempolicy: Operation not permitted"* ]]
	run systemd-run --quiet --wait --pipe -p DynamicUser=yes -p NoNewPrivileges=yes -p ProtectSystem=strict \
		-p BindReadOnlyPaths="$MPOLRUN:/run/m" -p BindReadOnlyPaths="$HELPERS/helper:/run/h" \
		/usr/bin/env /run/m -p nobind -- /run/h set 3 /run/h policy
	[[ $status == 0 && $output == 3 ]]
}

@test "the command is the unit's main process, and its READY=1 counts" {
	ready='import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1))
s.send(b"READY=1")
time.sleep(60)'
	systemd-run --quiet --unit=ready-test -p Type=notify -p NotifyAccess=main -p TimeoutStartSec=30 \
		"$MPOLRUN" -p nobind -- /usr/bin/python3 -c "$ready"
	pid=$(systemctl show -P MainPID ready-test)
	[[ $(cat "/proc/$pid/comm") == python3 ]]
	systemctl stop ready-test
}
