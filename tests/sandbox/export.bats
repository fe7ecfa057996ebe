# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# mpolrun profile export. That the exported rules are the profile's is proved in tests/unit/export.

load common

export_() {
	run --separate-stderr "$MPOLRUN" profile export "$@"
}

# The answer that the JSON in $output gives to call $2 of the form 'name(index=value, ...)', by $1's rules.
json_answers() {
	python3 - "$output" "$@" <<-'PYTHON'
		import json, re, sys
		profile = json.loads(sys.argv[1])
		profile = profile.get("spec", profile)
		for call, expected in zip(sys.argv[2::2], sys.argv[3::2]):
		    name, args = re.fullmatch(r"(\w+)\((.*)\)", call).groups()
		    args = {int(k): int(v, 0) for k, v in re.findall(r"(\d)=(\w+)", args)}
		    found = [profile["defaultAction"]]
		    for rule in profile["syscalls"]:
		        if name not in rule["names"]:
		            continue
		        for c in rule.get("args", []):
		            value = args.get(c["index"], 0)
		            if not {"SCMP_CMP_MASKED_EQ": value & c["value"] == c.get("valueTwo"),
		                    "SCMP_CMP_EQ": value == c["value"],
		                    "SCMP_CMP_NE": value != c["value"]}[c["op"]]:
		                break
		        else:
		            found.append(rule["action"] + (f":{rule['errnoRet']}" if "errnoRet" in rule else ""))
		    assert len(found) <= 2, (call, found)
		    assert found[-1] == expected, (call, found)
	PYTHON
}

@test "a fragment refuses what the profile refuses, and allows everything else" {
	export_ --format oci-seccomp nobind
	[[ $status == 0 ]]
	json_answers 'mbind(2=2)' SCMP_ACT_ERRNO 'mbind(2=0x8002)' SCMP_ACT_ERRNO \
		'mbind(2=0x100000002)' SCMP_ACT_ERRNO 'mbind(2=3)' SCMP_ACT_ALLOW \
		'set_mempolicy(0=2)' SCMP_ACT_ERRNO 'set_mempolicy(0=3)' SCMP_ACT_ALLOW \
		'mount(4=1)' SCMP_ACT_ERRNO 'mount(4=0)' SCMP_ACT_ALLOW 'mount(3=0x1000,4=1)' SCMP_ACT_ALLOW \
		'reboot()' SCMP_ACT_ALLOW
}

@test "what is not in it is told on standard error" {
	export_ --format oci-seccomp nobind
	[[ $stderr == *"not in it: files"* && $stderr == *"not in it: cpuset"* ]]
	[[ $stderr == *"mount is coarse"* && $stderr == *"start.inherited happens at a launch"* ]]
	export_ --format oci-seccomp '{mempolicy: {modes: {bind: EPERM}}, start: {inherited: keep}}'
	[[ $status == 125 && $stderr == *"inherited"* ]]
	export_ --format oci-seccomp '{mempolicy: {home-node: EPERM}, start: {inherited: keep}}'
	[[ $status == 0 && -z $stderr ]]
}

@test "a rule that JSON cannot say is an error that names it, unless it is best effort" {
	local nodes='{mempolicy: {nodes: {0: allow, others: EPERM}}}'
	export_ --format oci-seccomp "$nodes"
	[[ $status == 125 && -z $output ]]
	[[ $stderr == "mpolrun: a seccomp profile cannot say 'nodes': the nodes are behind a pointer (--best-effort nodes to go on without)" ]]
	export_ --best-effort nodes --format oci-seccomp "$nodes"
	[[ $status == 0 && $stderr == *"not in it: nodes"* ]]
	export_ --format oci-seccomp "{best-effort: [nodes], ${nodes#?}"
	[[ $status == 0 && $stderr == *"not in it: nodes"* ]]
}

@test "answers are actions, and ignore is an errno of 0" {
	export_ --format oci-seccomp '{mempolicy: {modes: {bind: ignore, interleave: kill, local: audit, preferred: audit, others: allow}, home-node: EACCES}}'
	[[ $status == 0 ]]
	json_answers 'set_mempolicy(0=2)' SCMP_ACT_ERRNO:0 'set_mempolicy(0=3)' SCMP_ACT_KILL_PROCESS \
		'set_mempolicy(0=4)' SCMP_ACT_LOG 'set_mempolicy(0=0)' SCMP_ACT_ALLOW \
		'set_mempolicy_home_node()' SCMP_ACT_ERRNO:13
}

@test "over a base, the gate gives way to the rules, and what it refuses stays refused" {
	cat >"$BATS_TEST_TMPDIR/base.json" <<-'BASE'
		{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
		 "archMap": [{"architecture": "SCMP_ARCH_X86_64",
		              "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}],
		 "syscalls": [
		  {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
		  {"names": ["mbind", "set_mempolicy", "get_mempolicy"], "action": "SCMP_ACT_ALLOW",
		   "includes": {"caps": ["CAP_SYS_NICE"]}},
		  {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}}]}
	BASE
	export_ --format oci-seccomp --merge "$BATS_TEST_TMPDIR/base.json" nobind
	[[ $status == 0 && $output != *includes* && $output != *X32* ]]
	[[ $stderr == *"the base refuses, and so does the result: set_mempolicy_home_node, migrate_pages, move_pages, mount, fsconfig"* ]]
	json_answers 'mbind(2=2)' SCMP_ACT_ERRNO 'mbind(2=3)' SCMP_ACT_ALLOW 'get_mempolicy()' SCMP_ACT_ALLOW \
		'read()' SCMP_ACT_ALLOW 'mount()' SCMP_ACT_ERRNO 'reboot()' SCMP_ACT_ERRNO
	printf '{"defaultAction": ' >"$BATS_TEST_TMPDIR/cut.json"
	export_ --format oci-seccomp --merge "$BATS_TEST_TMPDIR/cut.json" nobind
	[[ $status == 125 && -z $output && $stderr == *"is no JSON" ]]
	export_ --format oci-seccomp --merge "$BATS_TEST_TMPDIR/none.json" nobind
	[[ $status == 125 && -z $output && $stderr == "mpolrun: cannot open '"* ]]
}

@test "docker and containerd name a file of a package, or say which one is missing" {
	export_ --format oci-seccomp --merge docker nobind
	if ((status == 125)); then
		[[ $stderr == *"no seccomp profile of docker on this machine"*"golang-github-containers-common)" ]]
	else
		[[ $stderr == *"the base is /usr/share/"* ]]
		json_answers 'mbind(2=2)' SCMP_ACT_ERRNO:1 'mbind(2=3)' SCMP_ACT_ALLOW ||
			json_answers 'mbind(2=2)' SCMP_ACT_ERRNO 'mbind(2=3)' SCMP_ACT_ALLOW
	fi
}

@test "k8s: a manifest, with no answer that the operator would lose" {
	export_ --format k8s nobind
	[[ $status == 0 ]]
	json_answers 'mbind(2=2)' SCMP_ACT_ERRNO 'mbind(2=77)' SCMP_ACT_ERRNO 'mbind(2=3)' SCMP_ACT_ALLOW
	python3 - "$output" <<-'PYTHON'
		import json, sys
		manifest = json.loads(sys.argv[1])
		assert manifest["apiVersion"] == "security-profiles-operator.x-k8s.io/v1beta1"
		assert manifest["kind"] == "SeccompProfile" and manifest["metadata"] == {"name": "nobind"}
		assert not any("errnoRet" in rule for rule in manifest["spec"]["syscalls"])
	PYTHON
	export_ --format k8s nobind-quiet
	[[ $status == 125 && $stderr == *"cannot say 'modes.bind' with another answer than EPERM"* ]]
}

@test "a format is needed, and one of the two" {
	export_ nobind
	[[ $status == 125 && $stderr == "mpolrun: 'profile export' needs a format "* ]]
	export_ --format oci nobind
	[[ $status == 125 && $stderr == "mpolrun: --format: 'oci' is not oci-seccomp or k8s" ]]
	run bash -c '"$MPOLRUN" profile export --format oci-seccomp nobind >/dev/full'
	[[ $status == 125 && $output == *"mpolrun: cannot write"* ]]
}
