# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: root systemd python3
# The shipped unit of a named layer, and a service that goes under it.

load common

UNITS=/run/systemd/system
LAYER=mpolrun-test-layer

# At SIGHUP it tries to bind, and writes what became of it; at SIGTERM it ends with 7.
server='import ctypes, os, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def notify(what):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1))
    s.send(what)
def bind(*_):
    mask = ctypes.c_ulong(1)
    error = ctypes.get_errno() if libc.syscall(238, 2, ctypes.byref(mask), 64) else 0
    libc.syscall(238, 0, 0, 0)
    with open(sys.argv[1], "w") as file:
        file.write(str(error))
signal.signal(signal.SIGHUP, bind)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
notify(b"READY=1")
while True:
    signal.pause()'

setup() {
	sed "s|^\(Exec[A-Za-z]*=\)[^ ]*/mpolrun|\1$MPOLRUN|" "$BATS_TEST_DIRNAME/mpolrun-layer@.service" \
		>"$UNITS/$LAYER@.service"
	echo "$server" >"$BATS_TEST_TMPDIR/server"
	printf '%s\n' '[Service]' Type=notify NotifyAccess=main TimeoutStartSec=30 \
		"ExecStart=$MPOLRUN --layer nobind -- /usr/bin/python3 $BATS_TEST_TMPDIR/server $BATS_TEST_TMPDIR/answer" \
		'ExecReload=/bin/kill -HUP $MAINPID' >"$UNITS/under-test.service"
	systemctl daemon-reload
}

teardown() {
	systemctl stop under-test "$LAYER@nobind" 2>/dev/null || true
	systemctl reset-failed under-test 2>/dev/null || true
	rm -rf "$UNITS/under-test.service" "$UNITS/$LAYER@.service" "$UNITS/$LAYER@nobind.service.d"
	systemctl daemon-reload
}

# What binding gives the service now: 0, or the errno.
binds() {
	rm -f "$BATS_TEST_TMPDIR/answer"
	systemctl reload under-test
	for _ in $(seq 100); do
		[[ ! -s $BATS_TEST_TMPDIR/answer ]] || break
		sleep 0.1
	done
	cat "$BATS_TEST_TMPDIR/answer"
}

# The profile that the layer's unit names from its next reload on.
layer_gets() {
	mkdir -p "$UNITS/$LAYER@nobind.service.d"
	printf '[Service]\nEnvironment=PROFILE=%s\n' "$1" >"$UNITS/$LAYER@nobind.service.d/profile.conf"
	systemctl daemon-reload
	systemctl reload "$LAYER@nobind"
}

@test "a layer's unit, and a service under it: notified of, reloaded, restarted, stopped, its status" {
	systemctl start "$LAYER@nobind"
	[[ $(systemctl is-active "$LAYER@nobind") == active ]]
	"$MPOLRUN" layer show nobind | grep -q builtin:nobind

	systemctl start under-test
	pid=$(systemctl show -P MainPID under-test)
	[[ $(cat "/proc/$pid/comm") == python3 ]]
	[[ $(binds) == 1 ]]
	layer_gets unrestricted
	[[ $(binds) == 0 ]]
	layer_gets nobind
	[[ $(binds) == 1 ]]
	[[ $(systemctl show -P MainPID under-test) == "$pid" ]]

	systemctl restart under-test
	[[ $(systemctl show -P MainPID under-test) != "$pid" ]]
	[[ $(binds) == 1 ]]

	systemctl stop under-test
	[[ $(systemctl show -P ExecMainStatus under-test) == 7 ]]
	systemctl stop "$LAYER@nobind"
	[[ $(systemctl is-active "$LAYER@nobind") == inactive ]]
	run "$MPOLRUN" layer show nobind
	[[ $status == 125 ]]
}
