-- Views for people. Amounts are in minor units; net and available are in the direction of the account's normal side.

-- One row an account, with its balance now.
CREATE VIEW balances AS
SELECT number, id AS account, chart, owner, entity, currency, side,
  CASE side WHEN 'debit' THEN debits_posted - credits_posted ELSE credits_posted - debits_posted END AS net,
  CASE side WHEN 'debit' THEN debits_posted - credits_posted - credits_reserved
            ELSE credits_posted - debits_posted - debits_reserved END AS available,
  debits_posted, credits_posted, debits_reserved, credits_reserved, floor, ceiling, closed, version
FROM accounts;

-- One row for each account an entry touched, with its balance after it: WHERE account = '...' ORDER BY sequence.
CREATE VIEW statements AS
SELECT a.id AS account, t.sequence, t.time, t.kind, 'debit' AS posted_to, t.amount, a.currency,
  CASE a.side WHEN 'debit' THEN t.debit_debits_posted - t.debit_credits_posted
              ELSE t.debit_credits_posted - t.debit_debits_posted END AS net_after,
  o.id AS other_account, t.id AS transfer, t.code, t.reference, t.effective_day
FROM transfers t JOIN accounts a ON a.number = t.debit JOIN accounts o ON o.number = t.credit
UNION ALL
SELECT a.id, t.sequence, t.time, t.kind, 'credit', t.amount, a.currency,
  CASE a.side WHEN 'debit' THEN t.credit_debits_posted - t.credit_credits_posted
              ELSE t.credit_credits_posted - t.credit_debits_posted END,
  o.id, t.id, t.code, t.reference, t.effective_day
FROM transfers t JOIN accounts a ON a.number = t.credit JOIN accounts o ON o.number = t.debit;

-- Debits and credits of each currency: the two columns of a line are equal, or the books do not balance.
CREATE VIEW trial_balance AS
SELECT currency,
  sum(greatest(debits_posted - credits_posted, 0)) AS debits,
  sum(greatest(credits_posted - debits_posted, 0)) AS credits,
  sum(debits_reserved) AS debits_reserved, sum(credits_reserved) AS credits_reserved
FROM accounts GROUP BY currency;

-- How many payments are in each state, and their amounts.
CREATE VIEW payments_by_state AS
SELECT body::jsonb ->> 'state' AS state, count(*) AS payments
FROM records WHERE kind = 'payment' GROUP BY 1;
