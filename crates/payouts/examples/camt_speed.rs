//! How fast a statement is read and checked: `cargo run --release -p pmts-payouts --example camt_speed`. The statement of
//! 100 MB is made in memory.

use pmts_payouts::Findings;
use pmts_payouts::rails::iso20022::{CamtItem, CamtReader, check};
use std::error::Error;
use std::time::Instant;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">
  <BkToCstmrStmt>
    <GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-11-23T06:00:00</CreDtTm></GrpHdr>
    <Stmt>
      <Id>S-1</Id>
      <CreDtTm>2026-11-23T06:00:00</CreDtTm>
      <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>
      <Bal>
        <Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>
        <Amt Ccy=\"EUR\">0.00</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <Dt><Dt>2026-11-22</Dt></Dt>
      </Bal>
";

const ENTRY: &str = "      <Ntry>
        <Amt Ccy=\"EUR\">123.45</Amt>
        <CdtDbtInd>DBIT</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>2026-11-22</Dt></BookgDt>
        <ValDt><Dt>2026-11-22</Dt></ValDt>
        <AcctSvcrRef>2026112200012345</AcctSvcrRef>
        <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
        <NtryDtls>
          <TxDtls>
            <Refs><PmtInfId>B-20261122-1</PmtInfId><EndToEndId>PO-20261122-000012345</EndToEndId></Refs>
            <Amt Ccy=\"EUR\">123.45</Amt>
            <CdtDbtInd>DBIT</CdtDbtInd>
            <RltdPties><Cdtr><Pty><Nm>A seller of the market</Nm></Pty></Cdtr></RltdPties>
            <RmtInf><Ustrd>Statement 2026-47 of your sales, number 12345</Ustrd></RmtInf>
          </TxDtls>
        </NtryDtls>
      </Ntry>
";

const TAIL: &str = "    </Stmt>\n  </BkToCstmrStmt>\n</Document>\n";

fn main() -> Result<(), Box<dyn Error>> {
    let file = format!("{HEAD}{}{TAIL}", ENTRY.repeat(100_000_000 / ENTRY.len()));
    let rate = |started: Instant| file.len() as u128 / started.elapsed().as_micros().max(1);
    for _ in 0..3 {
        let started = Instant::now();
        let mut entries = 0u64;
        for item in CamtReader::new(file.as_bytes()) {
            entries += u64::from(matches!(item?, CamtItem::Entry(_)));
        }
        println!("read: {} MB/s, {entries} entries", rate(started));
        let started = Instant::now();
        let mut findings = Findings::default();
        let summary = check(file.as_bytes(), &mut findings)?;
        println!(
            "checked: {} MB/s, {} entries, {} findings",
            rate(started),
            summary.items,
            findings.kept().len()
        );
    }
    Ok(())
}
