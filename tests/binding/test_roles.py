from s1r_imaging.binding.roles import ROLE_SYNONYMS, ROLES, parse_role, role_in_place_of_compound


def test_every_listed_word_is_a_role_in_any_spelling() -> None:
    for role, words in ROLE_SYNONYMS.items():
        for word in words:
            assert {parse_role(word), parse_role(word.upper()), parse_role(f" {word.replace(' ', '-')} 2")} == {
                role
            }
    assert set(ROLES) < set(ROLE_SYNONYMS)
    assert len(sum(ROLE_SYNONYMS.values(), ())) == len(set(sum(ROLE_SYNONYMS.values(), ())))


def test_names_of_compounds_are_no_roles() -> None:
    for name in ("C", "standard", "SA4503", "haloperidol", "sample 3", "1,3-DTG"):
        assert role_in_place_of_compound(name) is None
