//! Labels at the ends of lines, pushed apart where they would touch.

/// Places labels of equal height, at least `height` apart and inside `[top, bottom]`, each as near to where it wants to
/// be as the others allow. Gives the places in the order of the input.
pub(crate) fn spread(wanted: &[f64], height: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    // Clusters of touching labels, each centred on the mean of what its members want.
    let mut clusters: Vec<(f64, usize)> = Vec::new();
    for &i in &order {
        clusters.push((wanted[i], 1));
        while let [.., (a, na), (b, nb)] = clusters[..] {
            let reach = height * (na + nb) as f64 / 2.0;
            if b - a >= reach {
                break;
            }
            let n = na + nb;
            // The mean of the wanted places, as if every member stood at the foot of those before it.
            let mean = (a * na as f64 + b * nb as f64) / n as f64;
            clusters.truncate(clusters.len() - 2);
            clusters.push((mean, n));
        }
        // A cluster may not leave the drawing.
        if let Some((centre, n)) = clusters.last_mut() {
            let half = height * (*n as f64 - 1.0) / 2.0;
            *centre = centre.max(top + half).min((bottom - half).max(top + half));
        }
    }
    let mut out = vec![0.0; wanted.len()];
    let mut order = order.into_iter();
    for (centre, n) in clusters {
        for k in 0..n {
            if let Some(i) = order.next() {
                out[i] = centre + height * (k as f64 - (n as f64 - 1.0) / 2.0);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_apart_stay_and_touching_ones_part() {
        assert_eq!(spread(&[10.0, 50.0], 15.0, 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(spread(&[50.0, 50.0], 15.0, 0.0, 100.0), [42.5, 57.5]);
        let places = spread(&[2.0, 3.0, 98.0, 99.0, 50.0], 15.0, 0.0, 100.0);
        let mut sorted = places.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|w| w[1] - w[0] >= 15.0 - 1e-9), "{places:?}");
        assert!(sorted[0] >= 0.0 && sorted[4] <= 100.0, "{places:?}");
        assert!(spread(&[], 15.0, 0.0, 100.0).is_empty());
    }
}
