# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: java
# A JVM that is told to use NUMA goes on with what it is given.

load common

# Without a compiler and its threads: here it is a heap that is made.
numa_java() {
	timeout 120 "$@" java -Xint -XX:-UsePerfData -XX:+UseNUMA -XX:+UseParallelGC -XX:+AlwaysPreTouch -Xms16m -Xmx16m -version
}

@test "a JVM with -XX:+UseNUMA runs under every profile, and where nobody tells it off as it does bare" {
	bare=$(numa_java env 2>&1)
	[[ $bare == *"Server VM"* ]]
	for profile in nobind nobind-quiet container interleave-only local-only nomigrate nonuma unrestricted; do
		run numa_java "$MPOLRUN" -p "$profile" --
		echo "$profile: $status $output"
		[[ $status == 0 && $output == *"Server VM"* ]]
		case $profile in
		nobind | nobind-quiet | unrestricted) [[ $output == "$bare" ]] ;;
		esac
	done
}
