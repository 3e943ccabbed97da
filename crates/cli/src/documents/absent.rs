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
        "这个程序编译时没有带 PDF、XLSX、DOCX；cargo demo 不编译它们；请用 cargo run -p cli --bin wufei -- report …（首次编译需几分钟）",
        "this program was built without PDF, XLSX and DOCX; cargo demo leaves them out; use cargo run -p cli --bin wufei -- report ... (the first build takes minutes)",
    ))
}
