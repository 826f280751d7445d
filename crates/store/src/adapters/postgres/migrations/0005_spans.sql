-- The history of each account: the sequences of its entries, in pieces of at most 256, kept behind the commit up to reach.
-- An entry is in the spans of both its accounts. What came after reach is found among the entries themselves.

ALTER TABLE day_reach RENAME TO reach;

CREATE TABLE account_spans (
  account bigint NOT NULL,
  first bigint NOT NULL,
  sequences bigint[] NOT NULL,
  PRIMARY KEY (account, first)
);

INSERT INTO account_spans (account, first, sequences)
SELECT account, min(sequence), array_agg(sequence ORDER BY sequence) FROM (
  SELECT account, sequence, (row_number() OVER (PARTITION BY account ORDER BY sequence) - 1) / 256 AS part FROM (
    SELECT t.debit AS account, t.sequence FROM transfers t, reach r WHERE t.sequence <= r.sequence
    UNION ALL SELECT t.credit, t.sequence FROM transfers t, reach r WHERE t.sequence <= r.sequence) legs) parts
GROUP BY account, part;

-- One row for each account an entry touched, with its balance after it: WHERE account = '...' ORDER BY sequence.
CREATE OR REPLACE VIEW statements AS
SELECT a.id AS account, t.sequence, t.time, t.kind, CASE WHEN t.debit = a.number THEN 'debit' ELSE 'credit' END AS posted_to,
  t.amount, a.currency,
  CASE WHEN t.debit = a.number THEN
      CASE a.side WHEN 'debit' THEN t.debit_debits_posted - t.debit_credits_posted
                  ELSE t.debit_credits_posted - t.debit_debits_posted END
    ELSE CASE a.side WHEN 'debit' THEN t.credit_debits_posted - t.credit_credits_posted
                     ELSE t.credit_credits_posted - t.credit_debits_posted END END AS net_after,
  o.id AS other_account, t.id AS transfer, t.code, t.reference, t.effective_day
FROM accounts a
CROSS JOIN LATERAL (
  SELECT q.sequence FROM account_spans s CROSS JOIN LATERAL unnest(s.sequences) AS q(sequence) WHERE s.account = a.number
  UNION ALL SELECT n.sequence FROM reach r JOIN transfers n ON n.sequence > r.sequence
    WHERE r.one = 1 AND (n.debit = a.number OR n.credit = a.number)) e
JOIN transfers t ON t.sequence = e.sequence
JOIN accounts o ON o.number = CASE WHEN t.debit = a.number THEN t.credit ELSE t.debit END;

DROP INDEX transfers_debit;
DROP INDEX transfers_credit;
