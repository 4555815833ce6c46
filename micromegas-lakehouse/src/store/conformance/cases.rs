//! The table of cases.

use super::suite::Case;
use super::{
    audit, completeness, filters, idempotence, insert_time, keys, leases, ledger, objects,
    ordering, paging, persistence, quarantine, removal, retirement, round_trip, sql_views, tenants,
};

macro_rules! cases {
    ($($area:ident { $($behaviour:ident),+ $(,)? })+) => {
        vec![$($(Case {
            name: concat!(stringify!($area), "::", stringify!($behaviour)),
            body: |subject| Box::pin($area::$behaviour(subject)),
        }),+),+]
    };
}

/// All cases.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn cases() -> Vec<Case> {
    cases! {
        completeness {
            every_order_of_arrival_ends_with_one_number,
            every_order_within_one_group_numbers_at_once,
            a_waiting_block_tells_what_it_waits_for,
            a_block_of_another_process_than_its_stream_is_never_complete,
            late_rows_number_waiting_blocks_in_order_of_arrival,
            waiting_blocks_are_numbered_before_the_blocks_of_the_group,
            concurrent_halves_are_numbered_exactly_once,
        }
        ordering {
            numbers_start_at_one_without_gaps,
            duplicates_use_no_number,
            a_refused_group_stores_nothing,
            numbers_appear_in_order_under_sixteen_writers,
            an_empty_group_changes_nothing,
            a_dropped_insert_leaves_all_or_nothing,
        }
        insert_time {
            a_group_has_one_time_and_the_next_a_later_one,
            times_have_whole_microseconds,
            a_late_block_has_the_time_of_its_number,
            a_range_of_time_is_a_range_of_the_sequence,
            the_snapshot_tells_the_time_of_the_newest_group,
        }
        idempotence {
            the_first_process_stays,
            the_first_stream_stays,
            the_first_block_stays,
            a_waiting_block_is_a_duplicate,
            a_duplicate_within_a_group_is_found,
            a_repeated_group_changes_nothing,
        }
        round_trip {
            a_process_comes_back_whole,
            a_stream_comes_back_whole,
            texts_of_every_character_come_back_whole,
            a_block_comes_back_whole,
            a_layout_is_found_by_its_hash,
            newest_blocks_move_processes_and_streams,
            what_is_not_there_is_none,
        }
        tenants {
            the_same_ids_live_apart,
            another_tenants_rows_complete_nothing,
            lists_read_the_union_of_the_tenants_asked_for,
            partitions_leases_and_quarantine_live_apart,
        }
        filters {
            blocks_by_id_stream_process_tag_and_range,
            streams_by_id_process_and_tag,
            processes_by_id,
            filters_take_thousands_of_ids,
        }
        paging {
            pages_of_processes_have_each_once,
            pages_of_streams_have_each_once,
            pages_of_blocks_have_each_once,
            pages_of_waiting_blocks_have_each_once,
            pages_of_quarantined_blocks_have_each_once,
            rows_inserted_between_pages_do_not_disturb,
        }
        ledger {
            a_partition_comes_back_whole,
            each_commit_is_a_new_version,
            visibility_follows_the_version,
            covered_blocks_are_refused,
            numbers_to_come_cannot_be_covered,
            coverage_of_other_views_does_not_count,
            coverage_is_compared_across_scopes,
            retiring_frees_coverage_within_one_commit,
            what_is_retired_cannot_be_retired_again,
            a_repeated_commit_already_exists,
            a_refused_commit_changes_nothing,
            malformed_commits_are_refused,
            one_of_many_rivals_wins,
            partitions_are_listed_by_view_and_scope,
        }
        retirement {
            retired_partitions_are_listed_by_age_and_deleted,
            visible_partitions_are_not_deleted,
        }
        leases {
            one_holder_at_a_time,
            an_expired_lease_goes_to_another_with_a_greater_epoch,
            a_released_lease_is_free_and_its_token_lost,
            a_lost_lease_refuses_renewal_and_commit,
            an_expired_lease_nobody_took_still_holds,
            renewal_extends,
            one_of_many_acquires,
        }
        objects {
            the_clock_is_not_before_the_newest_group,
            a_row_of_an_old_segment_is_refused_with_its_group,
            objects_without_a_row_are_found,
        }
        quarantine {
            a_block_is_quarantined_for_one_view,
            the_first_reason_stays,
            only_complete_blocks_are_quarantined,
            release_tells_whether_it_was_there,
        }
        keys {
            a_key_is_found_by_its_hash,
            an_identity_or_hash_is_taken_once,
            the_first_revocation_stays,
            a_key_revoked_by_many_is_revoked_once,
            keys_are_listed_by_tenant_in_pages,
            making_and_revoking_keys_is_audited,
        }
        audit {
            records_come_back_whole_and_in_order,
            keys_and_audit_survive_a_restart,
        }
        removal {
            tenants_are_listed,
            removed_blocks_are_gone_and_their_numbers_stay_given,
            an_object_is_reclaimable_with_its_last_row,
            no_row_is_made_for_an_object_that_is_being_deleted,
            only_idle_and_empty_processes_are_removed,
            a_forgotten_process_is_gone_and_stays_out,
            a_repeated_block_makes_its_segment_reclaimable,
            payloads_are_found_and_moved,
            removals_survive_a_restart,
        }
        sql_views {
            a_definition_comes_back_whole,
            a_name_is_taken_once_unless_it_is_replaced,
            versions_are_not_used_again,
            one_of_many_definers_wins,
            definitions_are_audited_and_survive_a_restart,
        }
        persistence {
            everything_survives_a_restart,
            counters_continue_after_a_restart,
        }
    }
}
