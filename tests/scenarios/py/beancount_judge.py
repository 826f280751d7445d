"""A judge of exported books: the package beancount loads the file named on the command line.

Out, one JSON object:
  errors        what beancount finds wrong, as text
  transactions  how many there are
  assertions    how many balance assertions
  balances      by account: {"debits": n, "credits": n}, in hundredths, from the transactions alone; one of the two is 0
  moved         by the narration of a transaction, by account: debits less credits, in hundredths

Everything is worked out here from beancount's entries; amounts with more than two decimals are an error.
"""

import collections
import json
import sys
from decimal import Decimal

from beancount import loader
from beancount.core.data import Balance, Transaction


def hundredths(number):
    minor = number * Decimal(100)
    if minor != minor.to_integral_value():
        raise ValueError(f"more than two decimals: {number}")
    return int(minor)


entries, errors, options = loader.load_file(sys.argv[1])
found = [str(error.message) for error in errors]
net = collections.Counter()
moved = collections.defaultdict(collections.Counter)
transactions = [entry for entry in entries if isinstance(entry, Transaction)]
for transaction in transactions:
    for posting in transaction.postings:
        if posting.units.currency != "GBP":
            found.append(f"{posting.account}: {posting.units.currency} instead of GBP")
        minor = hundredths(posting.units.number)
        net[posting.account] += minor
        moved[transaction.narration][posting.account] += minor

print(
    json.dumps(
        {
            "errors": found,
            "transactions": len(transactions),
            "assertions": sum(isinstance(entry, Balance) for entry in entries),
            "balances": {name: {"debits": max(n, 0), "credits": max(-n, 0)} for name, n in net.items()},
            "moved": moved,
        }
    )
)
