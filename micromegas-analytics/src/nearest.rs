//! Hints for names that do not exist.

/// "there is no {kind} {name:?}", and what is meant perhaps, or what there is.
pub(crate) fn suggestion<'a>(
    kind: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let nearest = known
        .iter()
        .map(|candidate| (distance(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .min();
    match nearest {
        Some((distance, candidate)) if distance * 3 <= name.chars().count().max(3) => {
            format!("there is no {kind} {name:?}; did you mean {candidate:?}?")
        }
        _ => format!("there is no {kind} {name:?}; there are {}", known.join(", ")),
    }
}

/// The number of characters to insert, remove, replace or swap with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for i in 0..left.len() {
        let mut row = vec![i + 1];
        for j in 0..right.len() {
            let replaced = last[j] + usize::from(left[i] != right[j]);
            let mut least = replaced.min(row[j] + 1).min(last[j + 1] + 1);
            if i > 0 && j > 0 && left[i] == right[j - 1] && left[i - 1] == right[j] {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("mgs", "msg"), 1);
    }

    #[test]
    fn a_near_miss_is_suggested_and_nonsense_gets_the_list() {
        let known = ["processes", "log_entries"];
        assert_eq!(
            suggestion("table", "log_entrys", known),
            "there is no table \"log_entrys\"; did you mean \"log_entries\"?"
        );
        assert_eq!(
            suggestion("table", "users", known),
            "there is no table \"users\"; there are log_entries, processes"
        );
    }
}
