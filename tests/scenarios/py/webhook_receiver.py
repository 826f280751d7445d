"""Receives webhooks and judges each with the official Stripe SDK.

Prints its port, then a line for each call: `ok ID TYPE` or `bad REASON`. Takes orders on standard input, one a line: `secret whsec_...`,
`status 500`, `slow SECONDS`.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

state = {"secret": "", "status": 200, "slow": 0.0}


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        payload = self.rfile.read(int(self.headers["Content-Length"]))
        status, line = state["status"], ""
        time.sleep(state["slow"])
        try:
            signature = self.headers["Stripe-Signature"]
            event = stripe.Webhook.construct_event(payload, signature, state["secret"])
            assert event["object"] == "event" and event["data"]["object"]["id"]
            line = f"ok {event['id']} {event['type']}"
            # What was changed on the way is no event.
            changed = json.dumps(json.loads(payload) | {"type": "forged"}).encode()
            try:
                stripe.Webhook.construct_event(changed, signature, state["secret"])
                line = "bad a forged event was taken"
            except stripe.SignatureVerificationError:
                pass
        except stripe.SignatureVerificationError:
            status, line = 400, "bad signature"
        if status == 200 or line.startswith("bad"):
            print(line, flush=True)
        else:
            print("refused", flush=True)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for order in sys.stdin:
    name, value = order.split()
    state[name] = {"secret": str, "status": int, "slow": float}[name](value)
    print("done", flush=True)
