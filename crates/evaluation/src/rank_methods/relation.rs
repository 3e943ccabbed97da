//! A relation between units, one bit a pair.

/// Directed pairs of `n` units, kept as bits: n²/8 bytes.
#[derive(Clone, Debug)]
pub(crate) struct Digraph {
    n: usize,
    bits: Vec<u64>,
    words: usize,
}

impl Digraph {
    pub(crate) fn from_pairs(n: usize, holds: impl Fn(usize, usize) -> bool) -> Self {
        let words = n.div_ceil(64);
        let mut graph = Self { n, bits: vec![0; n * words], words };
        for a in 0..n {
            for b in (0..n).filter(|&b| b != a) {
                if holds(a, b) {
                    graph.bits[a * words + b / 64] |= 1 << (b % 64);
                }
            }
        }
        graph
    }

    pub(crate) fn len(&self) -> usize {
        self.n
    }

    pub(crate) fn has(&self, a: usize, b: usize) -> bool {
        self.bits[a * self.words + b / 64] >> (b % 64) & 1 == 1
    }

    /// Keeps the pairs for which `holds`.
    pub(crate) fn retain(&mut self, holds: impl Fn(usize, usize) -> bool) {
        for a in 0..self.n {
            for b in 0..self.n {
                if self.has(a, b) && !holds(a, b) {
                    self.bits[a * self.words + b / 64] &= !(1 << (b % 64));
                }
            }
        }
    }

    pub(crate) fn reversed(&self) -> Self {
        Self::from_pairs(self.n, |a, b| self.has(b, a))
    }

    pub(crate) fn successors(&self) -> Vec<Vec<usize>> {
        (0..self.n).map(|a| (0..self.n).filter(|&b| self.has(a, b)).collect()).collect()
    }

    /// For each unit the pairs that start less those that end at it.
    pub(crate) fn net_degrees(&self) -> Vec<f64> {
        let mut net = vec![0.0; self.n];
        for a in 0..self.n {
            for b in 0..self.n {
                if self.has(a, b) {
                    net[a] += 1.0;
                    net[b] -= 1.0;
                }
            }
        }
        net
    }

    /// The kernel and the units left undecided by circles, both in order.
    pub(crate) fn kernel(&self) -> (Vec<usize>, Vec<usize>) {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            Open,
            In,
            Out,
        }
        let mut state = vec![State::Open; self.n];
        loop {
            let next = (0..self.n)
                .find(|&b| state[b] == State::Open && (0..self.n).all(|a| !self.has(a, b) || state[a] == State::Out));
            let Some(unit) = next else { break };
            state[unit] = State::In;
            for b in (0..self.n).filter(|&b| self.has(unit, b)) {
                if state[b] == State::Open {
                    state[b] = State::Out;
                }
            }
        }
        let all = |wanted: State| (0..self.n).filter(|&unit| state[unit] == wanted).collect();
        (all(State::In), all(State::Open))
    }
}
