-- Sums by effective day of all entries up to day_reach, kept behind the commit; what came after it is summed from the
-- entries. Amounts in minor units. Only what moved money counts.

CREATE TABLE account_days (
  account bigint NOT NULL,
  day date NOT NULL,
  debit numeric NOT NULL,
  credit numeric NOT NULL,
  PRIMARY KEY (account, day)
) WITH (fillfactor = 70);

-- The same by entity, line of the chart and currency. An entry counts once on each side.
CREATE TABLE chart_days (
  day date NOT NULL,
  entity integer NOT NULL,
  chart integer NOT NULL,
  currency text NOT NULL,
  debit numeric NOT NULL,
  credit numeric NOT NULL,
  entries bigint NOT NULL,
  PRIMARY KEY (day, entity, chart, currency)
) WITH (fillfactor = 50);

-- One row: the last entry that is in these sums. Whoever adds to them holds it.
CREATE TABLE day_reach (
  one smallint PRIMARY KEY CHECK (one = 1),
  sequence bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO day_reach VALUES (1, 0);
