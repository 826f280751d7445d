"""The official Stripe SDK, unchanged, drives a server: the whole life of a payment. Arguments: address, secret key."""

import sys

import stripe

address, key = sys.argv[1:]
client = stripe.StripeClient(key, base_addresses={"api": address}, max_network_retries=2)
v1 = client.v1


def refused(kind, code, call):
    try:
        call()
    except kind as e:
        assert e.error.code == code, (e.error, code)
        assert e.request_id.startswith("req_")
        return e
    raise AssertionError(f"{code} was expected")


# At once, with a card in test mode.
paid = v1.payment_intents.create(
    {
        "amount": 2000,
        "currency": "gbp",
        "payment_method": "pm_card_visa",
        "confirm": True,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "metadata": {"order": "6735", "note": "two words"},
        "description": "A box of caf\u00e9 cr\u00e8me",
        "expand": ["latest_charge"],
    }
)
assert (paid.status, paid.amount_received, paid.currency) == ("succeeded", 2000, "gbp")
assert paid.metadata["note"] == "two words" and paid.description == "A box of caf\u00e9 cr\u00e8me"
assert isinstance(paid, stripe.PaymentIntent) and isinstance(paid.latest_charge, stripe.Charge)
assert paid.latest_charge.payment_method_details.card.last4 == "4242"
assert paid.livemode is False and paid.client_secret.startswith(paid.id + "_secret_")

# Card, payment, confirmation, increment, capture in parts, cancel: step by step.
method = v1.payment_methods.create(
    {"type": "card", "card": {"number": "5555555555554444", "exp_month": 12, "exp_year": 2049, "cvc": "123"}}
)
assert (method.card.brand, method.card.last4, method.card.exp_year) == ("mastercard", "4444", 2049)
assert v1.payment_methods.retrieve(method.id).card.fingerprint == method.card.fingerprint
held = v1.payment_intents.create({"amount": 5000, "currency": "gbp", "capture_method": "manual"})
assert held.status == "requires_payment_method"
held = v1.payment_intents.update(held.id, {"metadata": {"a": "1", "b": "2"}, "payment_method": method.id})
assert held.status == "requires_confirmation"
held = v1.payment_intents.update(held.id, {"metadata": {"a": ""}})
assert held.metadata.to_dict() == {"b": "2"}
held = v1.payment_intents.confirm(held.id)
assert (held.status, held.amount_capturable) == ("requires_capture", 5000)
held = v1.payment_intents.increment_authorization(held.id, {"amount": 6000})
assert (held.status, held.amount_capturable, held.amount) == ("requires_capture", 6000, 6000), held
held = v1.payment_intents.capture(held.id, {"amount_to_capture": 1500, "final_capture": False})
assert (held.status, held.amount_received, held.amount_capturable) == ("requires_capture", 1500, 4500), held
held = v1.payment_intents.capture(held.id, {"amount_to_capture": 2500})
assert (held.status, held.amount_received) == ("succeeded", 4000), held
again = v1.payment_intents.retrieve(held.id)
assert (again.status, again.amount_received, again.amount_capturable) == ("succeeded", 4000, 0)

dropped = v1.payment_intents.create(
    {"amount": 700, "currency": "eur", "payment_method": "pm_card_amex", "capture_method": "manual", "confirm": True}
)
dropped = v1.payment_intents.cancel(dropped.id, {"cancellation_reason": "requested_by_customer"})
assert (dropped.status, dropped.cancellation_reason) == ("canceled", "requested_by_customer")

# Refunds, by payment and by charge, and too much of them.
refund = v1.refunds.create({"payment_intent": paid.id, "amount": 500, "reason": "requested_by_customer"})
assert (refund.status, refund.amount, refund.charge) == ("succeeded", 500, paid.latest_charge.id)
e = refused(
    stripe.InvalidRequestError, "amount_too_large", lambda: v1.refunds.create({"payment_intent": paid.id, "amount": 1501})
)
assert e.http_status == 400
rest = v1.refunds.create({"charge": paid.latest_charge.id})
assert rest.amount == 1500
charge = v1.charges.retrieve(paid.latest_charge.id)
assert charge.refunded and charge.amount_refunded == 2000 and charge.payment_intent == paid.id
assert [r.id for r in v1.refunds.list({"payment_intent": paid.id}).data] == [rest.id, refund.id]
assert v1.refunds.retrieve(refund.id).amount == 500

# Declines are card errors with the payment in them.
e = refused(
    stripe.CardError,
    "card_declined",
    lambda: v1.payment_intents.create(
        {"amount": 900, "currency": "gbp", "payment_method": "pm_card_chargeDeclinedInsufficientFunds", "confirm": True}
    ),
)
assert e.http_status == 402 and e.error.decline_code == "insufficient_funds"
assert e.error.payment_intent.status == "requires_payment_method"
saved = v1.payment_intents.confirm(e.error.payment_intent.id, {"payment_method": "pm_card_visa"})
assert saved.status == "succeeded"
e = refused(
    stripe.CardError,
    "incorrect_number",
    lambda: v1.payment_methods.create(
        {"type": "card", "card": {"number": "4242424242424241", "exp_month": 12, "exp_year": 2049}}
    ),
)
assert e.param == "card[number]" and "4242" not in str(e)

# Refusals.
e = refused(stripe.InvalidRequestError, "resource_missing", lambda: v1.payment_intents.retrieve("pi_nothing"))
assert e.http_status == 404
refused(stripe.InvalidRequestError, "parameter_missing", lambda: v1.payment_intents.create({"currency": "gbp"}))
refused(
    stripe.InvalidRequestError,
    "parameter_unknown",
    lambda: v1.payment_intents.create({"amount": 1, "currency": "gbp", "colour": "red"}),
)
refused(stripe.InvalidRequestError, "payment_intent_unexpected_state", lambda: v1.payment_intents.capture(paid.id))
other = stripe.StripeClient("sk_test_" + "0" * 40, base_addresses={"api": address})
refused(stripe.AuthenticationError, "api_key_invalid", lambda: other.v1.balance.retrieve())

# The same idempotency key: the same payment, once.
first = v1.payment_intents.create({"amount": 50, "currency": "gbp"}, {"idempotency_key": "once"})
second = v1.payment_intents.create({"amount": 50, "currency": "gbp"}, {"idempotency_key": "once"})
assert first.id == second.id and second.last_response.headers["Idempotent-Replayed"] == "true"
e = refused(
    stripe.IdempotencyError,
    "idempotency_error",
    lambda: v1.payment_intents.create({"amount": 51, "currency": "gbp"}, {"idempotency_key": "once"}),
)

# Sellers.
sold = v1.payment_intents.create(
    {
        "amount": 10000,
        "currency": "gbp",
        "payment_method": "pm_card_visa",
        "confirm": True,
        "application_fee_amount": 1000,
        "transfer_data": {"destination": "seller-22"},
    }
)
assert (sold.application_fee_amount, sold.transfer_data.destination) == (1000, "seller-22")

# Lists go page by page, forwards and back.
every = list(v1.payment_intents.list({"limit": 2}).auto_paging_iter())
assert [p.id for p in every] == sorted([p.id for p in every], reverse=True) and len(every) == 6, len(every)
assert every[0].id == sold.id
page = v1.payment_intents.list({"limit": 2, "ending_before": every[4].id})
assert [p.id for p in page.data] == [every[2].id, every[3].id] and page.has_more
charges = list(v1.charges.list({"limit": 3}).auto_paging_iter())
assert len(charges) == 6 and {c.status for c in charges} == {"succeeded", "failed"}

# Money: the balance is the sum of what moved it.
moves = list(v1.balance_transactions.list({"limit": 3}).auto_paging_iter())
pending = {b.currency: b.amount for b in v1.balance.retrieve().pending}
sums = {}
for m in moves:
    assert m.net == m.amount - m.fee
    sums[m.currency] = sums.get(m.currency, 0) + m.net
assert {c: a for c, a in pending.items() if a} == sums, (pending, sums)
assert sums["gbp"] == 2000 + 1500 + 2500 - 500 - 1500 + 900 + 10000 - sum(m.fee for m in moves)
assert v1.balance_transactions.retrieve(moves[-1].id).source == charges[-1].id

# Events tell it in order.
events = list(v1.events.list({"limit": 50}).auto_paging_iter())
of_paid = [e.type for e in reversed(events) if e.data.object.id == paid.id]
assert of_paid == ["payment_intent.processing", "payment_intent.succeeded"], of_paid
some = events[len(events) // 2]
assert v1.events.retrieve(some.id).type == some.type
assert {e.type for e in v1.events.list({"type": "refund.updated"}).data} == {"refund.updated"}
print("done")
