"""What a guess at a kept password costs."""

import runpy

from crawler.service.console import passwords


def test_a_kept_password_costs_a_guess_sixty_four_megabytes_and_three_passes() -> None:
    as_it_comes = runpy.run_path(passwords.__file__)  # in the other tests it is made cheap

    kept = as_it_comes["hash_of"]("correct horse 9")

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert as_it_comes["fits"](kept, "correct horse 9")
    assert not as_it_comes["fits"](kept, "correct horse 8")
    assert not as_it_comes["is_dated"](kept)
