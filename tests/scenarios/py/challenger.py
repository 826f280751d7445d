"""A challenger: keeps the challenges it is asked for, and says of each what it is told to say.

Prints its port. Takes orders on standard input, one a line: `say STATUS`, `amount N` (what payers are shown; 0: what was asked), `down 1`.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

state = {"say": "pending", "amount": 0, "down": 0}
asked = {}


class Challenger(BaseHTTPRequestHandler):
    def do_POST(self):
        challenge = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked[challenge["id"]] = challenge
        self.answer({"redirect_url": f"http://127.0.0.1/page/{challenge['id']}"})

    def do_GET(self):
        challenge = asked.get(self.path.rsplit("/", 1)[1])
        if challenge is None:
            self.answer({}, 404)
            return
        amount = state["amount"] or challenge["amount"]
        told = {"id": challenge["id"], "amount": amount, "currency": challenge["currency"], "status": state["say"]}
        self.answer(told | {"factor": "three_ds"})

    def answer(self, value, status=200):
        if state["down"]:
            time.sleep(20)
            return
        if self.headers["Authorization"] != "Bearer s3cret":
            value, status = {}, 401
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Challenger)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for order in sys.stdin:
    name, value = order.split()
    state[name] = value if name == "say" else int(value)
    print("done", flush=True)
