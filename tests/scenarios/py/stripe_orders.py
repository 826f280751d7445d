"""Orders sent to several servers by the official Stripe SDK, unchanged. An order that gets no answer from one server is sent
to the next, with the same idempotency key, as a balancer would. Arguments: addresses (with commas), secret key, number of
orders. Prints a line of JSON for each order that is answered."""

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import stripe

addresses, key, orders = sys.argv[1].split(","), sys.argv[2], int(sys.argv[3])
clients = [stripe.StripeClient(key, base_addresses={"api": a}, max_network_retries=0) for a in addresses]
printing = threading.Lock()
# Captured, but the answer is lost; any other card is captured and answered.
SILENT = {"type": "card", "card": {"number": "4000001200000040", "exp_month": 12, "exp_year": 2049}}


def until_answered(first, call, idempotency_key):
    """Sends it, from one server to the next, until one answers."""
    for tries in range(1200):
        try:
            server = (first + tries) % len(clients)
            return call(clients[server].v1, {"idempotency_key": idempotency_key}), tries + 1, server
        except stripe.APIConnectionError:
            pass
        except stripe.StripeError as e:
            # In use by a request that is under way, too many, or not to be answered now.
            if e.http_status not in (409, 429) and (e.http_status or 500) < 500:
                raise
        time.sleep(0.1)
    raise AssertionError("no answer in two minutes")


def order(n):
    params = {"amount": 1000 + n, "currency": "gbp", "confirm": True, "metadata": {"order": str(n)}}
    if n % 10 == 3:
        params["payment_method_data"] = SILENT
    else:
        params["payment_method"] = "pm_card_visa"
    paid, tries, server = until_answered(n, lambda v1, options: v1.payment_intents.create(params, options), f"order-{n}")
    refunded = None
    if n % 10 == 7 and paid.status == "succeeded":
        part = {"payment_intent": paid.id, "amount": 500}
        # To the other server.
        refund, more, _ = until_answered(n + 1, lambda v1, options: v1.refunds.create(part, options), f"refund-{n}")
        refunded, tries = refund.id, max(tries, more)
    said = {"order": n, "id": paid.id, "status": paid.status, "tries": tries, "server": server, "refund": refunded}
    with printing:
        print(json.dumps(said), flush=True)


with ThreadPoolExecutor(16) as pool:
    for done in [pool.submit(order, n) for n in range(orders)]:
        done.result()
