//! The tokens of tweets, one by one: a table of texts and exactly what each must give, and what holds for any text.
//!
//! Expected tokens stand in one string, with a space between two; no token holds a space.

use std::collections::BTreeSet;
use std::iter;
use std::time::{Duration, Instant};

use proptest::collection;
use proptest::prelude::*;
use ressenti::text::{Analyzer, AnalyzerParams, Elongation, Entity, Language, Negation, Social};

fn tokens(params: &AnalyzerParams, text: &str) -> Vec<String> {
    let tokens = params.build().unwrap().tokenize(text);
    tokens.iter().map(|token| token.text().to_owned()).collect()
}

/// Checks each text of a table, and tells of all that differ at once.
fn check(params: &AnalyzerParams, table: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in table {
        let found = tokens(params, text).join(" ");
        if found != *expected {
            wrong.push(format!("\n{text}\n  gives {found}\n  not   {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn a_negation_with_spaces_in_it_is_one() {
    let params = Analyzer::social();
    for (text, expected) in [
        ("I don ' t", &["i", "don", "n't"][..]),
        ("CAN’ T go", &["can", "n't", "go"]),
        ("won 't", &["won", "n't"]),
        ("can ' tell", &["can", "'", "tell"]),
        ("can ' té", &["can", "'", "té"]),
        ("it ' t", &["it", "'", "t"]),
        ("SHOULDN ' T", &["shouldn", "n't"]),
        ("in 't Veld", &["in", "'", "t", "veld"]),
        ("lagoon ' t", &["lagoon", "'", "t"]),
        ("don 't-shirt", &["don", "'", "t", "-", "shirt"]),
        ("élan ' t xdon ' t", &["élan", "'", "t", "xdon", "'", "t"]),
        ("édon ' t", &["édon", "'", "t"]),
        (
            "it does n ' t , ca n 't , wo N’ T",
            &["it", "does", "n't", ",", "ca", "n't", ",", "wo", "n't"],
        ),
        ("do n ` t", &["do", "n't"]),
        ("don ` t", &["don", "n't"]),
        ("don ‹ t", &["don", "'", "t"]),
        ("do n › t", &["do", "n", "'", "t"]),
        // What puts spaces between tokens puts one.
        ("don '  t", &["don", "'", "t"]),
        ("don  ' t", &["don", "'", "t"]),
        ("do n  ' t", &["do", "n", "'", "t"]),
        ("rock n ' t", &["rock", "n", "'", "t"]),
        ("do n ' tell", &["do", "n", "'", "tell"]),
        ("do n : t", &["do", "n", ":", "t"]),
        ("do nn ' t xdo n ' t", &["do", "nn", "'", "t", "xdo", "n", "'", "t"]),
        ("do n", &["do", "n"]),
        ("n ' ", &["n", "'"]),
        ("n ' t", &["n", "'", "t"]),
        ("' t", &["'", "t"]),
    ] {
        assert_eq!(tokens(&params, text), expected, "{text}");
    }
    let params = params.negation(Negation::of(Language::English).unwrap());
    assert_eq!(tokens(&params, "can ' t go"), ["can", "n't", "NOT_go"]);
    assert_eq!(tokens(&params, "does n ' t go"), ["does", "n't", "NOT_go"]);
}

#[test]
fn words_and_their_apostrophes() {
    check(
        &Analyzer::social(),
        &[
            ("Great crew, GREAT flight", "great crew , great flight"),
            ("We didn't land; it didn’t matter", "we didn't land ; it didn't matter"),
            ("can`t won´t ain‘t don‛t", "can't won't ain't don't"),
            ("rock'n'roll 'quoted' dogs' 'twas", "rock'n'roll ' quoted ' dogs ' ' twas"),
            ("Ce n’est pas l'été à Orly", "ce n'est pas l'été à orly"),
            ("AUJOURD’HUI j’ai ADORÉ", "aujourd'hui j'ai adoré"),
            ("« Jamais » dit-elle", "\" jamais \" dit - elle"),
            ("“Never” „nie‟ ‘so’ ‹la›", "\" never \" \" nie \" ' so ' ' la '"),
            ("e\u{301}te\u{301}’s na\u{308}ive", "e\u{301}te\u{301}'s na\u{308}ive"),
            ("well-known snake_case a/b", "well - known snake_case a / b"),
            ("ÀÉÎ ŒUVRE STRASSE ΟΔΟΣ ДОМ", "àéî œuvre strasse οδος дом"),
            ("handbag’", "handbag '"),
            ("4'4 a'4 ''x''", "4 ' 4 a ' 4 ' ' x ' '"),
            ("हिन्दी ไทย 東京タワー 서울", "हिन्दी ไทย 東京タワー 서울"),
            ("مرحبا بالعالم! שלום", "مرحبا بالعالم ! שלום"),
            ("v1.5 b4 gr8 2nd 747s", "v1.5 b4 gr8 2nd 747s"),
            ("don't.Don't", "don't . don't"),
            (
                "internationalization's antidisestablishmentarianism",
                "internationalization's antidisestablishmentarianism",
            ),
            ("DİYAR Ünal ẞ", "di\u{307}yar ünal ß"),
            ("soft\u{ad}hyphen zero\u{200b}width", "soft hyphen zero width"),
        ],
    );
}

#[test]
fn punctuation_and_its_runs() {
    check(
        &Analyzer::social(),
        &[
            ("No! No!! No!!!!!!", "no ! no !! no !!"),
            ("What? What?? What?????", "what ? what ?? what ??"),
            ("Really?! Really!? Oh?!?!?!", "really ?! really ?! oh ?!"),
            ("wait. wait.. wait... wait..... wait…", "wait . wait ... wait ... wait ... wait ..."),
            ("hm…… hm….. ....hm", "hm ... hm ... ... hm"),
            ("(a) [b] {c} a+b=c; d: e", "( a ) [ b ] { c } a + b = c ; d : e"),
            ("50/50 * % ^ & ~ | \\ / - _", "50/50 * % ^ & ~ | \\ / - _"),
            ("¡Hola! ¿Qué?", "¡ hola ! ¿ qué ?"),
            ("a – b — c • d", "a – b — c • d"),
            ("yes.no,maybe", "yes . no , maybe"),
            ("end.", "end ."),
            ("© ® ™ ° §", "© ® ™ ° §"),
            ("日本。東京、大阪「駅」", "日本 。 東京 、 大阪 「 駅 」"),
        ],
    );
}

#[test]
fn handles_links_and_addresses() {
    check(
        &Analyzer::social(),
        &[
            ("@SkyBird Thanks", "@skybird thanks"),
            (".@Sky_Bird1: hi", ". @sky_bird1 : hi"),
            ("@ @! a@b @é", "@ @ ! a @b @é"),
            ("RT @a:@b,@c", "rt @a : @b , @c"),
            ("see https://t.co/AbC1, ok", "see https://t.co/AbC1 , ok"),
            ("(WWW.Sky.example/x?y=1)", "( WWW.Sky.example/x?y=1 )"),
            (
                "http://a.example/b_(c)!!! HTTPS://X.example",
                "http://a.example/b_(c ) !! HTTPS://X.example",
            ),
            (
                "http://t.co/1“quoted” http://t.co/2😡",
                "http://t.co/1 \" quoted \" http://t.co/2 😡",
            ),
            ("http://t.co/a… www.été.example/à", "http://t.co/a ... www.été.example/à"),
            ("<http://t.co/a> \"www.b.example\"", "< http://t.co/a > \" www.b.example \""),
            ("http:// nothing www. either", "http : / / nothing www . either"),
            ("ftp://x file://y http", "ftp : / / x file : / / y http"),
            ("Crew@Sky.example", "crew@sky.example"),
            ("mail john.doe+news@mail.sky.example.", "mail john.doe+news@mail.sky.example ."),
            ("a-b_c@x-y.example, 4u@x.example", "a-b_c@x-y.example , 4u@x.example"),
            ("thanks@SkyBird now", "thanks @skybird now"),
            ("a@b.c a.@b.example a@.example", "a @b . c a . @b . example a @ . example"),
            ("x@y.example-z x@y.example5", "x @y . example - z x @y . example5"),
            ("not.an.address well-known.", "not . an . address well - known ."),
        ],
    );
}

#[test]
fn figures() {
    check(
        &Analyzer::social(),
        &[
            ("1,000 3.5 50% 7", "1,000 3.5 50% 7"),
            ("10,000.50 1.2.3 0", "10,000.50 1.2.3 0"),
            ("5, 6. 7: 8!", "5 , 6 . 7 : 8 !"),
            ("-5 +3 .5 5-6", "- 5 + 3 . 5 5 - 6"),
            ("$3.50 €20 £5 ¥100 3.50€ 20$", "$3.50 €20 £5 ¥100 3.50€ 20$"),
            ("$1,299.99, US$5 $5k $2bn $1M $5off", "$1,299.99 , us $5 $5k $2bn $1m $5 off"),
            ("5€50 $ € $x 20 €", "5€50 $ € $ x 20 €"),
            ("10:30 10:30pm 5PM 9am 10:30:45", "10:30 10:30pm 5pm 9am 10:30:45"),
            ("10.30am 18h30 24h 3h", "10.30am 18h30 24h 3h"),
            ("at 10:30-11:30.", "at 10:30 - 11:30 ."),
            ("25:99 12:3 2:1", "25:99 12:3 2:1"),
            ("12/24/2014 24.12.2014 2014-12-24 12/24", "12/24/2014 24.12.2014 2014-12-24 12/24"),
            ("1/2 9/10 24/7 10/10!", "1/2 9/10 24/7 10/10 !"),
            ("747/737 555-1234 1/2/3/4", "747 / 737 555 - 1234 1 / 2 / 3 / 4"),
            ("2014-13-45 99/99 12/24/", "2014 - 13 - 45 99/99 12/24 /"),
            ("5th 5pmx 3.5mm 1/2lb", "5th 5pmx 3.5mm 1 / 2lb"),
            ("٣٫٥ ２０２４", "٣ ٫ ٥ ２０２４"),
            ("١٢٣٤٥", "١٢٣٤٥"),
        ],
    );
}

#[test]
fn entities_as_placeholders() {
    let all = [
        Entity::Handle,
        Entity::Link,
        Entity::Email,
        Entity::Number,
        Entity::Price,
        Entity::Time,
        Entity::Date,
    ];
    let social = all.into_iter().fold(Social::default(), Social::placeholder);
    check(
        &Analyzer::social().tokenizer(social),
        &[
            ("@SkyBird @ a@b", "<user> @ a <user>"),
            ("https://t.co/x (www.a.example)", "<url> ( <url> )"),
            ("crew@sky.example 4u@x.example", "<email> <email>"),
            ("1,000 3.5 50% 7 25:99 12:3", "<number> <number> <number> <number> <number> <number>"),
            ("1/2 9/10 24/7 10/10 5/5 13/14 99/99", ["<number>"; 7].join(" ").leak()),
            ("$3.50 €20 £5 3.50€ 5€50 $5k", ["<price>"; 6].join(" ").leak()),
            ("10:30 10:30pm 5pm 18h30 10.30am 10:30:45", ["<time>"; 6].join(" ").leak()),
            ("12/24/2014 24.12.2014 2014-12-24 12/24 9/11 2/28/15", ["<date>"; 6].join(" ").leak()),
            ("2nd b4 v1.5 24h 13pm 25:00pm #4", "2nd b4 v1.5 24h 13pm 25:00pm #4"),
            ("10.30 13/32 2014-13-45", "<number> <number> <number> - <number> - <number>"),
            (
                "2h late, $5 for 1 call at 5pm on 12/24!",
                "2h late , <price> for <number> call at <time> on <date> !",
            ),
        ],
    );
    let links = Social::default().placeholder(Entity::Link);
    check(&Analyzer::social().tokenizer(links), &[("@a http://b 5 $5", "@a <url> 5 $5")]);
}

#[test]
fn hashtags() {
    let table = [
        ("#NeverAgain...#fail", "#neveragain ... #fail"),
        ("# #! C# #é #été2024 #a_b", "# # ! c # #é #été2024 #a_b"),
        ("#one#two x#y", "#one #two x #y"),
    ];
    check(&Analyzer::social(), &table);
    let split = Analyzer::social().tokenizer(Social::default().split_hashtags(true));
    check(
        &split,
        &[
            ("#WorstFlightEver!", "#worstflightever worst flight ever !"),
            ("#fail #FAIL", "#fail fail #fail fail"),
            ("#USAirwaysFail", "#usairwaysfail us airways fail"),
            (
                "#flight24 #24h #never_again_",
                "#flight24 flight 24 #24h 24 h #never_again_ never again",
            ),
            ("#ÉtéÀParis", "#étéàparis été à paris"),
            ("#SooooGood", "#soooogood soo <elongated> good"),
            ("# #_ @NotMe", "# #_ @notme"),
            ("#a#b", "#a a #b b"),
        ],
    );
}

#[test]
fn drawn_out_words() {
    let words = "soooo GREAAAAT Nooooooo good bookkeeper";
    check(
        &Analyzer::social(),
        &[
            (words, "soo <elongated> greaat <elongated> noo <elongated> good bookkeeper"),
            ("sooo heLLLo yeeeeesssss", "soo <elongated> hello <elongated> yeess <elongated>"),
            ("looooooooooooooooooooong", "loong <elongated>"),
            ("aaaaaaa aaa zzz", "aa <elongated> aa <elongated> zz <elongated>"),
            (
                "abcdeffffgh abcdefghhhij abcdefgggh",
                "abcdeffgh <elongated> abcdefghhij <elongated> abcdefggh <elongated>",
            ),
            (
                "ééééé trèèès 哈哈哈哈 ㅋㅋㅋ",
                "éé <elongated> trèès <elongated> 哈哈 <elongated> ㅋㅋ <elongated>",
            ),
            ("iii III xviii xxx iiii Henry VIII", "iii iii xviii xxx ii <elongated> henry viii"),
            ("1000 1111 ____ a___b 3333rd", "1000 1111 ____ a___b 3333rd"),
            (
                "@sooo #sooo http://t.co/aaa aaa@bbb.example",
                "@sooo #sooo http://t.co/aaa aaa@bbb.example",
            ),
            ("don’ttttt can'ttt", "don'tt <elongated> can'tt <elongated>"),
            ("www. wwww", "www . ww <elongated>"),
        ],
    );
    let with = |elongation| Analyzer::social().tokenizer(Social::default().elongation(elongation));
    check(&with(Elongation::Keep), &[(words, "soooo greaaaat nooooooo good bookkeeper")]);
    check(&with(Elongation::Shorten), &[(words, "soo greaat noo good bookkeeper")]);
    check(&with(Elongation::Shorten).lowercase(false), &[("SOOO SOoo Sooo", "SOO SOoo Soo")]);
}

#[test]
fn emoji() {
    check(
        &Analyzer::social(),
        &[
            ("wow😡😡 nice👍!", "wow 😡 😡 nice 👍 !"),
            ("👍🏽 👍🏿 👍", "👍 👍 👍"),
            ("❤️ ❤ ❤︎ ☀️☀", "❤ ❤ ❤ ☀ ☀"),
            ("👨‍👩‍👧 👩🏽‍🚀 👩‍🚀", "👨‍👩‍👧 👩‍🚀 👩‍🚀"),
            ("🇫🇷🇩🇪 🇫 🇫🇷🇩", "🇫🇷 🇩🇪 🇫 🇫🇷 🇩"),
            (
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}!",
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} !",
            ),
            ("🏳️‍🌈 🏳‍🌈", "🏳‍🌈 🏳‍🌈"),
            ("1️⃣ 2⃣ #️⃣ *️⃣ #⃣", "1⃣ 2⃣ #⃣ *⃣ #⃣"),
            ("11️⃣ a1️⃣ 1.2️⃣ 1️", "1 1⃣ a 1⃣ 1 . 2⃣ 1"),
            ("🏽 x🏽", "🏽 x 🏽"),
            ("a\u{fe0f}b \u{fe0f} \u{200d}", "a b"),
            ("😡é 😡‘ 😡日", "😡 é 😡 ' 😡 日"),
            ("‼️ ⁉", "‼ ⁉"),
            ("🫶🫠🥺✈️", "🫶 🫠 🥺 ✈"),
        ],
    );
}

#[test]
fn emoticons() {
    check(
        &Analyzer::social(),
        &[
            ("great :) :-) :D :-D ;) ;-) =) xD XD", "great :) :-) :D :-D ;) ;-) =) xD XD"),
            ("bad :( :-( :'( :/ :-/ :| >:( D: </3", "bad :( :-( :'( :/ :-/ :| >:( D: </3"),
            ("(: (-: ): )-: (;", "(: (-: ): )-: (;"),
            (":)))))) :(((( :DDDD <33333 ^^", ":)) :(( :DD <33 ^^"),
            ("thanks:) thanks:-(", "thanks :) thanks :-("),
            ("XDR Pm:D5 D:4 xDx a:3 :3x", "xdr pm : d5 d : 4 xdx a : 3 : 3x"),
            ("http://x 10:30 12:3 (8) 8) B)", "http://x 10:30 12:3 ( 8 ) 8 ) b )"),
            ("(see above): no face", "( see above ) : no face"),
            ("C:\\temp and:/or a=/b", "c : \\ temp and : / or a = / b"),
            ("<3 <3<3 I<3u", "<3 <3 <3 i < 3u"),
            ("^_^ >_< T_T -_- o_O O_o x_x ._.", "^_^ >_< T_T -_- o_O O_o x_x ._."),
            ("(^_^) (T_T) (>_<) \\o/ \\m/", "(^_^) (T_T) (>_<) \\o/ \\m/"),
            ("¯\\_(ツ)_/¯ meh ¯_(ツ)_/¯", "¯\\_(ツ)_/¯ meh ¯_(ツ)_/¯"),
            ("(╯°□°)╯︵┻━┻ (╯°□°）╯︵ ┻━┻", "(╯°□°)╯︵┻━┻ (╯°□°）╯︵┻━┻"),
            ("(ಠ_ಠ) ಠ_ಠ (づ｡◕‿‿◕｡)づ", "(ಠ_ಠ) ಠ_ಠ (づ｡◕‿‿◕｡)づ"),
            ("( ͡° ͜ʖ ͡°) ʕ•ᴥ•ʔ (≧▽≦)", "(͡°͜ʖ͡°) ʕ•ᴥ•ʔ (≧▽≦)"),
            ("すごい(´･ω･`)!", "すごい (´･ω･`) !"),
            (":-)x x:-) :-)(:", ":-) x x :-) :-) (:"),
            (":: :; ;; :-: -", ": : : ; ; ; : - : -"),
            ("T_Test T_T. my T.T", "t_test T_T . my T.T"),
        ],
    );
}

#[test]
fn html_is_decoded_once_and_bytes_are_those_of_the_original() {
    check(
        &Analyzer::social(),
        &[
            ("rock &amp; roll &lt;3 &gt;:(", "rock & roll <3 >:("),
            ("didn&#39;t didn&#x27;t didn&rsquo;t", "didn't didn't didn't"),
            ("&quot;ok&quot; caf&eacute;&nbsp;noir", "\" ok \" café noir"),
            ("&amp;lt;3 &amp;amp;", "& lt ; 3 & amp ;"),
            ("AT&T a&b; &nosuch; & &; &#;", "at & t a & b ; & nosuch ; & & ; & # ;"),
            ("https://a.example/?x=1&amp;y=2", "https://a.example/?x=1&y=2"),
            ("&#128525;&hearts; &#0; &#x1F1EB;&#x1F1F7;", "😍 ♥ & #0 ; 🇫🇷"),
            ("so&#111;o &lt;&lt; &#35;Fail", "soo <elongated> < < #fail"),
        ],
    );
    let params = Analyzer::social().tokenizer(Social::default().split_hashtags(true));
    let table: &[(&str, &[&str])] = &[
        ("@SkyBird: Didn’t 👍🏽!!", &["@SkyBird", ":", "Didn’t", "👍🏽", "!!"]),
        ("a &lt;3 caf&eacute; &amp;x", &["a", "&lt;3", "caf&eacute;", "&amp;", "x"]),
        ("#WorstDay soooo...", &["#WorstDay", "Worst", "Day", "soooo", "soooo", "..."]),
        ("#Caf&eacute;Noir &gt;", &["#Caf&eacute;Noir", "Caf&eacute;", "Noir", "&gt;"]),
        (":)))) x", &[":))))", "x"]),
        ("(╯°□°)╯︵ ┻━┻ &fjlig;", &["(╯°□°)╯︵ ┻━┻", "&fjlig;"]),
    ];
    for (text, expected) in table {
        let tokens = params.build().unwrap().tokenize(text);
        let bytes: Vec<&str> = tokens.iter().map(|token| &text[token.range()]).collect();
        assert_eq!(bytes, *expected);
    }
}

#[test]
fn whole_tweets() {
    check(
        &Analyzer::social(),
        &[
            (
                "@SkyBird 3 hrs late AGAIN!!! Never flying with you... #WorstAirline http://t.co/Xy1",
                "@skybird 3 hrs late again !! never flying with you ... #worstairline http://t.co/Xy1",
            ),
            (
                "Sooo happy :))) my bag arrived @ 10:30pm ❤️❤️ thx @SkyBird",
                "soo <elongated> happy :)) my bag arrived @ 10:30pm ❤ ❤ thx @skybird",
            ),
            (
                "Bravo @AirOuest… 2h d’attente & pas d’excuse ?! J’annule (150€ perdus) 😡",
                "bravo @airouest ... 2h d'attente & pas d'excuse ?! j'annule ( 150€ perdus ) 😡",
            ),
            (
                "RT @a_b: “I'd rather walk” -- me, 12/24, gate B4 \\o/",
                "rt @a_b : \" i'd rather walk \" - - me , 12/24 , gate b4 \\o/",
            ),
            (
                "Merci à l'équipe du vol AF123, TROOOOP gentils 👏👏👏🏼 ^^",
                "merci à l'équipe du vol af123 , troop <elongated> gentils 👏 👏 👏 ^^",
            ),
            (
                "why is it $25/bag?? it's 2014!! crew@sky.example doesn't answer -_-",
                "why is it $25 / bag ?? it's 2014 !! crew@sky.example doesn't answer -_-",
            ),
            ("", ""),
            (" \n\t\u{a0}\u{3000}\u{85} \0\u{7f}\u{200b}", ""),
        ],
    );
}

/// The time for the worst that can be thought of: in a debug build some hundredths of a second each if it grows with
/// the length, many seconds if it grows with the square.
#[test]
fn long_texts_take_no_longer_than_their_length() {
    let social = Social::default().split_hashtags(true).placeholder(Entity::Link);
    let analyzer = Analyzer::social().tokenizer(social).build().unwrap();
    #[rustfmt::skip]
    let units = [
        "\u{301}", "(", ":", "&", "@", ".", "a1.", "🇫", "\u{200d}", "\0", "a", "a.", "a-", "é", "’", "1/", "1:", "1.", "1,1",
        "$", "$1", "#", "#a", "#aA", "_", "http://", "www.", "www", "!", "?!", "…", "😡", "😡\u{200d}", "❤\u{fe0f}", "❤\u{301}",
        "1\u{fe0f}\u{20e3}", "\u{20e3}", "a@", "a@b.", "a@b", "@a.", "&amp;", "&#", "#&amp;", "<3", ":)", "(╯°□°", ")", "א",
        "\u{202e}", "aaa ", "ΑΣ", "Σ", "x_x", "^", "-", "🏽", "\u{e0067}", "'a", "日", "ༀ", " ", "ééé ", "#ΑΣ", "Σ ",
    ];
    for unit in units {
        for before in ["", "#A"] {
            let text = before.to_owned() + &unit.repeat(60_000 / unit.len());
            let start = Instant::now();
            let mut end = 0;
            analyzer.for_each_token(&text, |_, range| end = range.end);
            assert!(end <= text.len());
            assert!(start.elapsed() < Duration::from_secs(2), "{before}{unit}{unit}...");
        }
    }
}

proptest! {
    #[test]
    fn tokens_are_visible_and_in_order_and_nothing_visible_is_lost(
        text in "([:;()<>3xXDTo_'’.!?-]|[@#]?[a-zA-Z0-9]{1,3}|http://|&(amp|lt|#39|eacute);|[❤👍🏽🇫🇷\u{fe0f}\u{200d}\u{20e3}]|ooo+|[0-9$€%/:.,]{1,4}|a@b.example|\\PC| ){0,30}",
        split: bool,
        lowercase: bool,
    ) {
        let social = Social::default().split_hashtags(split);
        let analyzer = Analyzer::social().tokenizer(social).lowercase(lowercase).build().unwrap();
        let tokens = analyzer.tokenize(&text);
        let (mut start, mut end) = (0, 0);
        for token in &tokens {
            let range = token.range();
            prop_assert!(!token.text().is_empty() && !token.text().contains(char::is_whitespace), "{token:?}");
            prop_assert!(token.text().chars().any(is_visible), "{token:?}");
            prop_assert!(range.start >= start && range.start < range.end);
            prop_assert!(text.get(range.clone()).is_some());
            // Only parts of a token stand within it: the words of a hashtag, what marks a word as drawn out, two
            // characters of one entity of HTML.
            prop_assert!(range.start >= end || range.end <= end);
            if range.start > end {
                prop_assert!(!text[end..range.start].chars().any(is_visible), "{tokens:?}");
            }
            (start, end) = (range.start, end.max(range.end));
        }
        prop_assert!(!text[end..].chars().any(is_visible));

        let mut each = Vec::new();
        analyzer.for_each_token(&text, |token, range| each.push((token.to_owned(), range)));
        prop_assert!(tokens.iter().map(|t| (t.text().to_owned(), t.range())).eq(each));
    }

    #[test]
    fn words_are_those_of_the_naive_twin(words in collection::vec("([abAB]|é|É|哈|aaa|BbB|_|7){1,20}", 0..6), lowercase: bool) {
        let naive = words.iter().flat_map(|word| naive_word(word, lowercase)).collect::<Vec<_>>();
        let params = Analyzer::social().lowercase(lowercase);
        prop_assert_eq!(tokens(&params, &words.join(" ")), naive);
    }

    #[test]
    fn text_after_a_space_has_the_tokens_it_has_alone(a in "([:;()<>3xDTo_'.-]|[@#]?[a-z0-9]{1,3}|&amp;|[❤👍🏽🇫\u{200d}]|\\PC){0,8}", b in "([:;()<>3xDTo_'.-]|[@#]?[a-z0-9]{1,3}|&amp;|[❤👍🏽🇫\u{200d}]|\\PC){0,8}") {
        let params = Analyzer::social();
        let both: Vec<String> = [tokens(&params, &a), tokens(&params, &b)].concat();
        prop_assert_eq!(tokens(&params, &format!("{a}\n{b}")), both);
    }
}

/// A word of letters, digits and `_`, where no figure is possible, and `<elongated>` if need be.
fn naive_word(word: &str, lowercase: bool) -> Vec<String> {
    let mut token = if lowercase { word.to_lowercase() } else { word.to_owned() };
    let letters: BTreeSet<char> = token.chars().filter(|c| c.is_alphabetic()).collect();
    let drawn_out = letters.iter().any(|c| token.contains(&c.to_string().repeat(3)));
    for letter in letters {
        while token.contains(&letter.to_string().repeat(3)) {
            token = token.replace(&letter.to_string().repeat(3), &letter.to_string().repeat(2));
        }
    }
    iter::once(token).chain(drawn_out.then(|| "<elongated>".to_owned())).collect()
}

/// Not white space, not a control, a joiner or a selector.
fn is_visible(c: char) -> bool {
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
    let shows_nothing =
        matches!(c.general_category(), GeneralCategory::Control | GeneralCategory::Format);
    !c.is_whitespace() && !shows_nothing && !matches!(c, '\u{fe00}'..='\u{fe0f}')
}
