"""A judge of ISO 8583 messages: the package pyiso8583, spoken to in lines of JSON.

In:  {"op": "decode", "hex": "3031..."}                 out: {"fields": {"t": "0100", "2": "4242...", ...}}
     {"op": "encode", "fields": {"t": "0100", ...}}     out: {"hex": "3031..."}
What it refuses:                                        out: {"error": "..."}

Values of binary fields are hexadecimal digits. The table is the package's own `default_ascii`; where it differs from
ours on purpose, it is changed below, from the same description of the fields in crates/cards/data.
"""

import copy
import json
import sys

import iso8583
from iso8583.specs import default_ascii

SPEC = copy.deepcopy(default_ascii)
for field in ("p", "1"):
    SPEC[field].update(data_enc="b", max_len=8)
for field in ("52", "64", "96", "128"):
    SPEC[field].update(data_enc="b", max_len=8)
SPEC["54"].update(max_len=120)
SPEC["55"].update(data_enc="b", max_len=255)


def answer(request):
    if request["op"] == "decode":
        fields, _ = iso8583.decode(bytes.fromhex(request["hex"]), SPEC)
        return {"fields": {key: value for key, value in fields.items() if key not in ("h", "p", "1")}}
    frame, _ = iso8583.encode(dict(request["fields"]), SPEC)
    return {"hex": bytes(frame).hex()}


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as error:  # whatever it refuses is the judgement
        result = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), flush=True)
