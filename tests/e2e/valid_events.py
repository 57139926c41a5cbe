#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reads JSON lines (or one object with "events") and holds every event to docs/schema.json."""
import json
import os
import sys

import jsonschema


def main():
    path = os.path.join(os.path.dirname(__file__), "../../docs/schema.json")
    schema = json.load(open(path))
    count = 0
    for line in sys.stdin:
        got = json.loads(line)
        for event in got.get("events", [got]):
            if event.get("event_type") != "summary":
                jsonschema.validate(event, schema)
                count += 1
    return 0 if count else "no event to look at"


if __name__ == "__main__":
    sys.exit(main())
