"""What a result depends on besides the programs: the machine, its file systems and versions."""
import os
import platform
import re
import subprocess


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def file_system(folder):
    mounts = output("findmnt", "-n", "-o", "FSTYPE", "-T", str(folder)).split()  # the last one lies on top of the others
    return mounts[-1] if mounts else "unknown"


def free_bytes(folder):
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def describe(work):
    """Names and values, in the order in which they are shown."""
    with open("/proc/cpuinfo") as file:
        model = re.search(r"^model name\s*: (.*)$", file.read(), re.M)
    with open("/proc/meminfo") as file:
        memory = int(re.search(r"^MemTotal:\s*(\d+)", file.read(), re.M).group(1)) / 2**20
    return {
        "processors": f"{os.cpu_count()} x {model.group(1) if model else platform.machine()}",
        "memory": f"{memory:.0f} GiB",
        "system": f"Linux {platform.release()}, {output('sh', '-c', '. /etc/os-release; echo $PRETTY_NAME')}",
        "file system": file_system(work),
        "git": output("git", "--version").removeprefix("git version "),
        "node": output("node", "--version"),
    }
