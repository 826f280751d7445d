"""Judges a NACHA file with achkit: prints whether it is in order and what is not, as one JSON object."""

import json
import sys

import achkit

with open(sys.argv[1], encoding="ascii") as file:
    result = achkit.validate(file.read())
print(json.dumps({"ok": result["ok"], "errors": [error["code"] for error in result["errors"]]}))
