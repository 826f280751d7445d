//! The file of rejected lines.

use super::Reason;
use crate::AppError;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// Writes rejects as CSV: `file,line,reason,detail,text`. The file appears under its name when it is whole.
pub struct RejectsFile {
    path: PathBuf,
    writer: csv::Writer<BufWriter<File>>,
}

impl RejectsFile {
    /// Begins a file.
    ///
    /// # Errors
    /// [`AppError::File`].
    pub fn create(path: &Path) -> Result<Self, AppError> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        // The lines name customers: nobody else may read them.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(partial(path)).map_err(AppError::file(path))?;
        let mut this = Self { path: path.to_owned(), writer: csv::Writer::from_writer(BufWriter::new(file)) };
        this.row(["file", "line", "reason", "detail", "text"])?;
        Ok(this)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// [`AppError::File`].
    pub fn reject(
        &mut self,
        file: &str,
        line: u64,
        reason: Reason,
        detail: &str,
        text: &str,
    ) -> Result<(), AppError> {
        let cells = [file, &line.to_string(), reason.name(), detail, text].map(inert);
        self.row(cells.each_ref().map(String::as_str))
    }

    /// Ends the file and puts it in its place.
    ///
    /// # Errors
    /// [`AppError::File`].
    pub fn finish(mut self) -> Result<PathBuf, AppError> {
        self.writer.flush().map_err(AppError::file(&self.path))?;
        std::fs::rename(partial(&self.path), &self.path).map_err(AppError::file(&self.path))?;
        Ok(self.path)
    }

    fn row(&mut self, cells: [&str; 5]) -> Result<(), AppError> {
        self.writer
            .write_record(cells)
            .map_err(|e| AppError::File { path: self.path.clone(), source: e.into() })
    }
}

fn partial(path: &Path) -> PathBuf {
    path.with_extension("csv.part")
}

/// A cell that no spreadsheet takes for a formula.
fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}
