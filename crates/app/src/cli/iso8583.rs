//! `pmts iso8583`: messages for people who debug a link. What is shown is masked.

use super::output::{line, table};
use crate::AppError;
use clap::{Args, Subcommand};
use pmts_cards::CardsError;
use pmts_cards::iso8583::{FieldTable, Frames, Framing, Kind, Message, Mti};
use std::io::Read;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// No more than this is read: a frame has at most 65,535 bytes, each two digits and perhaps spaces between them.
const INPUT_BYTES_MAX: u64 = 1 << 20;

#[derive(Subcommand)]
pub(super) enum Iso8583Command {
    /// Show the fields of messages: card data masked
    Decode(DecodeArgs),
    /// Make a message from its fields, in hexadecimal digits
    Encode(EncodeArgs),
}

#[derive(Args)]
struct Form {
    /// The field table: the name of a built-in one (iso8583-1987-ascii, iso8583-1987-bcd) or a TOML file
    #[arg(long, value_name = "NAME|FILE", default_value = "iso8583-1987-ascii")]
    table: String,
    /// How messages are framed: binary2, ascii4 or bcd2, with +TPDU (10 hexadecimal digits) if there is one; without it the
    /// bytes are one message
    #[arg(long, value_name = "FRAMING")]
    framing: Option<String>,
}

#[derive(Args)]
pub(super) struct DecodeArgs {
    #[command(flatten)]
    form: Form,
    /// The bytes in hexadecimal digits, spaces allowed; - reads standard input, which keeps card data out of the shell's
    /// history
    #[arg(value_name = "HEX|-")]
    bytes: String,
    /// For programs
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct EncodeArgs {
    #[command(flatten)]
    form: Form,
    /// The fields, each as NUMBER=VALUE (mti=0100, 2=4242..., binary ones in hexadecimal digits); none, or -, reads standard
    /// input: one on each line, or a JSON object
    #[arg(value_name = "FIELD=VALUE|-")]
    fields: Vec<String>,
}

pub(super) fn run(command: Iso8583Command) -> Result<(), AppError> {
    match command {
        Iso8583Command::Decode(args) => decode(&args),
        Iso8583Command::Encode(args) => encode(&args),
    }
}

impl Form {
    fn table(&self) -> Result<FieldTable, AppError> {
        field_table(&self.table)
    }

    fn framing(&self) -> Result<Option<Framing>, AppError> {
        Ok(self.framing.as_deref().map(str::parse).transpose()?)
    }
}

/// A built-in table by its name, or one from a file.
pub(super) fn field_table(name: &str) -> Result<FieldTable, AppError> {
    if let Some(table) = FieldTable::built_in(name) {
        return Ok(table.clone());
    }
    let path = PathBuf::from(name);
    if path.extension().is_none() && !path.exists() {
        let names: Vec<&str> = FieldTable::all_built_in().iter().map(FieldTable::name).collect();
        return Err(AppError::Usage(format!(
            "--table {name}: no file, and the built-in ones are {}",
            names.join(", ")
        )));
    }
    let text = std::fs::read_to_string(&path).map_err(AppError::file(&path))?;
    Ok(FieldTable::from_toml(&text)?)
}

fn decode(args: &DecodeArgs) -> Result<(), AppError> {
    let (form, framing) = (args.form.table()?, args.form.framing()?);
    let text = if args.bytes == "-" { standard_input()? } else { Zeroizing::new(args.bytes.clone()) };
    let bytes = unhex(&text)
        .ok_or_else(|| AppError::Usage("the bytes are not pairs of hexadecimal digits".to_owned()))?;
    match framing {
        None => show(&Message::decode(&bytes, &form)?, &form, args.json),
        Some(framing) => {
            let mut frames = Frames::new(framing, usize::from(u16::MAX));
            frames.push(&bytes);
            while let Some((bytes, tpdu)) = frames.take()? {
                let message = Message::decode(bytes, &form)?;
                if let (Some(tpdu), false) = (tpdu, args.json) {
                    let digits: String = tpdu.bytes().iter().map(|b| format!("{b:02x}")).collect();
                    line(format!("TPDU {digits}"))?;
                }
                show(&message, &form, args.json)?;
            }
            if frames.is_midway() {
                return Err(AppError::Usage("the bytes end inside a frame".to_owned()));
            }
            Ok(())
        }
    }
}

fn show(message: &Message, form: &FieldTable, json: bool) -> Result<(), AppError> {
    let fields = || message.fields().filter_map(|field| Some((field, message.masked(field)?)));
    if json {
        let fields: serde_json::Map<String, serde_json::Value> =
            fields().map(|(field, masked)| (field.to_string(), masked.into())).collect();
        return line(serde_json::json!({ "mti": message.mti().to_string(), "fields": fields }));
    }
    line(format!("{} by {}", message.mti(), form.name()))?;
    let row = |(field, masked): (u8, String)| {
        let name = form.get(field).map(|spec| spec.name.to_string());
        vec![field.to_string(), masked, name.unwrap_or_default()]
    };
    table(&[">field", "value", "name"], fields().map(row))
}

fn encode(args: &EncodeArgs) -> Result<(), AppError> {
    let (form, framing) = (args.form.table()?, args.form.framing()?);
    let given = match args.fields.as_slice() {
        [] => fields_of(&standard_input()?)?,
        [one] if one == "-" => fields_of(&standard_input()?)?,
        pairs => pairs.iter().map(|pair| pair_of(pair)).collect::<Result<_, _>>()?,
    };
    let mti = given.iter().find(|(name, _)| name == "mti");
    let (_, mti) = mti.ok_or_else(|| AppError::Usage("mti=... is missing: four digits".to_owned()))?;
    let mut message = Message::new(Mti::from_digits(mti.as_bytes())?);
    for (name, value) in given.iter().filter(|(name, _)| name != "mti") {
        let field: u8 = name.parse().map_err(|_| AppError::Usage("a field is mti or a number".to_owned()))?;
        if message.get(field).is_some() {
            return Err(AppError::Usage(format!("field {field} is given twice")));
        }
        let is_binary = form.get(field).is_some_and(|spec| spec.kind == Kind::B);
        if is_binary {
            let bytes =
                unhex(value).ok_or(CardsError::FieldMeaning { field, expected: "hexadecimal digits" })?;
            message.set(&form, field, &bytes[..])?;
        } else {
            message.set(&form, field, value.as_bytes())?;
        }
    }
    let bytes = Zeroizing::new(message.encode(&form)?);
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len() + 16));
    match framing {
        None => out.extend_from_slice(&bytes),
        Some(framing) => framing.push(&bytes, &mut out)?,
    }
    line(
        Zeroizing::new(
            out.iter().fold(String::with_capacity(2 * out.len()), |text, b| text + &format!("{b:02x}")),
        )
        .as_str(),
    )
}

type Given = Vec<(String, Zeroizing<String>)>;

/// Lines `NUMBER=VALUE`, or a JSON object of them; with `fields` inside, as `decode --json` writes it.
fn fields_of(text: &str) -> Result<Given, AppError> {
    if !text.trim_start().starts_with('{') {
        return text.lines().filter(|line| !line.trim().is_empty()).map(pair_of).collect();
    }
    let bad = |what: &str| AppError::Usage(format!("the JSON is not {what}"));
    let json: serde_json::Value = serde_json::from_str(text).map_err(|_| bad("well formed"))?;
    let mut given = Given::new();
    let mut add = |object: &serde_json::Map<String, serde_json::Value>| -> Result<(), AppError> {
        for (name, value) in object.iter().filter(|(name, _)| *name != "fields") {
            let value = value.as_str().ok_or_else(|| bad("an object of texts"))?;
            given.push((name.clone(), Zeroizing::new(value.to_owned())));
        }
        Ok(())
    };
    let object = json.as_object().ok_or_else(|| bad("an object of texts"))?;
    add(object)?;
    if let Some(fields) = object.get("fields") {
        add(fields.as_object().ok_or_else(|| bad("an object of texts"))?)?;
    }
    Ok(given)
}

fn pair_of(pair: &str) -> Result<(String, Zeroizing<String>), AppError> {
    // What was given is not repeated: it may be card data.
    let (name, value) =
        pair.split_once('=').ok_or_else(|| AppError::Usage("a field is NUMBER=VALUE".to_owned()))?;
    Ok((name.trim().to_owned(), Zeroizing::new(value.trim_end_matches(['\r', '\n']).to_owned())))
}

fn standard_input() -> Result<Zeroizing<String>, AppError> {
    let mut text = Zeroizing::new(String::new());
    let read = std::io::stdin().lock().take(INPUT_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(AppError::file(Path::new("standard input")))?;
    if text.len() as u64 > INPUT_BYTES_MAX {
        return Err(AppError::Usage("standard input is longer than 1 MiB".to_owned()));
    }
    Ok(text)
}

/// The bytes that pairs of hexadecimal digits stand for; spaces and line ends do not count.
fn unhex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits: Zeroizing<Vec<u8>> =
        Zeroizing::new(text.bytes().filter(|b| !b.is_ascii_whitespace()).collect());
    let half = |digit: u8| char::from(digit).to_digit(16).and_then(|half| u8::try_from(half).ok());
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes =
        pairs.iter().map(|[high, low]| Some(half(*high)? << 4 | half(*low)?)).collect::<Option<Vec<u8>>>();
    bytes.filter(|_| rest.is_empty()).map(Zeroizing::new)
}
