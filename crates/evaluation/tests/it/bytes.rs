//! The same bytes from every build: debug and release, any number of threads, any machine.

use evaluation::index::{Options, evaluate};
use sha2::{Digest, Sha256};

use crate::golden::{ASEM, ASEM_DATA, TAI, TAI_DATA, data, scheme};

/// SHA-256 of the results below. A change of it means that printed numbers may have changed: raise
/// [`evaluation::ENGINE_VERSION`] and say in the change log what did.
const EXPECTED: &str = "6ab1fbea0a6ec940d1c2633703ba5ceb307dd3985f18b8b8828b04c234c076eb";

/// Weights, methods and errors of the values, over the whole pipeline of COINr.
const DRAWN: &str = "uncertainty: {weight_noise: 0.25, normalise: [zscore, rank], aggregate: [median, topsis], weights: [equal, \
                     critic], treat: [none], data_error: {relative: 0.1}}";

#[test]
fn results_have_the_bytes_that_are_written_down_here() {
    let stated = ASEM.lines().find(|line| line.starts_with("uncertainty:")).unwrap();
    let varied = ASEM.replace(stated, DRAWN);
    let mut hash = Sha256::new();
    for (yaml, csv) in [(ASEM, ASEM_DATA), (&varied, ASEM_DATA), (TAI, TAI_DATA)] {
        let scheme = scheme(yaml);
        let options = Options { replicates: Some(64), seed: Some(3), stages: true, threads: 2, ..Options::default() };
        let result = evaluate(&scheme, &data(csv, &scheme), options).unwrap();
        hash.update(serde_json::to_vec(&result).unwrap());
    }
    assert_eq!(hex::encode(hash.finalize()), EXPECTED);
}
