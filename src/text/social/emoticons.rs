//! Emoticons: faces and hearts made of signs. A list, and tables over it that are made when the crate is compiled.
//!
//! A text and a position in; the emoticon there out. Whether it is a happy one is not known here.

use crate::text::chars::is_word_or_mark;

/// The emoticons, as they are typed; no other order than their kind. A space in one is no part of its token.
#[rustfmt::skip]
const EMOTICONS: [&str; 265] = [
    // eyes, then mouth; one without a nose, one with
    ":)", ":-)", ":(", ":-(", ":D", ":-D", ":P", ":-P", ":p", ":-p", ":/", ":-/", ":\\", ":-\\", ":|", ":-|",
    ":O", ":-O", ":o", ":-o", ":*", ":-*", ":S", ":-S", ":s", ":-s", ":]", ":-]", ":[", ":-[", ":}", ":-}",
    ":{", ":-{", ":>", ":->", ":<", ":-<", ":3", ":-3", ":x", ":-x", ":X", ":-X", ":c", ":-c", ":b", ":-b",
    ":^)", ":o)", ":-#",
    ";)", ";-)", ";(", ";-(", ";D", ";-D", ";P", ";-P", ";p", ";-p", ";]", ";-]", ";o)",
    "=)", "=-)", "=(", "=-(", "=D", "=P", "=p", "=/", "=\\", "=]", "=[", "=|", "=*", "=O", "=o",
    "8-)", "B-)", "8-D", "xD", "x-D", "XD", "X-D",
    // tears, brows, horns
    ":'(", ":'-(", ":')", ":'-)", ":'D", ":,(", ":,)", ":,-(", ";'(", "='(", "=')", ">:(", ">:-(", ">:)", ">:-)",
    ">:D", ">:|", ">:/", ">:[", ">:O", ">:o", ">;)", "D:<", "}:)", "]:)", "|:(",
    // drawn out: one of these takes all further mouths
    ":))", ":-))", ":((", ":-((", ":DD", ":-DD", ":PP", ";))", ";-))", "=))", "=((", "xDD", "XDD", ":'((", ":'))",
    // mouth, then eyes
    "(:", "(-:", "(;", "(-;", "(':", "('-:", "):", ")-:", ")':", ")'-:", "D:", "D-:", "D=", "D';", "D':",
    
    // hearts, hands
    "<3", "<33", "</3", "<\\3", "\\o/", "\\O/", "\\m/",
    // eyes on both sides
    "^^", "^_^", "^-^", "^.^", "^o^", "^__^", "^_~", "-_-", "-__-", "-.-", "=_=", "=.=", ">_<", ">.<", ">__<", "<_<",
    ">_>", "<.<", ">.>", "._.", "*_*", "*-*", "@_@", "$_$", "+_+", ";_;", ";-;", ";w;", "T_T", "T.T", "T-T", "ToT",
    "x_x", "X_X", "x.x", "o_o", "O_O", "o_O", "O_o", "o.o", "O.O", "o.O", "O.o", "0_0", "u_u", "U_U", "n_n",
    "v_v", "Q_Q", "Q.Q", "Y_Y", ">w<", ">o<",
    // in brackets
    "(^^)", "(^_^)", "(^-^)", "(^.^)", "(^o^)", "(^_^;)", "(T_T)", "(;_;)", "(>_<)", "(-_-)", "(._.)", "(*_*)",
    "(o_o)", "(O_O)", "(@_@)", "(=_=)", "(-_-;)",
    // kaomoji
    "¯\\_(ツ)_/¯", "¯\\(ツ)/¯", "¯_(ツ)_/¯", "(ツ)", "(╯°□°)╯︵┻━┻", "(╯°□°)╯︵ ┻━┻", "(╯°□°）╯︵┻━┻", "(╯°□°）╯︵ ┻━┻",
    "┻━┻", "┬─┬", "(ಠ_ಠ)", "ಠ_ಠ", "(ಥ_ಥ)", "ಥ_ಥ", "(ಥ﹏ಥ)", "(づ｡◕‿‿◕｡)づ", "(づ￣ ³￣)づ", "(っ◔◡◔)っ",
    "(◕‿◕)", "(◠‿◠)", "(◡‿◡)", "(✿◠‿◠)", "(•_•)", "(⌐■_■)", "(¬_¬)", "¬_¬", "(ﾉ◕ヮ◕)ﾉ*:･ﾟ✧", "(ノಠ益ಠ)ノ彡┻━┻",
    "ヽ(´▽`)/", "ヽ(^o^)ノ", "(´･ω･`)", "(｡◕‿◕｡)", "(๑˃̵ᴗ˂̵)", "(≧▽≦)", "(≧∇≦)", "(´∀`)", "(￣ー￣)", "ʕ•ᴥ•ʔ",
    "( ͡° ͜ʖ ͡°)", "(͡° ͜ʖ ͡°)", "༼ つ ◕_◕ ༽つ", "(｀皿´)", "♥‿♥", "◉_◉", "•ᴗ•", "ᕙ(⇀‸↼‶)ᕗ",
];

/// The emoticons by first and second byte, the longer first among those that share both.
const SORTED: [&str; EMOTICONS.len()] = {
    let mut sorted = EMOTICONS;
    let mut end = 1;
    while end < sorted.len() {
        let mut at = end;
        while at > 0 && comes_before(sorted[at], sorted[at - 1]) {
            (sorted[at - 1], sorted[at]) = (sorted[at], sorted[at - 1]);
            at -= 1;
        }
        end += 1;
    }
    sorted
};

const fn comes_before(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a[0] != b[0] {
        return a[0] < b[0];
    }
    if a[1] != b[1] {
        return a[1] < b[1];
    }
    a.len() > b.len()
}

/// Where in [`SORTED`] the emoticons with each first byte start; the last is the end of all.
const FIRST: [u16; 257] = {
    let mut first = [0; 257];
    let mut byte = 0;
    while byte < 256 {
        let mut at = first[byte] as usize;
        while at < SORTED.len() && SORTED[at].as_bytes()[0] as usize == byte {
            at += 1;
        }
        first[byte + 1] = at as u16;
        byte += 1;
    }
    first
};

/// The second bytes of the emoticons with each first byte, a bit for each.
static SECOND: [[u64; 4]; 256] = {
    let mut second = [[0; 4]; 256];
    let mut at = 0;
    while at < SORTED.len() {
        let bytes = SORTED[at].as_bytes();
        second[bytes[0] as usize][(bytes[1] / 64) as usize] |= 1 << (bytes[1] % 64);
        at += 1;
    }
    second
};

/// Whether an emoticon may start with these two bytes: one look, and it is nearly always right.
#[inline]
pub(super) fn may_start(first: u8, second: u8) -> bool {
    (SECOND[usize::from(first)][usize::from(second / 64)] >> (second % 64)) & 1 == 1
}

/// The emoticon at `at`, as it counts and as long as it is. The longest wins. The last one ended at `from`: it is no
/// word that could be touched.
pub(super) fn find(text: &str, from: usize, at: usize) -> Option<(&'static str, usize)> {
    let rest = &text.as_bytes()[at..];
    let first = usize::from(rest[0]);
    let candidates = &SORTED[usize::from(FIRST[first])..usize::from(FIRST[first + 1])];
    let mut same = candidates.iter().filter(|e| rest.starts_with(e.as_bytes()));
    same.find_map(|emoticon| {
        let length = drawn_out(emoticon.as_bytes(), rest);
        stands_free(emoticon, &text[from..at], &text[at + length..]).then_some((*emoticon, length))
    })
}

/// The length with all further mouths, if the emoticon ends in two: `:))` takes the whole of `:))))`.
fn drawn_out(emoticon: &[u8], rest: &[u8]) -> usize {
    match emoticon {
        [.., a, b] if a == b && b.is_ascii() => {
            emoticon.len() + rest[emoticon.len()..].iter().take_while(|c| *c == b).count()
        }
        _ => emoticon.len(),
    }
}

/// Whether what stands around lets these signs be a face.
fn stands_free(emoticon: &str, before: &str, after: &str) -> bool {
    let before = before.chars().next_back();
    let after = after.chars().next();
    let of_word = |c: Option<char>| c.is_some_and(is_word_or_mark);
    // "XDR", "D:4", "12 :30"
    if of_word(emoticon.chars().next()) || of_word(emoticon.chars().next_back()) {
        return !of_word(before) && !of_word(after);
    }
    match emoticon.as_bytes() {
        // "(see above): no face"
        [b')', ..] => before.is_none_or(char::is_whitespace),
        // "file://", "and:/or"
        [b':' | b'=', .., b'/' | b'\\'] => !of_word(after) && !matches!(after, Some('/' | '\\')),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The longest of all that fit, one after the other.
    fn naive(text: &str, at: usize) -> Option<(&'static str, usize)> {
        let fits = EMOTICONS.into_iter().filter(|e| text[at..].starts_with(e)).map(|e| {
            let mut length = e.len();
            let last = &e[e.char_indices().next_back().unwrap().0..];
            if last.is_ascii() && e.ends_with(&last.repeat(2)) {
                while text[at + length..].starts_with(last) {
                    length += last.len();
                }
            }
            (e, length)
        });
        fits.filter(|(e, length)| stands_free(e, &text[..at], &text[at + length..]))
            .max_by_key(|(e, _)| e.len())
    }

    #[test]
    fn each_is_found_alone_and_only_once_in_the_list() {
        for emoticon in EMOTICONS {
            assert!(may_start(emoticon.as_bytes()[0], emoticon.as_bytes()[1]));
            assert_eq!(find(emoticon, 0, 0), Some((emoticon, emoticon.len())));
            assert_eq!(EMOTICONS.iter().filter(|e| **e == emoticon).count(), 1, "{emoticon}");
        }
    }

    #[test]
    fn drawn_out_ones_are_one() {
        assert_eq!(find(":)))))", 0, 0), Some((":))", 6)));
        assert_eq!(find("<3333 x", 0, 0), Some(("<33", 5)));
        assert_eq!(find(":DDDx", 0, 0), None);
        assert_eq!(find("<3<3", 2, 2), Some(("<3", 2)));
        assert_eq!(find("^^^_^", 0, 0), Some(("^^", 3)));
    }

    #[test]
    fn signs_among_other_text_are_none() {
        let table = [
            "://", ":/or", "=\\x", "XDR", "D:4", "x_xx", ":3x", "<3rd", ":Pm", "(8)", "a", "((",
            "::",
        ];
        for text in table {
            assert_eq!(find(text, 0, 0), None, "{text}");
        }
        let amid = [("a): b", 1), ("(a):", 2), ("1D: x", 1), ("aXD", 1), ("12:3", 2), ("a:D", 1)];
        for (text, at) in amid {
            assert_eq!(find(text, 0, at), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_tables_find_what_a_look_at_each_finds(
            text in "([:;=<>()3xXDoO_.^'8/\\\\| -]|[TPpSs]|[ツ¯ಠ╯°□┻━•◕]|é| ){1,12}",
            (a, b) in (0..EMOTICONS.len(), 0..EMOTICONS.len()),
            between in "[ aD:)(/]{0,2}",
        ) {
            let joined = format!("{}{between}{}", EMOTICONS[a], EMOTICONS[b]);
            for text in [text, joined] {
                for (at, _) in text.char_indices() {
                    let found = naive(&text, at);
                    prop_assert_eq!(find(&text, 0, at), found, "{} at {}", text, at);
                    let next = text.as_bytes().get(at + 1).copied().unwrap_or_default();
                    prop_assert!(found.is_none() || may_start(text.as_bytes()[at], next));
                }
            }
        }
    }
}
