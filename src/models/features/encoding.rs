//! Where a node sits in its graph, as numbers: Laplacian eigenvectors, return probabilities of a
//! random walk, degree, and the random-walk kernel between all pairs.
//!
//! Everything is computed in double precision on the graph of bonds, once per molecule.

use crate::domain::{EdgeList, Matrix};
use crate::models::spec::Encoding;
use faer::{Mat, Side};

/// Entries below this count as zero when the sign of an eigenvector is chosen.
const NEGLIGIBLE: f64 = 1e-9;

/// The encoding of all nodes, `[nodes, K]` (columns that a small graph lacks are zero), and the
/// eigenvalue of each column that is there if the encoding is learned from them.
pub(super) fn of_nodes(edges: &EdgeList, nodes: usize, encoding: Encoding) -> (Matrix, Vec<f32>) {
    let columns = encoding.columns();
    let mut matrix = Matrix { rows: nodes, cols: columns, values: vec![0.0; nodes * columns] };
    let mut set = |node: usize, column: usize, value: f64| matrix.values[node * columns + column] = float(value);
    let mut eigenvalues = Vec::new();
    match encoding {
        Encoding::Off => {}
        Encoding::Laplacian { vectors } => {
            // The first eigenvector says nothing but the degrees.
            let spectrum = spectrum(edges, nodes).into_iter().skip(1).take(vectors);
            for (column, (_, vector)) in spectrum.enumerate() {
                vector.into_iter().enumerate().for_each(|(node, entry)| set(node, column, entry));
            }
        }
        Encoding::Learned { vectors, .. } => {
            let spectrum: Vec<_> = spectrum(edges, nodes).into_iter().take(vectors).collect();
            for node in 0..nodes {
                // Scaled to length 1 per node, as SAN's program does.
                let length = spectrum.iter().map(|(_, vector)| vector[node].powi(2)).sum::<f64>().sqrt().max(1e-12);
                for (column, (_, vector)) in spectrum.iter().enumerate() {
                    set(node, column, vector[node] / length);
                }
            }
            eigenvalues = spectrum.iter().map(|&(value, _)| float(value)).collect();
        }
        Encoding::RandomWalk { steps } => {
            let step = walk(edges, nodes);
            let mut power = step.clone();
            for column in 0..steps {
                if column > 0 {
                    power = &power * &step;
                }
                (0..nodes).for_each(|node| set(node, column, power[(node, node)]));
            }
        }
        Encoding::Degree { most } => {
            let degrees = degrees(edges, nodes);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count below 2^53")]
            (0..nodes).for_each(|node| set(node, (degrees[node] as usize).min(most), 1.0));
        }
    }
    (matrix, eigenvalues)
}

/// The random-walk kernel (I - gamma L)^steps with L = I - D^-1/2 A D^-1/2 (model-spec section 3.4),
/// row-major `[nodes, nodes]`.
pub(super) fn walk_kernel(edges: &EdgeList, nodes: usize, gamma: f64, steps: u32) -> Vec<f32> {
    let laplacian = laplacian(edges, nodes);
    let identity = Mat::<f64>::identity(nodes, nodes);
    let mut square = Mat::from_fn(nodes, nodes, |row, col| identity[(row, col)] - gamma * laplacian[(row, col)]);
    let (mut power, mut left) = (identity, steps);
    while left > 0 {
        if left % 2 == 1 {
            power = &power * &square;
        }
        left /= 2;
        if left > 0 {
            square = &square * &square;
        }
    }
    (0..nodes * nodes).map(|cell| float(power[(cell / nodes, cell % nodes)])).collect()
}

/// The cells of a square matrix outside its diagonal, in the order of a full graph's edges.
pub(super) fn off_diagonal(matrix: &[f32], nodes: usize) -> Vec<f32> {
    let cells = matrix.iter().enumerate();
    cells.filter(|(cell, _)| cell / nodes != cell % nodes).map(|(_, &value)| value).collect()
}

/// Eigenvalues and unit eigenvectors of the normalised Laplacian, ascending.
fn spectrum(edges: &EdgeList, nodes: usize) -> Vec<(f64, Vec<f64>)> {
    let laplacian = laplacian(edges, nodes);
    // It fails only on numbers that are not finite, which a Laplacian never has.
    let Ok(found) = laplacian.self_adjoint_eigen(Side::Lower) else { return Vec::new() };
    let (vectors, values) = (found.U(), found.S());
    let vector = |column: usize| {
        let vector: Vec<f64> = (0..nodes).map(|row| vectors[(row, column)]).collect();
        let sign = sign(&vector);
        vector.into_iter().map(|entry| entry * sign).collect()
    };
    (0..nodes).map(|column| (values[column], vector(column))).collect()
}

/// The sign that makes the sum of cubes positive, which does not depend on the order of the nodes.
/// Where that sum vanishes (the vector looks the same turned around) the first entry decides.
fn sign(vector: &[f64]) -> f64 {
    let cubes: f64 = vector.iter().map(|entry| entry.powi(3)).sum();
    let first = vector.iter().copied().find(|entry| entry.abs() > NEGLIGIBLE).unwrap_or(1.0);
    if cubes.abs() > NEGLIGIBLE { cubes.signum() } else { first.signum() }
}

/// L = I - D^-1/2 A D^-1/2.
fn laplacian(edges: &EdgeList, nodes: usize) -> Mat<f64> {
    let scale: Vec<f64> = degrees(edges, nodes).iter().map(|degree| degree.sqrt().recip()).collect();
    let mut matrix = Mat::<f64>::identity(nodes, nodes);
    for edge in edges.iter() {
        let (row, col) = (edge.source.index(), edge.target.index());
        matrix[(row, col)] -= scale[row] * scale[col];
    }
    matrix
}

/// A D^-1: column j holds where a walker at j goes next.
fn walk(edges: &EdgeList, nodes: usize) -> Mat<f64> {
    let degrees = degrees(edges, nodes);
    let mut matrix = Mat::<f64>::zeros(nodes, nodes);
    for edge in edges.iter() {
        matrix[(edge.source.index(), edge.target.index())] = degrees[edge.target.index()].recip();
    }
    matrix
}

/// Number of incoming edges of each node, at least 1.
fn degrees(edges: &EdgeList, nodes: usize) -> Vec<f64> {
    let mut degrees = vec![0.0_f64; nodes];
    edges.target.iter().for_each(|&node| degrees[node as usize] += 1.0);
    degrees.into_iter().map(|degree| degree.max(1.0)).collect()
}

#[allow(clippy::cast_possible_truncation, reason = "models compute in f32")]
fn float(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond, Molecule};
    use proptest::prelude::*;

    /// A connected graph: a random tree with some more edges.
    fn graph() -> impl Strategy<Value = (usize, EdgeList)> {
        (2..14_usize, proptest::collection::vec(any::<u32>(), 30)).prop_map(|(nodes, draws)| {
            let mut bonds = std::collections::BTreeSet::new();
            for (node, draw) in (1..u32::try_from(nodes).unwrap()).zip(&draws) {
                bonds.insert((draw % node, node));
            }
            for pair in draws[14..20].chunks(2) {
                let (a, b) = (pair[0] % nodes as u32, pair[1] % nodes as u32);
                if a != b {
                    bonds.insert((a.min(b), a.max(b)));
                }
            }
            let bonds = bonds.into_iter().map(|(a, b)| (a, b, Bond::default())).collect();
            (nodes, EdgeList::of(&Molecule::new(vec![Atom::default(); nodes], bonds).unwrap()))
        })
    }

    fn adjacency(edges: &EdgeList, nodes: usize) -> Vec<Vec<f64>> {
        let mut rows = vec![vec![0.0; nodes]; nodes];
        edges.iter().for_each(|edge| rows[edge.source.index()][edge.target.index()] = 1.0);
        rows
    }

    fn product(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let cell = |row: &Vec<f64>, col: usize| row.iter().zip(b).map(|(x, row)| x * row[col]).sum();
        a.iter().map(|row| (0..b.len()).map(|col| cell(row, col)).collect()).collect()
    }

    proptest! {
        #[test]
        fn eigenvectors_satisfy_their_equation((nodes, edges) in graph()) {
            let matrix = laplacian(&edges, nodes);
            let found = spectrum(&edges, nodes);
            prop_assert_eq!(found.len(), nodes);
            prop_assert!(found.is_sorted_by(|a, b| a.0 <= b.0) && found[0].0.abs() < 1e-12);
            for (value, vector) in &found {
                for row in 0..nodes {
                    let image: f64 = (0..nodes).map(|col| matrix[(row, col)] * vector[col]).sum();
                    prop_assert!((image - value * vector[row]).abs() < 1e-12);
                }
                prop_assert!((vector.iter().map(|entry| entry * entry).sum::<f64>() - 1.0).abs() < 1e-12);
            }
            let (encoding, eigenvalues) = of_nodes(&edges, nodes, Encoding::Laplacian { vectors: 16 });
            prop_assert!(eigenvalues.is_empty());
            for node in 0..nodes {
                let expected: Vec<f32> = found[1..].iter().map(|(_, vector)| float(vector[node])).collect();
                prop_assert_eq!(&encoding.row(node)[..nodes - 1], &expected[..]);
                prop_assert!(encoding.row(node)[nodes - 1..].iter().all(|&entry| entry == 0.0));
            }
        }

        #[test]
        fn return_probabilities_are_the_diagonals_of_powers((nodes, edges) in graph()) {
            let mut step = adjacency(&edges, nodes);
            let degrees = degrees(&edges, nodes);
            step.iter_mut().for_each(|row| row.iter_mut().zip(&degrees).for_each(|(cell, degree)| *cell /= degree));
            let (encoding, _) = of_nodes(&edges, nodes, Encoding::RandomWalk { steps: 6 });
            let mut power = step.clone();
            for column in 0..6 {
                for (node, row) in power.iter().enumerate() {
                    prop_assert!((f64::from(encoding.row(node)[column]) - row[node]).abs() < 1e-6);
                }
                power = product(&power, &step);
            }
        }

        #[test]
        fn the_kernel_is_the_power_of_its_step((nodes, edges) in graph(), steps in 0..20_u32) {
            let matrix = laplacian(&edges, nodes);
            let cell = |row: usize, col: usize| f64::from(u8::from(row == col)) - 0.25 * matrix[(row, col)];
            let step: Vec<Vec<f64>> = (0..nodes).map(|row| (0..nodes).map(|col| cell(row, col)).collect()).collect();
            let identity = |row: usize| (0..nodes).map(|col| f64::from(u8::from(row == col))).collect::<Vec<f64>>();
            let start: Vec<Vec<f64>> = (0..nodes).map(identity).collect();
            let expected: Vec<f64> = (0..steps).fold(start, |power, _| product(&power, &step)).concat();
            let kernel = walk_kernel(&edges, nodes, 0.25, steps);
            prop_assert!(kernel.iter().zip(&expected).all(|(&a, e)| (f64::from(a) - e).abs() < 1e-6));
        }
    }

    #[test]
    fn degree_is_one_row_per_count_up_to_the_last() {
        let bonds = (1..5).map(|leaf| (0, leaf, Bond::default())).collect();
        let star = EdgeList::of(&Molecule::new(vec![Atom::default(); 5], bonds).unwrap());
        let (encoding, _) = of_nodes(&star, 5, Encoding::Degree { most: 3 });
        assert_eq!(encoding.row(0), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(encoding.row(4), [0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn the_learned_encoding_gets_unit_rows_and_eigenvalues() {
        let bonds = vec![(0, 1, Bond::default()), (1, 2, Bond::default())];
        let chain = EdgeList::of(&Molecule::new(vec![Atom::default(); 3], bonds).unwrap());
        let encoding = Encoding::Learned { vectors: 5, dim: 4, layers: 1, heads: 2 };
        let (matrix, eigenvalues) = of_nodes(&chain, 3, encoding);
        // A chain of three has the eigenvalues 0, 1, 2.
        assert!(eigenvalues.iter().zip([0.0, 1.0, 2.0]).all(|(a, e)| (a - e).abs() < 1e-6) && eigenvalues.len() == 3);
        for node in 0..3 {
            assert!((matrix.row(node).iter().map(|entry| entry * entry).sum::<f32>() - 1.0).abs() < 1e-6);
            assert_eq!(&matrix.row(node)[3..], [0.0, 0.0]);
        }
    }
}
