//! Every bad input that Bellwether answers for, by its number: what it is, and which tests send it, or why none can yet.

use std::{fs, path::Path};

/// What keeps a promise about an input.
enum Kept {
    /// Tests of these names.
    By(&'static [&'static str]),
    /// Nothing takes such an input yet.
    NotYet(&'static str),
}
use Kept::{By, NotYet};

/// The inputs B1 to B53 in order.
const CONTRACT: [(&str, &str, Kept); 53] = [
    (
        "B1",
        "probabilities that are none",
        By(&[
            "b1_start_probability_that_is_none",
            "b1_b9_evidence_with_values_it_cannot_have",
            "b1_b2_b3_starts_that_are_no_probability",
            "b1_b2_b3_probabilities_as_yaml_and_other_alphabets_write_them",
        ]),
    ),
    (
        "B2",
        "probabilities at the edge",
        By(&[
            "b2_start_probability_at_the_edge",
            "b1_b2_b3_starts_that_are_no_probability",
            "b1_b2_b3_probabilities_as_yaml_and_other_alphabets_write_them",
        ]),
    ),
    (
        "B3",
        "decimals as other countries write them",
        By(&[
            "b3_decimals_as_other_countries_write_them",
            "b3_b22_values_that_cannot_be_taken_stand_beside_their_field",
        ]),
    ),
    ("B4", "malformed JSON", By(&["b4_malformed_json", "b4_b8_b9_b10_what_a_program_with_a_token_sends"])),
    ("B5", "deep JSON", By(&["b5_deep_json", "b4_b8_b9_b10_what_a_program_with_a_token_sends"])),
    (
        "B6",
        "large, endless and lying bodies",
        By(&["b6_large_endless_and_lying_bodies", "a_body_that_never_ends_in_time_is_given_up"]),
    ),
    ("B7", "compressed bodies", By(&["b7_compressed_bodies"])),
    (
        "B8",
        "wrong content types",
        By(&[
            "b8_wrong_content_type",
            "b8_b17_headers_sent_twice_or_in_other_letters",
            "b4_b8_b9_b10_what_a_program_with_a_token_sends",
        ]),
    ),
    (
        "B9",
        "fields that nobody may write",
        By(&[
            "b9_fields_that_nobody_may_write",
            "b9_fields_hidden_in_yaml_and_in_depth",
            "b9_forms_of_people_take_what_they_ask_and_no_more",
            "b9_the_forms_of_claims_and_evidence_take_what_they_ask_and_no_more",
            "b4_b8_b9_b10_what_a_program_with_a_token_sends",
        ]),
    ),
    (
        "B10",
        "titles and names that say nothing or deceive",
        By(&[
            "b10_titles_that_say_nothing_or_deceive",
            "b10_titles_that_are_none",
            "b10_names_that_cannot_be_read_or_deceive",
            "b4_b8_b9_b10_what_a_program_with_a_token_sends",
        ]),
    ),
    (
        "B11",
        "deadlines that are none",
        By(&[
            "b11_deadlines_that_are_none",
            "b10_b11_titles_and_deadlines_that_are_none",
            "b11_b12_deadlines_in_other_alphabets_and_types",
        ]),
    ),
    (
        "B12",
        "windows that end before they begin, or never",
        By(&[
            "b12_windows_that_end_before_they_begin_or_never",
            "b11_b12_deadlines_in_other_alphabets_and_types",
        ]),
    ),
    ("B13", "forecasts on claims that take none", By(&["b1_b2_b3_b9_b13_b17_forecasts_that_are_none"])),
    (
        "B14",
        "ids of nothing",
        By(&[
            "b14_ids_of_nothing",
            "b14_ids_in_other_clothes",
            "b14_b15_ids_and_filters_that_mean_nothing",
            "b14_people_tokens_and_links_that_are_not_there",
        ]),
    ),
    (
        "B15",
        "filters that do not exist",
        By(&[
            "b15_filters_that_do_not_exist",
            "b15_filters_of_the_other_lists",
            "b15_numbers_of_pages_in_other_alphabets",
            "b14_b15_ids_and_filters_that_mean_nothing",
        ]),
    ),
    ("B16", "searches that are no words", By(&["b16_searches_that_are_no_words"])),
    (
        "B17",
        "one key, two requests",
        By(&["b17_one_key_two_requests", "b17_a_request_that_a_crash_cut_off_can_be_sent_again"]),
    ),
    ("B18", "fifty at once with one key", By(&["b18_fifty_at_once_are_one"])),
    ("B19", "edits of a version that is gone", By(&["b19_edits_of_a_version_that_is_gone"])),
    (
        "B20",
        "markup that runs",
        By(&[
            "b20_b24_nothing_that_is_written_runs",
            "b20_markup_is_text",
            "b20_b24_markup_stays_text_in_every_page_and_drawing",
        ]),
    ),
    (
        "B21",
        "markup that explodes",
        By(&["b21_markdown_that_explodes", "b21_texts_of_markup_alone_are_shown_in_time"]),
    ),
    (
        "B22",
        "links that lead elsewhere",
        By(&[
            "b22_links_that_lead_elsewhere",
            "b22_links_that_lead_nowhere_good",
            "b22_a_name_in_another_script_stands_in_its_plain_form",
        ]),
    ),
    (
        "B23",
        "cells that a spreadsheet would compute",
        By(&[
            "b23_cells_that_look_like_formulas",
            "b23_cells_that_a_spreadsheet_would_compute_are_neutral",
            "b23_b24_names_that_mean_something_elsewhere_stay_names",
        ]),
    ),
    (
        "B24",
        "texts that close what they stand in",
        By(&[
            "b24_titles_that_close_what_they_stand_in",
            "b20_b24_nothing_that_is_written_runs",
            "b23_b24_names_that_mean_something_elsewhere_stay_names",
        ]),
    ),
    ("B25", "e-mail addresses that are none", NotYet("no e-mail is sent yet")),
    ("B26", "line ends in the head of an e-mail", NotYet("no e-mail is sent yet")),
    (
        "B27",
        "addresses to go on to that lead out",
        By(&["b27_no_way_in_leads_out", "b27_only_paths_of_this_server_are_led_to"]),
    ),
    (
        "B28",
        "addresses that lead inside",
        By(&[
            "b28_spellings_of_inward_addresses",
            "b28_a_listener_on_loopback_sees_nothing",
            "b28_b36_documents_that_cannot_be_meant_are_told_by_their_key",
        ]),
    ),
    ("B29", "names that turn inward when they are asked again", By(&["b29_rebinding_never_reaches_inside"])),
    (
        "B30",
        "redirects inward and without end",
        By(&[
            "b30_redirects_inward_are_not_followed",
            "b30_too_many_redirects",
            "b30_redirects_are_checked_like_first_addresses",
        ]),
    ),
    ("B31", "webhooks that cannot be", NotYet("there are no webhooks yet")),
    ("B32", "tokens of confirmations by e-mail", NotYet("no e-mail is sent yet")),
    ("B33", "one address subscribed a hundred times", NotYet("nobody can subscribe yet")),
    ("B34", "places in a stream of events that are none", NotYet("there is no stream of events yet")),
    ("B35", "thresholds that mean nothing", NotYet("nobody can subscribe yet")),
    (
        "B36",
        "sources that cannot be read",
        By(&[
            "b36_sources_that_cannot_be_read",
            "b36_b45_source_documents_that_explode",
            "b28_b36_documents_that_cannot_be_meant_are_told_by_their_key",
        ]),
    ),
    (
        "B37",
        "wrong credentials, and too little right",
        By(&[
            "b37_wrong_credentials_are_401_and_too_little_is_403",
            "b37_what_is_revoked_expired_or_another_s",
        ]),
    ),
    (
        "B38",
        "changes that another page sends",
        By(&[
            "b38_changes_that_another_page_could_send",
            "s2_no_change_comes_from_another_site_or_by_reading",
        ]),
    ),
    (
        "B39",
        "guessed passwords",
        By(&[
            "b39_guessing_is_answered_alike_and_soon_not_at_all",
            "s1_signing_in_gives_a_new_session_and_signing_out_ends_it",
        ]),
    ),
    (
        "B40",
        "hosts and methods that are not ours",
        By(&["b40_names_and_methods_that_are_not_ours", "only_its_own_names_are_answered_for"]),
    ),
    (
        "B41",
        "requests that two programs read differently",
        By(&["b41_requests_that_two_programs_read_differently"]),
    ),
    ("B42", "paths that lead outside or nowhere", By(&["b42_paths_that_lead_outside_or_nowhere"])),
    ("B43", "wishes that cannot be met", By(&["b43_wishes_that_cannot_be_met"])),
    ("B44", "files to import", By(&["b44_files_of_forecasts_that_are_none"])),
    (
        "B45",
        "YAML that explodes or means another type",
        By(&[
            "b45_hostile_yaml",
            "b36_b45_source_documents_that_explode",
            "a_rule_that_nothing_can_answer_is_refused_beside_it",
        ]),
    ),
    (
        "B46",
        "pages that are no table",
        By(&[
            "b46_answers_that_are_no_table",
            "b46_b47_pages_are_tried_without_harm",
            "b46_samples_that_are_no_table_are_told_and_save_nothing",
        ]),
    ),
    (
        "B47",
        "figures that are no numbers",
        By(&["b46_b47_pages_are_tried_without_harm", "b47_numbers_are_exact_or_listed"]),
    ),
    (
        "B48",
        "outcomes that cannot be decided",
        By(&["b48_outcomes_that_cannot_be_decided", "b48_outcomes_that_cannot_be_proposed"]),
    ),
    (
        "B49",
        "objections that are none or come too late",
        By(&["b49_objections_that_are_none_or_come_too_late"]),
    ),
    (
        "B50",
        "a second set-up, fifty at once, weak passwords",
        By(&["b50_one_set_up_and_one_admin", "s16_the_set_up_route_is_gone_once_it_was_used"]),
    ),
    (
        "B51",
        "settings that cannot be",
        By(&[
            "b51_mistakes_are_one_line_that_names_the_option",
            "b51_a_setting_that_does_not_exist_is_found",
            "b51_a_database_of_a_newer_program_is_left_alone",
        ]),
    ),
    (
        "B52",
        "charts of nothing",
        By(&[
            "b52_charts_of_nothing",
            "b52_charts_of_impossible_instants",
            "b52_bad_windows_and_numbers_are_refused_by_name",
        ]),
    ),
    (
        "B53",
        "files and inputs that a command cannot read",
        By(&[
            "b53_files_that_cannot_be_read",
            "b53_every_command_that_reads_a_file_names_the_one_it_cannot_read",
            "b53_a_closed_input_and_a_closed_output_are_no_crash",
            "b53_a_closed_standard_input_is_no_matter",
            "b53_tokens_of_nobody_and_of_no_database",
            "b53_mistakes_in_the_call_exit_with_2_and_say_what_to_do",
        ]),
    ),
];

/// All Rust sources below a folder, this file left out.
fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("bad_input/contract.rs") {
            all.push_str(&fs::read_to_string(&path).expect("a source"));
        }
    }
}

#[test]
fn every_bad_input_has_its_test_or_its_reason() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crates");
    let mut all = String::new();
    sources(crates, &mut all);
    for (place, (id, what, kept)) in CONTRACT.iter().enumerate() {
        assert_eq!(*id, format!("B{}", place + 1), "{what}: none is missing");
        match kept {
            NotYet(why) => assert!(!why.is_empty(), "{id}"),
            By(tests) => {
                assert!(!tests.is_empty(), "{id}: {what}");
                for test in *tests {
                    let found = all
                        .find(&format!("fn {test}("))
                        .unwrap_or_else(|| panic!("{id}: there is no {test}"));
                    let before = all[..found].trim_end().trim_end_matches("async").trim_end();
                    assert!(before.ends_with(']'), "{id}: {test} is no test");
                }
            }
        }
    }
}
