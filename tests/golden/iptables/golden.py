# SPDX-License-Identifier: Apache-2.0
"""The recorded rules: reading and writing golden.jsonl, and the one normal form of `iptables-save` output.

The file has one JSON value a line: what recorded it, then the pool of distinct chains (each a list of rules), then the cases,
whose results name chains by their place in the pool. `same` tells that both back ends gave the same.
"""

import json
import pathlib
import re

PATH = pathlib.Path(__file__).with_name("golden.jsonl")
BACK_ENDS = ("nft", "legacy")
BUILT_IN = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}


def parse_save(text):
    """`*-save` output as {table: {chain: [rule]}}: no counters, no comments, no built-in chain without rules, no empty table."""
    tables, current = {}, None
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#") or line == "COMMIT":
            continue
        if line.startswith("*"):
            current = tables.setdefault(line[1:], {})
        elif line.startswith(":"):
            chain = line[1:].split()[0]
            if chain not in BUILT_IN:
                current.setdefault(chain, [])
        else:
            chain, rule = re.fullmatch(r"-A (\S+) ?(.*)", line).groups()
            current.setdefault(chain, []).append(rule)
    return {table: dict(sorted(chains.items())) for table, chains in sorted(tables.items()) if chains}


def write(recorded_from, cases, path=PATH):
    """`cases` carry "results": {back end: {"exit": int, "v4": tables, "v6": tables, ...}}."""
    pool, lines = {}, []

    def place(rules):
        return pool.setdefault(json.dumps(rules), len(pool))

    def packed(result):
        fields = dict(result)
        for family in ("v4", "v6"):
            fields[family] = {table: {chain: place(rules) for chain, rules in chains.items()}
                              for table, chains in result[family].items()}
        return fields

    for case in cases:
        fields = {key: value for key, value in case.items() if key != "results"}
        results = [packed(case["results"][back_end]) for back_end in BACK_ENDS]
        if results[0] == results[1]:
            fields["same"] = results[0]
        else:
            fields.update(zip(BACK_ENDS, results))
        lines.append(json.dumps(fields, separators=(",", ":")))
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(recorded_from) + "\n")
        file.write(json.dumps([json.loads(rules) for rules in pool], separators=(",", ":")).replace('],["', '],\n["') + "\n\n")
        file.write("\n".join(lines) + "\n")


def read(path=PATH):
    """(recorded_from, cases) as they were given to write."""
    text = path.read_text(encoding="utf-8")
    head, _, body = text.partition("\n\n")
    recorded_from, _, pool_text = head.partition("\n")
    pool = json.loads(pool_text)
    cases = [json.loads(line) for line in body.splitlines()]
    for case in cases:
        same = case.pop("same", None)
        packed = {back_end: same or case.pop(back_end) for back_end in BACK_ENDS}
        case["results"] = {back_end: _unpacked(result, pool) for back_end, result in packed.items()}
    return json.loads(recorded_from), cases


def _unpacked(result, pool):
    fields = dict(result)
    for family in ("v4", "v6"):
        fields[family] = {table: {chain: pool[place] for chain, place in chains.items()}
                          for table, chains in result[family].items()}
    return fields
