//! What every engine has to keep, run on SQLite and on PostgreSQL.
//!
//! `cargo xtask test` starts a PostgreSQL and sets `WUFEI_TEST_POSTGRES_URL`; without it the PostgreSQL half fails.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "clippy knows test functions only, not what they call")]

mod audit;
mod concurrency;
mod cosigning;
mod integrity;
mod log;
mod pages;
mod requests;
mod revisions;
mod rows;
mod samples;
mod world;

use world::World;

macro_rules! contract {
    ($($module:ident :: { $($case:ident),+ $(,)? })+) => {
        mod sqlite {
            $($(
                #[tokio::test]
                async fn $case() {
                    let world = super::World::sqlite().await;
                    super::$module::$case(&world).await;
                    world.end().await;
                }
            )+)+
        }
        mod postgres {
            $($(
                #[tokio::test]
                async fn $case() {
                    let world = super::World::postgres().await;
                    super::$module::$case(&world).await;
                    world.end().await;
                }
            )+)+
        }
    };
}

contract! {
    cosigning::{
        each_witness_has_one_line_under_a_checkpoint,
        the_smallest_witnessed_tree_over_an_entry_is_found,
        a_witness_goes_on_from_what_it_cosigned_only,
        two_who_go_on_at_one_time_do_not_both_succeed,
        a_leaf_of_the_open_write_can_be_read,
    }
    requests::{
        a_replay_returns_the_first_response,
        another_body_under_the_same_request_id_is_detected,
        another_method_under_the_same_request_id_is_detected,
        two_principals_may_use_one_request_id,
        a_taken_request_id_is_refused,
    }
    log::{
        a_log_without_a_head_is_unknown,
        a_dropped_write_leaves_nothing,
        a_failed_step_cannot_be_committed,
        entries_without_a_signed_head_cannot_be_committed,
        a_leaf_with_another_hash_is_refused,
        entries_are_read_from_any_index,
        what_stands_beside_a_leaf_is_kept,
        the_note_of_every_commit_can_be_found_again,
        a_write_reads_what_it_holds_back,
        what_a_batch_expects_changes_no_answer,
        tree_nodes_of_every_level_are_found,
        hash_only_entries_keep_the_tree,
        logs_do_not_touch_each_other,
        what_was_committed_survives_reopening,
        follow_states_are_replaced,
    }
    revisions::{
        a_correction_closes_the_revision_before,
        a_write_reads_the_revisions_that_it_goes_on_from,
        as_of_finds_what_was_known,
        a_view_of_log_sizes_is_repeatable,
        an_origin_outside_the_view_contributes_nothing,
        a_name_twice_in_one_entry_makes_two_revisions,
        an_entry_is_applied_once,
        names_of_other_departments_are_refused,
        changes_come_in_log_order,
        revisions_come_newest_first,
    }
    rows::{
        every_part_of_a_figure_comes_back,
        every_part_of_a_funding_line_comes_back,
        every_part_of_a_resource_comes_back,
        decimals_of_28_digits_are_exact,
        times_are_kept_to_the_microsecond,
        a_batch_of_a_thousand_is_one_entry,
        rules_see_the_write_they_are_part_of,
        counts_are_of_current_rows,
    }
    pages::{
        pages_are_complete_and_in_byte_order,
        a_new_row_behind_the_page_moves_nothing,
        filters_select_by_every_part_of_the_key,
        counties_are_included_on_request,
        funding_lines_are_selected_by_year,
        resources_are_selected_by_collection,
        a_limit_is_cut_to_the_largest_page,
    }
    audit::{
        the_audit_log_is_kept_apart,
        a_locked_node_does_not_hold_up_its_audit_log,
        several_processes_may_open_an_audit_log_at_once,
        every_head_extends_those_before,
        forgotten_leaves_leave_their_hashes,
    }
    concurrency::{
        concurrent_writers_lose_no_index,
        readers_go_on_while_writers_queue,
        several_processes_may_open_at_once,
    }
    integrity::{
        rebuilding_gives_identical_rows,
        a_failed_rebuild_changes_nothing,
        a_rebuild_refuses_an_altered_leaf,
        a_sound_log_passes_the_check,
        the_check_names_an_altered_leaf,
        the_check_names_a_missing_entry,
        the_check_names_a_wrong_tree_node,
        the_check_finds_a_leaf_replaced_with_its_hash,
        the_check_finds_entries_beyond_the_head,
        a_damaged_right_edge_stops_writers,
        errors_show_no_sql,
    }
}

mod laws {
    use proptest::{collection::vec, prelude::*};

    use super::{World, log};

    fn run(batches: &[Vec<u8>], open: impl AsyncFnOnce() -> World) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = open().await;
            log::appending_keeps_the_tree(&world, batches).await;
            world.end().await;
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

        #[test]
        fn appending_keeps_the_tree_equal_to_a_recomputation_on_sqlite(batches in vec(vec(any::<u8>(), 0..80), 1..5)) {
            run(&batches, World::sqlite);
        }

        #[test]
        fn appending_keeps_the_tree_equal_to_a_recomputation_on_postgres(batches in vec(vec(any::<u8>(), 0..80), 1..5)) {
            run(&batches, World::postgres);
        }
    }
}
