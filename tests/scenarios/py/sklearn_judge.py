"""Reads a file of scores and labels and prints what scikit-learn measures on it, as one JSON object."""

import csv
import json
import sys

from sklearn.metrics import average_precision_score, roc_auc_score

with open(sys.argv[1], newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
labels = [int(row["label"]) for row in rows]
scores = [int(row["score"]) for row in rows]
print(
    json.dumps(
        {
            "auc": roc_auc_score(labels, scores),
            "average_precision": average_precision_score(labels, scores),
            "transactions": len(rows),
            "frauds": sum(labels),
        }
    )
)
