//! A program that was built without documents.

use crate::{
    args::Common,
    commands::report::ReportArgs,
    failure::{Failure, Outcome},
    screen::Screen,
};

/// As the module with documents.
pub(crate) fn make(_args: &ReportArgs, _common: &Common, _screen: &Screen) -> Outcome<Vec<u8>> {
    Err(Failure::failed(
        "这个程序编译时没有带 PDF、XLSX、DOCX；请用 cargo run -p cli --bin wufei 代替 cargo demo 编译的程序",
        "this program was built without PDF, XLSX and DOCX; use cargo run -p cli --bin wufei instead of what cargo demo has built",
    ))
}
