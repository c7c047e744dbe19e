#!/usr/bin/env python3
# ldd.py ROOT ANSWER: is what `verify --json` says of linkage what the root's own `ldd -v` says of every ELF file, run in it? Both sets are counted
# on the last line; exit status 1 and the differences before it where they are not equal. Must be root; ends chrooted.
import json
import os
import re
import stat
import subprocess
import sys

root, answer = sys.argv[1:]
skipped = {f"/usr/share/{n}" for n in ("doc", "man", "locale", "icons")} | {"/usr/include", "/usr/src", "/usr/lib/debug", "/usr/lib/modules", "/usr/lib/firmware"}


def elf_files():
    for top in ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "opt"):
        if os.path.islink(f"{root}/{top}"):
            continue
        for folder, folders, names in os.walk(f"{root}/{top}"):
            folders[:] = [f for f in folders if f"{folder}/{f}"[len(root):] not in skipped]
            for name in names:
                path = f"{folder}/{name}"
                mode = os.lstat(path).st_mode
                if not stat.S_ISREG(mode) or not (mode & 0o111 or ".so" in name):
                    continue
                with open(path, "rb") as f:
                    head = f.read(18)
                if (head[:4] == b"\x7fELF" and head[16:18] in (b"\2\0", b"\3\0")) or re.fullmatch(r"lib.*\.so\.[0-9.]+", name):
                    yield path[len(root):]


def needed_of(files):
    said = subprocess.run(["readelf", "-dW"] + [root + f for f in files], capture_output=True, text=True).stdout
    needed, at = {f: set() for f in files}, files[0]
    for line in said.splitlines():
        if line.startswith("File: "):
            at = line[6 + len(root):]
        elif found := re.search(r"\(NEEDED\).*\[(.*)\]", line):
            needed[at].add(found[1])
    return needed


def ldd(files):
    script = 'while read -r f; do echo "@$f"; ldd -v "$f" 2>&1; echo "=$?"; done'
    said = subprocess.run(["/bin/sh", "-c", script], input="\n".join(files) + "\n", capture_output=True, text=True).stdout
    return dict(re.findall(r"^@(.*)\n((?:.*\n)*?=\d+)$", said, re.M))


files = sorted(elf_files())
needed = needed_of(files)
ours = {}
for f in json.load(open(answer))["findings"]:
    if f["fault"] == "linkage":
        ours.setdefault(f["path"], []).append(f["detail"].split(";")[0])
os.chroot(root)
os.chdir("/")
said = ldd(files)

theirs, wrong, explained, silent = {}, [], 0, set()
for f in files:
    text = said[f]
    absent = set(re.findall(r"^\t(\S+) => not found$", text, re.M))
    lacks = {f"{s} not found" for s in absent & needed[f]}
    for version, by in re.findall(r"version `(\S+)' not found \(required by (\S+)\)", text):
        if os.path.realpath(by) == f:
            lacks.add(f"wants {version}")
    fatal = re.search(r"error while loading shared libraries: (\S+): (.*)", text)
    # of a library cut short the loader dies of SIGBUS: then ldd says nothing at all
    dead = fatal or text.startswith("=1") or "unknown exit code" in text or (
        "not a dynamic executable" in text and re.search(r"\.so\.[0-9.]+$", f) and not needed[f])
    if lacks:
        theirs[f] = lacks
    # what kills the loader is a library that we call damaged; what else is lacking then ldd does not say
    if dead:
        silent.add(f)
    if dead and not any("damaged" in d for d in ours.get(f, [])):
        named = [p for p, d in ours.items() if any("damaged" in x for x in d)]
        if not any(fatal is None or os.path.basename(p).startswith(os.path.basename(fatal[1])) or os.path.realpath(fatal[1]) == p for p in named):
            wrong.append(f"ldd dies of {f}, which nothing explains: {text}")
    for other in absent - needed[f]:
        explained += 1
        if not any(f"{other} not found" in d for list_ in ours.values() for d in list_):
            wrong.append(f"{f}: {other} is lacking to something, says ldd alone")
    if any("damaged" in d for d in ours.get(f, [])) and not dead:
        wrong.append(f"{f} is called damaged, and ldd loads it: {text}")

for f in set(ours) | set(theirs):
    mine = set()
    for d in ours.get(f, []):
        if d.startswith("wants "):
            mine.add(d.split(",")[0])
        elif d.endswith(" not found"):
            mine.add(d)
        elif "ld.so.cache" in d:
            mine.add(d.split()[0] + " not found")
        elif "damaged" not in d:
            wrong.append(f"{f}: what is this: {d}")
    if mine != theirs.get(f, set()) and not (f in silent and mine > theirs.get(f, set())):
        wrong.append(f"{f}: ours {sorted(mine)}, ldd says: {said[f]}")
print("\n".join(wrong))
print(f"{len(files)} files, {sum(map(len, theirs.values()))} lacks by ldd, {sum(map(len, ours.values()))} by us, {explained} of others, {len(wrong)} differences")
sys.exit(bool(wrong) or len(files) < 500)
