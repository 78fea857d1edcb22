#!/usr/bin/env python3
"""Fails on an #include that the table of the architecture does not allow.

Usage: includes.py ROOT. Prints one line per forbidden arrow.
"""

import pathlib
import re
import sys

# Who may include whom: folders of the project, and libraries.
ALLOWED = {
    "sdp": {"base", "expected"},
    "pipelines/base": {"expected", "glib"},
    "pipelines/json": {"base", "expected", "glib", "json-glib"},
    "pipelines/control": {"base", "json", "expected", "glib"},
    "pipelines/gst": {"base", "expected", "glib", "gst"},
    "pipelines/h264": set(),
    "pipelines/fanout": {"base", "gst-cpp", "expected", "glib", "gst"},
    "pipelines/ingest": {"base", "control", "gst-cpp", "fanout", "sdp", "expected", "glib", "gst"},
    "pipelines/encode": {"base", "control", "gst-cpp", "fanout", "expected", "glib", "gst"},
    "pipelines/outputs": {"base", "control", "gst-cpp", "fanout", "h264", "expected", "glib", "gst", "libav"},
    "pipelines/finish": {"base", "json", "expected", "libav"},
    "pipelines/stream": {"base", "control", "gst-cpp", "h264", "fanout", "ingest", "encode", "outputs", "sdp",
                         "expected", "glib", "gst"},
    "pipelines": {"base", "control", "stream", "finish", "pipelines", "glib", "gst"},
    "gateway/http": {"base", "json", "expected", "glib", "soup"},
    "gateway/hls": {"base", "expected", "glib"},
    "gateway/process": {"base", "expected", "glib"},
    "gateway/streams": {"base", "process", "control", "sdp", "hls", "expected", "glib"},
    "gateway/access": {"base", "http", "streams", "sdp", "expected", "glib"},
    "gateway/ice": {"base", "json", "control", "http", "streams", "expected", "glib"},
    "gateway/turn_check": {"base", "http", "sdp", "ice", "expected", "glib"},
    "gateway/coturn": {"base", "process", "streams", "ice", "turn_check", "expected", "glib"},
    "gateway/archive": {"base", "process", "json", "http", "streams", "sdp", "expected", "glib", "sqlite"},
    "gateway/whip": {"base", "http", "streams", "sdp", "ice", "access", "expected", "glib"},
    "gateway/api": {"base", "json", "http", "streams", "sdp", "access", "archive", "hls", "expected", "glib"},
    "gateway/config": {"base", "http", "streams", "hls", "ice", "access", "expected", "glib"},
    "gateway": {"base", "json", "config", "http", "streams", "hls", "whip", "ice", "turn_check", "coturn",
                "archive", "access", "api", "gateway", "sdp", "expected", "glib"},
}

NAMES = {"pipelines/gst": "gst-cpp"}

LIBRARIES = [
    (re.compile(r"^tl/expected\.hpp$"), "expected"),
    (re.compile(r"^(glib|gio|glib-object|glib-unix)(\.h|/)"), "glib"),
    (re.compile(r"^json-glib/"), "json-glib"),
    (re.compile(r"^libsoup/"), "soup"),
    (re.compile(r"^sqlite3\.h$"), "sqlite"),
    (re.compile(r"^gst/"), "gst"),
    (re.compile(r"^(libavformat|libavcodec|libavutil)/"), "libav"),
]
# A few folders of glib are spelt with a prefix of their own.
SYSTEM = re.compile(r"^[a-z_]+(\.h)?$|^(sys|net|netinet|arpa|linux|asm)/[a-z0-9_]+\.h$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    """The key of ALLOWED that a file belongs to."""
    parts = path.parts
    for depth in (2, 1):
        key = "/".join(parts[:depth])
        if len(parts) > depth and key in ALLOWED:
            return key
    return None


def name_of(folder):
    return NAMES.get(folder, folder.rsplit("/", 1)[-1])


def target_of(include):
    """What an include line means: a folder's or a library's name; None for the system's own headers."""
    folder = folder_of(pathlib.PurePath(include))
    if folder is not None:
        return name_of(folder)
    for pattern, library in LIBRARIES:
        if pattern.match(include):
            return library
    return None if SYSTEM.match(include) else include


def main(root):
    root = pathlib.Path(root)
    seen = 0
    wrong = []
    for top in ("sdp", "pipelines", "gateway"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".cpp"):
                continue
            seen += 1
            path = file.relative_to(root)
            folder = folder_of(path)
            if folder is None:
                wrong.append(f"{path}: its folder is not in the table")
                continue
            for number, line in enumerate(file.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                target = target_of(found.group(2)) if found else None
                if target not in (None, name_of(folder)) and target not in ALLOWED[folder]:
                    wrong.append(f"{path}:{number}: {folder} may not include {found.group(2)}")
    print("\n".join(wrong) if wrong else f"{seen} files, every include allowed")
    return 1 if wrong or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
