//! A program that was built without workbooks.

use super::{Asked, Understood};
use crate::{
    args::Common,
    commands::template::TemplateArgs,
    failure::{Failure, Outcome},
    screen::Screen,
};

/// As the module with workbooks.
pub(crate) fn make(_args: &TemplateArgs, _common: &Common, _screen: &Screen) -> Outcome<()> {
    Err(without())
}

/// As the module with workbooks.
pub(crate) fn understand(_asked: Asked<'_>, _screen: &Screen) -> Outcome<Understood> {
    Err(without())
}

fn without() -> Failure {
    Failure::failed(
        "这个程序编译时没有带工作簿功能；请用 cargo run -p cli --bin wufei 代替 cargo demo 编译的程序",
        "this program was built without workbooks; use cargo run -p cli --bin wufei instead of what cargo demo has built",
    )
}
