# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the prober, bare or under a profile, as somebody, in what was prepared for it."""
import contextlib
import os
import shutil
import subprocess
import sys
import time

from table import BEST_EFFORT, HERE, MATRIX_DENY, MATRIX_NODES

USER = 1000
TOP = "/sys/fs/cgroup"
UPDATES = 3 # while a fork bomb burns


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class Machine:
    """Copies of the two programs where any user can run them, and how to become that user."""

    def __init__(self, folder, thin=False):
        if thin:
            os.environ["BYPASS_THIN"] = "1"
        build = os.path.join(HERE, "..", "..", "build")
        self.folder = folder
        self.source = os.environ.get("MPOLRUN", os.path.join(build, "mpolrun"))
        self.copies = 0
        self.mpolrun = self.copy(self.source, "mpolrun")
        self.prober = self.copy(os.environ.get("PROBER", os.path.join(build, "tests/bypass/prober")), "prober")
        if os.geteuid() == 0:
            os.chmod(self.copy(self.prober, "prober-setuid"), 0o4755)
        self.bound = os.path.join(folder, "bound")
        os.mkdir(self.bound)
        os.chmod(folder, 0o755)

    def copy(self, path, name):
        if not os.access(path, os.X_OK):
            sys.exit(f"run: no program {path}: build it, or set MPOLRUN and PROBER")
        return shutil.copy(path, os.path.join(self.folder, name))

    def write_list(self, rows):
        """A file with the rows, for whoever runs them."""
        self.copies += 1
        path = os.path.join(self.folder, f"list-{self.copies}")
        write(path, "".join(row.text + "\n" for row in rows))
        os.chmod(path, 0o644)
        return path

    def launcher(self):
        """A name for one launch: its supervisor is known by that path."""
        self.copies += 1
        path = os.path.join(self.folder, f"mpolrun-{self.copies}")
        os.link(self.mpolrun, path)
        return path

    def become(self, who):
        prefix = []
        if who != "root" and os.geteuid() == 0:
            prefix += ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        if who == "namespace":
            # Root with all capabilities, in a user namespace of an ordinary user's.
            prefix += ["unshare", "--user", "--map-root-user"]
        return prefix

    def launch(self, who, profile, rows, after=None, options=None):
        """Run the prober over the rows; profile None: bare. options: of the launch; None: attach it."""
        mpolrun = self.launcher() if profile else self.source
        command = ["unshare", "--mount", "--propagation=private"] if after == "bound-mount" else []
        command += [self.prober, "--bound-mount", self.bound] if after == "bound-mount" else []
        command += self.become(who)
        command += [self.prober, "--leak" if after == "bound-fd" else "--outside"]
        command += [self.prober, f"--{after}"] if after in ("crowd", "listener") else []
        attach = profile and options is None
        policy = [word for name in (profile or "").split("+") for word in ("-p", f"builtin:{name}")]
        policy += [word for rule in MATRIX_DENY if "+" in (profile or "") for word in ("--deny", rule)]
        if after == "nodes" and "+" in (profile or ""):
            policy += ["-p", MATRIX_NODES, "--best-effort", "nodes"]
        if profile and not attach:
            command += [mpolrun] + policy + options + ["--"]
        env = {key: value for key, value in os.environ.items() if not key.startswith("MPOLRUN")}
        env["BYPASS_MPOLRUN"] = mpolrun
        with contextlib.ExitStack() as stack:
            fds = prepare(who, env, stack)
            hold = []
            if attach:
                held = os.pipe()
                stack.callback(os.close, held[1])
                fds.append(held[0])
                hold = ["--hold", str(held[0])]
            process = subprocess.Popen(
                command + [self.prober] + hold + (["--bomb"] if after == "bomb" else []) +
                ["--routes", self.write_list(rows)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/", env=env,
                stdin=subprocess.DEVNULL, pass_fds=fds,
                preexec_fn=lambda: enter(env.get("BYPASS_DELEGATED")))
            for fd in fds:
                os.close(fd)
            if attach:
                stack.enter_context(attached(mpolrun, policy, process, after == "bomb",
                                             lambda: os.write(held[1], b".")))
            out, err = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, out, err)


def enter(delegated):
    if delegated:
        write(os.path.join(delegated, "start", "cgroup.procs"), "0")


def remove(top):
    """Its processes take a moment to go."""
    for _ in range(100):
        try:
            for folder, _, _ in os.walk(top, topdown=False):
                os.rmdir(folder)
            return
        except OSError:
            time.sleep(0.05)


def prepare(who, env, stack):
    """Cgroups: one that is the command's own to divide, and one of somebody else's. The fds to pass."""
    if os.geteuid() or not os.access(os.path.join(TOP, "cgroup.controllers"), os.F_OK):
        return []
    # From the time of the launch, so that two at once do not meet.
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    own, away = (os.path.join(TOP, f"bypass-{name}-{mark}") for name in ("own", "away"))
    os.mkdir(away)
    stack.callback(remove, away)
    os.mkdir(own)
    stack.callback(remove, own)
    os.mkdir(os.path.join(own, "start"))
    write(os.path.join(own, "cgroup.subtree_control"), "+cpuset")
    if who != "root":
        for name in ("", "cgroup.procs", "cgroup.subtree_control", "start", "start/cgroup.procs"):
            os.chown(os.path.join(own, name), USER, USER)
    env["BYPASS_DELEGATED"] = own
    fds = [os.open(os.path.join(away, "cgroup.procs"), os.O_WRONLY), os.open(away, os.O_PATH)]
    env["BYPASS_CGROUP_PROCS"], env["BYPASS_CGROUP"] = str(fds[0]), str(fds[1])
    return fds


@contextlib.contextmanager
def attached(mpolrun, policy, process, update, tell):
    """A layer on the cgroup of a process that runs already, with the threads that it has. The process is
    told when it is in the cgroup, and when that is attached, and with @update, updated."""
    name, cgroup = f"bypass-{process.pid}", os.path.join(TOP, f"bypass-attached-{process.pid}")
    tasks = f"/proc/{process.pid}/task"
    while process.poll() is None and len(os.listdir(tasks)) < 2:
        time.sleep(0.02)
    os.mkdir(cgroup)
    write(os.path.join(cgroup, "cgroup.procs"), str(process.pid))
    tell()
    try:
        subprocess.run([mpolrun, "layer", "create", name, "--mechanism", "lsm,fmod_ret"] + BEST_EFFORT + policy,
                       check=True, stdout=subprocess.DEVNULL)
        subprocess.run([mpolrun, "layer", "attach", name, "--cgroup", cgroup], check=True,
                       stdout=subprocess.DEVNULL)
        for _ in range(UPDATES if update else 0):
            subprocess.run([mpolrun, "layer", "update", name] + BEST_EFFORT + policy, check=True,
                           stdout=subprocess.DEVNULL)
        tell()
        yield
    finally:
        process.wait()
        subprocess.run([mpolrun, "layer", "detach", name, "--cgroup", cgroup], check=False)
        subprocess.run([mpolrun, "layer", "remove", name], check=False, stdout=subprocess.DEVNULL)
        remove(cgroup)
