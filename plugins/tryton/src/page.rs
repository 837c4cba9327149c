//! Pages of lists: each goes on behind the id of the last row, so that new records shift nothing.

use apiconnect_sdk::prelude::*;
use serde_json::{Value, json};

use crate::describe::PAGE_MAX;
use crate::settings::record_id;

/// How many rows a page has.
pub(crate) fn limit(page: &PageRequest) -> u32 {
    page.limit.clamp(1, PAGE_MAX)
}

/// The condition that leaves out what earlier pages had.
pub(crate) fn after(page: &PageRequest, newest_first: bool) -> Result<Vec<Value>, Error> {
    let operator = if newest_first { "<" } else { ">" };
    Ok(cursor(page)?.map(|last| json!(["id", operator, last])).into_iter().collect())
}

fn cursor(page: &PageRequest) -> Result<Option<i64>, Error> {
    let read = |text: &String| record_id(text).ok_or_else(|| Error::invalid("cursor", "is none of this list"));
    page.cursor.as_ref().map(read).transpose()
}

/// Rows that were asked for with one more than the page takes: that one says that the list goes on.
pub(crate) fn cut<T>(mut rows: Vec<T>, page: &PageRequest, id: impl Fn(&T) -> i64) -> (Vec<T>, PageEnd) {
    let limit = limit(page) as usize;
    let goes_on = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| goes_on).map(|row| id(row).to_string());
    (rows, PageEnd::at(next))
}

/// A page of rows that came in one piece, in the order of their ids.
pub(crate) fn part<T>(rows: Vec<T>, page: &PageRequest, id: impl Fn(&T) -> i64) -> Result<(Vec<T>, PageEnd), Error> {
    let last = cursor(page)?.unwrap_or(0);
    Ok(cut(rows.into_iter().filter(|row| id(row) > last).collect(), page, id))
}

/// Words for `ilike`, whose own signs lose their meaning.
pub(crate) fn escaped(words: &str) -> String {
    words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(cursor: Option<&str>, limit: u32) -> PageRequest {
        PageRequest { cursor: cursor.map(str::to_owned), limit }
    }

    #[test]
    fn a_page_goes_on_behind_its_last_row() {
        let (rows, end) = cut(vec![3, 5, 8], &page(None, 2), |row| *row);
        assert_eq!((rows, end.next.as_deref()), (vec![3, 5], Some("5")));
        let (rows, end) = cut(vec![8], &page(Some("5"), 2), |row| *row);
        assert_eq!((rows, end.next, end.complete), (vec![8], None, true));
        assert_eq!(after(&page(Some("5"), 2), false).unwrap(), [json!(["id", ">", 5])]);
        assert_eq!(after(&page(Some("5"), 2), true).unwrap(), [json!(["id", "<", 5])]);
        assert!(after(&page(Some("$skip=5"), 2), false).is_err());
    }

    #[test]
    fn a_list_in_one_piece_is_cut_the_same_way() {
        let (rows, end) = part(vec![3, 5, 8], &page(Some("3"), 1), |row| *row).unwrap();
        assert_eq!((rows, end.next.as_deref()), (vec![5], Some("5")));
    }

    #[test]
    fn signs_in_words_are_words() {
        assert_eq!(escaped("50%_\\"), "50\\%\\_\\\\");
    }
}
