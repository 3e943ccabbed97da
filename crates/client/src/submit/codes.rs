//! Column names and code lists of the tables.

pub(super) const OBSERVATION_COLUMNS: &[(&str, &str)] = &[
    ("indicator", "指标代码"),
    ("region", "行政区划"),
    ("period", "时期"),
    ("period_assumed", "时期为推定"),
    ("scope", "口径"),
    ("scope_assumed", "口径为推定"),
    ("measure", "数据类型"),
    ("value", "数值"),
    ("unit", "单位"),
    ("qualifier", "界限"),
    ("status", "数据状态"),
    ("numerator", "分子"),
    ("denominator", "分母"),
    ("text_value", "文字答复"),
    ("reported_label", "原文名称"),
    ("reporting_party", "报送单位"),
    ("source_department", "数源部门"),
    ("evidence", "佐证材料"),
    ("citation_document", "出处文件"),
    ("citation_fact", "事实编号"),
    ("citation_quote", "原文"),
    ("note", "备注"),
];

pub(super) const STATEMENT_COLUMNS: &[(&str, &str)] = &[
    ("statement_id", "标识"),
    ("kind", "类别"),
    ("region", "行政区划"),
    ("period", "时期"),
    ("period_assumed", "时期为推定"),
    ("subject", "事项"),
    ("text", "内容"),
    ("indicator", "指标代码"),
    ("reporting_party", "报送单位"),
    ("source_department", "数源部门"),
    ("evidence", "佐证材料"),
    ("citation_document", "出处文件"),
    ("citation_fact", "事实编号"),
    ("citation_quote", "原文"),
    ("note", "备注"),
];

pub(super) const FUNDING_COLUMNS: &[(&str, &str)] = &[
    ("funding_line_id", "标识"),
    ("project", "项目"),
    ("group", "项目组"),
    ("stage", "资金阶段"),
    ("source", "资金来源"),
    ("source_detail", "资金名称"),
    ("amount", "金额"),
    ("unit", "单位"),
    ("budget_year", "预算年度"),
    ("period", "时期"),
    ("period_assumed", "时期为推定"),
    ("basis_title", "依据文件"),
    ("basis_number", "文号"),
    ("basis_date", "印发日期"),
    ("split_of", "拆分自"),
    ("moved_from", "转自"),
    ("reporting_party", "报送单位"),
    ("source_department", "数源部门"),
    ("evidence", "佐证材料"),
    ("citation_document", "出处文件"),
    ("citation_fact", "事实编号"),
    ("citation_quote", "原文"),
    ("note", "备注"),
];

/// A code list: the prefix of the contract's names, and each name with what else may stand for it.
pub(super) type Codes = (&'static str, &'static [(&'static str, &'static [&'static str])]);

pub(super) const SCOPES: Codes = (
    "SCOPE_",
    &[
        ("WHOLE_CITY", &["全市"]),
        ("MAIN_URBAN", &["主城区"]),
        ("COUNTY", &["县区", "本县区"]),
        ("PROVINCE", &["全省"]),
        ("WHOLE_CITY_OPERATING", &["全市实际经营"]),
    ],
);

pub(super) const MEASURES: Codes =
    ("MEASURE_", &[("ACTUAL", &["实际值"]), ("TARGET", &["目标值"]), ("BASELINE", &["基期值"])]);

pub(super) const QUALIFIERS: Codes = (
    "QUALIFIER_",
    &[
        ("EQUAL", &["=", "等于"]),
        ("AT_LEAST", &["≥", ">=", "以上", "不低于"]),
        ("AT_MOST", &["≤", "<=", "以下", "不高于"]),
        ("ABOUT", &["≈", "约"]),
    ],
);

pub(super) const STATUSES: Codes = (
    "OBSERVATION_STATUS_",
    &[
        ("NORMAL", &["A", "正常值"]),
        ("ESTIMATED", &["E", "估计值"]),
        ("PROVISIONAL", &["P", "暂定值"]),
        ("NOT_APPLICABLE", &["M", "不适用"]),
        ("NOT_COLLECTED", &["L", "未采集"]),
        ("MISSING", &["O", "缺报"]),
    ],
);

pub(super) const KINDS: Codes = (
    "STATEMENT_KIND_",
    &[
        ("POLICY", &["政策文件"]),
        ("MECHANISM", &["机制"]),
        ("PROGRESS", &["进展"]),
        ("PROBLEM", &["问题"]),
        ("PLATFORM", &["平台培育", "平台"]),
        ("DESIGNATION", &["称号"]),
    ],
);

pub(super) const STAGES: Codes = (
    "FUNDING_STAGE_",
    &[
        ("APPLIED", &["拟申请"]),
        ("RECOMMENDED", &["推荐"]),
        ("AWARDED", &["批复", "争取到", "立项"]),
        ("ALLOCATED", &["下达"]),
        ("ARRIVED", &["到位"]),
        ("SPENT", &["支出"]),
        ("RECOVERED", &["收回"]),
    ],
);

pub(super) const SOURCES: Codes = (
    "FUND_SOURCE_",
    &[
        ("CENTRAL_BUDGET_INVESTMENT", &["中央预算内投资"]),
        ("ULTRA_LONG_TREASURY_BOND", &["超长期特别国债"]),
        ("SPECIAL_BOND", &["专项债"]),
        ("CENTRAL_ENVIRONMENT", &["中央环保资金"]),
        ("PROVINCIAL_SCIENCE", &["省级科技专项"]),
        ("MUNICIPAL", &["市县财政"]),
        ("BANK", &["银行贷款"]),
        ("SELF_RAISED", &["自筹"]),
    ],
);
