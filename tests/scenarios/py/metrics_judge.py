"""Reads metrics from standard input with the Prometheus client and prints them as JSON: name and labels to value,
whole numbers as such, others as text."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

out = {}
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.documentation, family.name
    for sample in family.samples:
        labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
        name = f"{sample.name}{{{labels}}}"
        assert name not in out, name
        out[name] = int(sample.value) if sample.value == int(sample.value) else str(sample.value)
print(json.dumps(out))
