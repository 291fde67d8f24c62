#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include whom, and the rules about files that a program can check. Runs in a second."""

import ast
import fnmatch
import os
import re
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LINES_MAX = 400
PYTHON_FUNCTION_LINES_MAX = 60

# Folder -> the folders of ours that it may include, besides itself. A file belongs to the longest folder that fits.
DATA = {"config", "proxy/base"}
IO = DATA | {"proxy/event", "proxy/net"}
PARTS = IO | {"proxy/observe", "proxy/policy", "proxy/transport", "proxy/upstream"}
ALL = PARTS | {"iptables", "proxy/admin", "proxy/server", "proxy/session", "xds"}
MAY_INCLUDE = {
    "proxy/base": set(),
    "config": {"proxy/base"},
    "xds": DATA,
    "iptables": IO,
    "proxy/event": {"proxy/base"},
    "proxy/net": DATA | {"proxy/event"},
    "proxy/policy": DATA,
    "proxy/observe": IO,
    "proxy/transport": IO,
    "proxy/upstream": IO | {"proxy/policy", "proxy/observe", "proxy/transport"},
    "proxy/session": PARTS,
    "proxy/admin": PARTS | {"proxy/session"},
    "proxy/server": ALL,
    "tests": ALL | {"tests"},
    "benchmarks": ALL | {"tests"},
}

# Header of a library -> the only files that may include it.
ONLY_IN = {
    "uv.h": ["proxy/event/*"],
    "openssl/*": ["proxy/transport/*"],
    "microhttpd.h": ["proxy/admin/http_engine.cc"],
    "spdlog/*": ["proxy/base/log.cc"],
    "google/protobuf/*": ["xds/*", "tests/xds/*", "tests/fuzz/*"],
    "*.pb.h": ["xds/*", "tests/xds/*", "tests/fuzz/*"],
    "grpc*": ["xds/*", "tests/xds/*"],
    "yaml-cpp/*": ["xds/yaml_*.cc"],
    "CLI/*": ["*_command.cc", "iptables/*.cc", "proxy/server/*.cc"],
    "nlohmann/*": ["proxy/admin/*.cc", "proxy/observe/*.cc", "xds/*.cc", "tests/*"],
    "gtest/*": ["tests/*"],
    "gmock/*": ["tests/*"],
    "benchmark/*": ["benchmarks/*"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
CODE = (".cc", ".h")
SCRIPTS = (".py", ".sh")
SPDX = "SPDX-License-Identifier: Apache-2.0"


def files_of(root):
    """All source files below root, as paths relative to it. Build trees and dot-folders are not ours."""
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in ("build", "__pycache__") and (f == ".ci" or f[0] != ".")]
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), root)
            if name.endswith(CODE + SCRIPTS + (".proto",)) or path in ("dev", ".ci/run"):
                yield path


def folder_of(path):
    fitting = [f for f in MAY_INCLUDE if path.startswith(f + "/")]
    return max(fitting, key=len, default=None)


def include_violations(path, text):
    here = folder_of(path)
    if here is None:
        yield f"{path}: belongs to no folder of the table in tests/layering_test.py"
        return
    for header in INCLUDE.findall(text):
        for pattern, allowed in ONLY_IN.items():
            if fnmatch.fnmatch(header, pattern) and not any(fnmatch.fnmatch(path, a) for a in allowed):
                yield f"{path}: includes <{header}>, allowed only in {', '.join(allowed)}"
        there = folder_of(header)
        if there and there != here and there not in MAY_INCLUDE[here]:
            yield f"{path}: includes {header}, but {here} may not know {there}"


def python_violations(path, text):
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            if lines > PYTHON_FUNCTION_LINES_MAX:
                yield f"{path}: {node.name} has {lines} lines, the limit is {PYTHON_FUNCTION_LINES_MAX}"


def violations(root):
    found = []
    for path in sorted(files_of(root)):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        lines = text.count("\n")
        if lines > LINES_MAX:
            found.append(f"{path}: {lines} lines, the limit is {LINES_MAX}: split it")
        if SPDX not in "\n".join(text.splitlines()[:3]):
            found.append(f"{path}: no line '{SPDX}' at its top")
        if path.endswith(CODE):
            found += include_violations(path, text)
            if re.search(r"^\s*using namespace\b", text, re.M):
                found.append(f"{path}: 'using namespace' hides where a name comes from: write the name out")
            if path.endswith(".h") and "#pragma once" not in text:
                found.append(f"{path}: no '#pragma once'")
        if path.endswith(".py"):
            found += python_violations(path, text)
    return found


class TreeTest(unittest.TestCase):
    def test_this_repository_obeys(self):
        found = violations(ROOT)
        self.assertEqual([], found, "\n" + "\n".join(found))


class RulesTest(unittest.TestCase):
    """Each rule finds what it is there to find: a check that cannot fail is none."""

    def found(self, path, body, head="// " + SPDX + "\n"):
        with tempfile.TemporaryDirectory() as root:
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(head + body)
            return violations(root)

    def assert_found(self, words, path, body, **more):
        found = self.found(path, body, **more)
        self.assertEqual(1, len(found), found)
        self.assertIn(words, found[0])

    def test_a_clean_file_passes(self):
        self.assertEqual([], self.found("proxy/net/socket.cc", '#include "proxy/base/check.h"\n#include <vector>\n'))

    def test_the_file_of_a_library_may_include_it(self):
        self.assertEqual([], self.found("proxy/event/loop.cc", "#include <uv.h>\n"))

    def test_a_forbidden_folder_is_found(self):
        self.assert_found("config may not know xds", "config/cluster.cc", '#include "xds/decode_cluster.h"\n')
        self.assert_found("proxy/net may not know proxy/session", "proxy/net/a.cc", '#include "proxy/session/session.h"\n')
        self.assert_found("xds may not know proxy/net", "xds/a.cc", '#include "proxy/net/socket.h"\n')

    def test_a_library_in_a_foreign_file_is_found(self):
        self.assert_found("<uv.h>", "proxy/session/session.cc", "#include <uv.h>\n")
        self.assert_found("<uv.h>", "proxy/session/session.cc", "#  include  <uv.h>\n")
        self.assert_found("listener.pb.h", "proxy/server/server.cc", '#include "xds/proto/listener.pb.h"\n')
        self.assert_found("openssl", "proxy/net/socket.cc", "#include <openssl/ssl.h>\n")

    def test_a_folder_without_a_row_is_found(self):
        self.assert_found("belongs to no folder", "proxy/extra/a.cc", "int a;\n")

    def test_a_long_file_is_found(self):
        self.assertEqual([], self.found("config/a.cc", "\n" * (LINES_MAX - 1)))
        self.assert_found("401 lines", "config/a.cc", "\n" * LINES_MAX)

    def test_a_long_python_function_is_found(self):
        body = "def f():\n" + "    pass\n" * PYTHON_FUNCTION_LINES_MAX
        self.assert_found("f has 61 lines", "tests/a.py", body, head="# " + SPDX + "\n")

    def test_using_namespace_is_found(self):
        self.assert_found("using namespace", "config/a.cc", "  using namespace std;\n")

    def test_a_missing_licence_line_is_found(self):
        self.assert_found("SPDX", "config/a.cc", "int a;\n", head="")

    def test_a_missing_include_guard_is_found(self):
        self.assert_found("#pragma once", "config/a.h", "int a;\n")


if __name__ == "__main__":
    unittest.main(verbosity=1 if "-v" not in sys.argv else 2)
