"""A judge of ISO 8583 messages: the package pyiso8583, spoken to in lines of JSON.

In:  {"op": "decode", "table": "ascii", "hex": "3031..."}                out: {"fields": {"t": "0100", "2": "4242...", ...}}
     {"op": "encode", "table": "ascii", "fields": {"t": "0100", ...}}    out: {"hex": "3031..."}
What it refuses:                                                        out: {"error": "..."}

Values of binary fields are hexadecimal digits. The tables are in pyiso_tables.py.
"""

import json
import sys

import iso8583

from pyiso_tables import TABLES


def answer(request):
    spec = TABLES[request["table"]]
    if request["op"] == "decode":
        fields, _ = iso8583.decode(bytes.fromhex(request["hex"]), spec)
        return {"fields": {key: value for key, value in fields.items() if key not in ("h", "p", "1")}}
    frame, _ = iso8583.encode(dict(request["fields"]), spec)
    return {"hex": bytes(frame).hex()}


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as error:  # whatever it refuses is the judgement
        result = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), flush=True)
