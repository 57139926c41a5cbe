#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""valid_json.py DEFINITION: holds each line of standard input to that definition
of docs/schema.json. Line by line, an event may also be the summary of a replay."""
import json
import os
import sys

import jsonschema


def main():
    path = os.path.join(os.path.dirname(__file__), "../../docs/schema.json")
    schema = json.load(open(path))
    jsonschema.Draft7Validator.check_schema(schema)
    if sys.argv[1] not in schema["definitions"]:
        return f"docs/schema.json has no definition {sys.argv[1]}"
    validator = jsonschema.Draft7Validator(
        {"$ref": "#/definitions/" + sys.argv[1], "definitions": schema["definitions"]},
        format_checker=jsonschema.FormatChecker())
    lines = [line for line in sys.stdin if line.strip()]
    for line in lines:
        for error in validator.iter_errors(json.loads(line)):
            return f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:2000]
    return 0 if lines else "nothing to look at"


if __name__ == "__main__":
    sys.exit(main())
