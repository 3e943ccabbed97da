//! The sheet of instructions.

use domain::{ObservationStatus, Qualifier};
use rust_xlsxwriter::{Worksheet, XlsxError};

use super::look::Look;
use crate::{read::GUIDE, round::Round};

const LINES: &[(&str, &str)] = &[
    (
        "只填白格。灰格是目录里的内容，已锁定；要报模板没有的指标或范围，请用表尾的空行，先选指标代码。",
        "Fill the white cells. The grey ones come from the catalogue. For another indicator or scope use the empty rows at the end.",
    ),
    (
        "统计范围必须选择：主城区 100% 不是全市 100%。县区的数请在行政区划里选县区，范围选“县区”。",
        "Choose the scope: 100 % of the main urban area is not 100 % of the city. For a county choose it as the region.",
    ),
    (
        "填报值可以写 35、≥35、35%以上、约2.5万吨、1,234.5；系统会显示它理解成什么，看不准的会问，不会猜。",
        "The value may be written 35, ≥35, 35%以上, 约2.5万吨, 1,234.5. You are shown what was understood, and asked where it is not sure.",
    ),
    (
        "零、不适用、暂无数据是三回事：零填 0；本地没有这种情况填“不适用”；有但没统计填“暂无数据”；不要写“—”“无”“/”。整行留空表示本次不报。",
        "Zero, not applicable and no data are three things: 0, 不适用, 暂无数据; not a dash. An empty row is not reported this time.",
    ),
    (
        "单位列请选实际使用的单位，系统会精确换算；数字里已写“万”的，单位列不要再选“万吨”。",
        "Choose the unit that you use; it is converted exactly. Do not write 万 in the number and choose 万吨 too.",
    ),
    (
        "有分子分母的请都填，按指标解释里的单位；只知道比率的都留空，这样的数不能参加全省汇总。数值与分子÷分母相差不超过0.05个百分点。",
        "Give numerator and denominator, in the definition's units; leave both empty if only the rate is known. They must agree within 0.05 points.",
    ),
    (
        "与上期值相差10倍、1万倍左右的会被问是否单位写错；变化超过30%的请在备注里写原因；数值无误的，备注写“已核实”和原因。",
        "A value that differs from the last one by a likely mistake of unit is asked about; give the reason of a change above 30 % in the remark; write 已核实 where the value is right.",
    ),
    (
        "定性指标在填报值里写文字，并在佐证材料里写文件名、文号、日期，多份用分号隔开。",
        "A qualitative indicator is answered in words, with its documents in the column Evidence, separated by semicolons.",
    ),
    (
        "提交前先检查：wufei submit 文件 --check。有错误时会生成标注了错误的工作簿，照着改好再提交即可，没有错误的行不用动。",
        "Check first: wufei submit FILE --check. Faults are marked in a copy of your workbook; correct those cells and submit it again.",
    ),
    ("不要填写涉密信息和个人姓名。", "No classified information and no names of persons."),
];

pub(super) fn write(sheet: &mut Worksheet, round: &Round<'_>, look: &Look) -> Result<(), XlsxError> {
    sheet.set_name(GUIDE)?.set_column_width(0, 5)?.set_column_width(1, 70)?.set_column_width(2, 70)?;
    sheet.write_string_with_format(0, 0, "填报说明 How to fill it", &look.title)?;
    let mut row = 1;
    if round.synthetic {
        sheet.write_string_with_format(row, 1, "上期值是模拟数据，不是真实数据。", &look.strong)?;
        sheet.write_string_with_format(row, 2, "The last values are synthetic, not real.", &look.strong)?;
        row += 1;
    }
    for (number, (zh, en)) in (1_u32..).zip(LINES) {
        sheet.write_string_with_format(row, 0, number.to_string(), &look.text)?;
        sheet.write_string_with_format(row, 1, *zh, &look.text)?;
        sheet.write_string_with_format(row, 2, *en, &look.text)?;
        row += 1;
    }
    row += 1;
    sheet.write_string_with_format(row, 1, "数据状态 Status", &look.strong)?;
    for status in ObservationStatus::ALL {
        row += 1;
        sheet.write_string_with_format(row, 1, format!("{} {}", status.code(), status.zh()), &look.text)?;
        sheet.write_string_with_format(row, 2, status.en(), &look.text)?;
    }
    row += 2;
    sheet.write_string_with_format(row, 1, "界限 Bound", &look.strong)?;
    for (bound, zh, en) in [
        (Qualifier::AtLeast, "下限：以上、不低于、超过", "a lower bound"),
        (Qualifier::AtMost, "上限：以下、不高于、以内", "an upper bound"),
        (Qualifier::About, "约数：约、左右", "about"),
    ] {
        row += 1;
        sheet.write_string_with_format(row, 1, format!("{} {zh}", bound.zh()), &look.text)?;
        sheet.write_string_with_format(row, 2, en, &look.text)?;
    }
    sheet.protect();
    Ok(())
}
