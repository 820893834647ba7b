"""Ways in which a web page, a container or another program could use the local cloud to own this machine, tried out.

`python -m tests.e2e.cloud.attacks CHECKOUT` tries them on the local cloud of another checkout, such as one of before;
test_attacks.py tries them on this one's. Each returns what it achieved, or None when it was held off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.e2e.cloud.attacks import calls, machine, registry
from tests.e2e.cloud.attacks.target import IMAGE, REGION, Target

__all__ = ["ATTACKS", "IMAGE", "REGION", "Target"]

ATTACKS: Mapping[str, Callable[[Target], str | None]] = {
    "a web page reads an answer across origins": calls.a_page_reads_across_origins,
    "a web page gets leave for headers of its own (CORS preflight)": calls.a_page_asks_for_leave_to_sign,
    "a web page calls ECS": calls.a_page_lists_clusters,
    "a web page rebinds its name to the local cloud": calls.a_page_rebinds_its_name,
    "a signed request for a foreign Host": calls.a_signed_request_for_another_name,
    "a call without credentials": calls.without_credentials,
    "the secret that everybody knows": calls.guessed_credentials,
    "another checkout's secret": calls.another_checkouts_credentials,
    "another account's number with one's own secret": calls.another_accounts_number,
    "a signature with another body": calls.a_signature_with_another_body,
    "a signature of an hour ago": calls.a_signature_of_an_hour_ago,
    "a presigned address that was changed": calls.a_presigned_address_that_was_changed,
    "a job's token that nobody signed": calls.a_token_that_nobody_signed,
    "another service behind the open metadata path": calls.another_service_behind_an_open_path,
    "who serves, and from which folder": calls.who_serves_and_from_where,
    "credentials for the asking": calls.credentials_for_the_asking,
    "the emulator's own settings": calls.ministacks_own_settings,
    "the registry's images without a login": registry.images_without_login,
    "a push to the registry without a login": registry.a_push_without_login,
    "the registry's images with a guessed login": registry.images_with_a_guessed_login,
    "the registry's images from a container": registry.images_from_a_container,
    "a layer's address, changed to another layer": registry.one_layers_address_for_another,
    "a task with a folder of the machine": machine.a_folder_of_the_machine,
    "a task with Docker's socket": machine.dockers_own_socket,
    "a privileged task": machine.a_privileged_container,
    "a task with SYS_ADMIN": machine.an_added_capability,
    "a task in the machine's network": machine.the_machines_network,
    "a task among the machine's processes": machine.the_machines_processes,
    "a load balancer in front of the machine's loopback": machine.the_loopback_behind_a_load_balancer,
    "a topic that calls the machine's loopback": machine.the_loopback_behind_a_topic,
    "a Lambda function as a process of the machine": machine.a_function_on_the_machine,
}
