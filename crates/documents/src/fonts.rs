//! The fonts in the program.

/// Noto Sans SC, regular and bold, cut to GB 2312, Latin and symbols. SIL Open Font License 1.1: `fonts/OFL.txt`.
pub(crate) const FONTS: [&[u8]; 2] = [
    include_bytes!("../fonts/NotoSansSC-400Regular.subset.ttf"),
    include_bytes!("../fonts/NotoSansSC-700Bold.subset.ttf"),
];
