"""memory.py FILE COMMAND...: runs it, and writes to FILE the most memory, in KiB, that it and all its descendants had at once: the sum of
their proportional shares (Pss, proc(5)), looked at every few milliseconds. Whoever lives shorter than that is not seen."""
import os
import sys
import time


def parents():
    """The parent of each process."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="latin-1") as stat:
                    found[int(name)] = int(stat.read().rpartition(")")[2].split()[1])
            except OSError:
                pass
    return found


def share(pid):
    """Its share in KiB, 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="latin-1") as rollup:
            return sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    except OSError:
        return 0


def family(pid):
    """It and its descendants."""
    of = parents()
    members = {pid}
    grown = True
    while grown:
        more = {child for child, parent in of.items() if parent in members} - members
        members |= more
        grown = bool(more)
    return members


child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
most = 0
while os.waitpid(child, os.WNOHANG) == (0, 0):
    most = max(most, sum(map(share, family(child))))
    time.sleep(0.005)
with open(sys.argv[1], "w", encoding="ascii") as out:
    print(most, file=out)
