"""A client that trusts one certificate. Arguments: address, certificate, secret key."""

import json
import ssl
import sys
import urllib.request

address, certificate, key = sys.argv[1:]
context = ssl.create_default_context(cafile=certificate)
request = urllib.request.Request(f"{address}/v1/balance", headers={"Authorization": f"Bearer {key}"})
with urllib.request.urlopen(request, context=context) as reply:
    print(reply.status, json.load(reply)["object"])
old = ssl.create_default_context(cafile=certificate)
old.maximum_version = ssl.TLSVersion.TLSv1_2
with urllib.request.urlopen(request, context=old) as reply:
    print(reply.status, json.load(reply)["object"])
try:
    urllib.request.urlopen(request, context=ssl.create_default_context())
except urllib.error.URLError as e:
    print(type(e.reason).__name__)
