"""Which tests `make test` leaves out, for CI must answer in a quarter of an hour: `make stress` runs them.

Each breaks in one more way, or in one more mode, what another test that stays breaks already. Others have the mark
`stress` themselves.
"""

from __future__ import annotations

ALSO_STRESS = (
    # The demo's faults are all alike to it: two stay.
    *(
        f"test_demo.py::test_every_fault_is_caught[{fault}]"
        for fault in ("slow-payment", "wrong-price", "js-error", "late-code", "wrong-language", "api-500")
    ),
    "test_demo.py::test_deliveries_are_measured[Buy a kettle",
    "test_demo.py::test_ctrl_c_ends_everything[15]",
    "test_demo.py::test_the_demo_passes_in_a_hostile_folder",
    "test_last_good.py::test_each_fault[dead-pay-button",
    "test_last_good.py::test_each_fault[api-500",
    "test_last_good.py::test_a_bad_run_leaves_the_good_one_as_it_is[-n2]",
    "test_last_good.py::test_each_variant",
    "test_shared_ledger.py::test_another_machine_removes_what_a_dead_one_left[alone]",
    "test_no_secret_leaks.py::test_no_secret_leaves[uncaptured]",
    "test_no_secret_leaks.py::test_no_secret_leaves[captured]",
    "test_videos.py::test_a_film_is_withheld_where_a_secret_may_be_seen[one process]",
    "test_page_claims.py::test_a_flood_on_the_console",
    "test_evidence.py::test_always_never",
    "test_evidence.py::test_pages_out_of_their_mind",
    "test_cleanup.py::test_kill_in_the_middle_of_a_purchase[alone]",
    "test_covered_pictures.py::test_without_it",
    "test_shared_leases.py::test_six_processes",
    "test_shared_browser.py::test_a_run_that_asks_for_another_browser_gets_it[environment]",
    "test_remote_browsers.py::test_a_journey_runs_in_the_region_s_own_browser[cdp",
    "test_smtp_sink.py::test_a_large_mail",
    "test_history_processes.py::test_many_lines",
    "test_watch_faults.py::test_what_a_machine_does",
    "test_examples.py::test_traffic_of_one_region",
    "test_exports.py::test_the_heartbeat_is_called",
    "test_exports.py::test_the_journeys_of_a_folder",
    "test_shared_browser.py::test_a_region_s_proxy",
    "test_shared_browser.py::test_a_run_that_asks_for_another_browser_gets_it[options]",
    "test_shared_leases.py::test_a_holder_that_stood_still",
    "test_doctor.py::test_an_inbox_that_listens",
    "test_demo.py::test_deliveries_are_measured[Sign up",
    "test_demo.py::test_every_fault_is_caught[blank-page]",
    "test_last_good.py::test_a_bad_run_leaves_the_good_one_as_it_is[-n0]",
    "test_evidence.py::test_a_broken_promise",
    "test_regions.py::test_a_proxy_that_refuses",
    "test_run.py::test_what_is_interrupted_is_recorded[2]",
    "test_fleet.py::test_who_is_refused",
    "test_watch_faults.py::test_journeys_of_all_kinds_and_edits",
    "test_shared_browser.py::test_nothing_of_a_run_is_seen_by_the_next",
    "test_shared_browser.py::test_a_browser_that_is_gone_breaks_one_run_and_no_other[test_stopped]",
    "test_shared_browser.py::test_the_guard_refuses_as_ever",
    "test_exports.py::test_a_cron_that_knows_no_zone",
    "test_fleet.py::test_while_the_broker_is_away",
    "test_demo_watch.py::test_ctrl_c_ends_everything",
    "test_demo.py::test_every_fault_is_caught[lost-code]",
    "test_examples.py::test_sms_twilio[workers]",
    "test_smtp_sink.py::test_a_mail_comes[workers]",
    "test_last_good.py::test_a_degraded_run_says_which_step_takes_longer[warn]",
    "test_metrics_push.py::test_workers_push_through_the_controller",
    "test_init.py::test_the_first_journey_passes[/fr/]",
    "test_agenda.py::test_three_days_of_trouble",  # two days of a few stay
    "test_fleet.py::test_schedulers_that_die",
)
