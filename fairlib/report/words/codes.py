"""What does a code in a table mean? Every status and every finding that reaches a page, in words.

The tests walk the lists of the library and the codes in its files, so that none can be added without words.
"""

import re
from functools import lru_cache

from fairlib.report.words.locale import Voice
from fairlib.report.words.reasons import criterion_name
from fairlib.rules import Contest

_MARKS_OUT = re.compile(
    r"(\d+) mark\(s\) left out(?:, set aside: (\w+))?(?:; perhaps ([^;]+))?"
    r"(?:; this juror did not mark: ([^;]+))?(?:; nobody marked: ([^;]+))?"
)
_FIRST_OF = re.compile(r"(read|taken) as (.+) \(the first of (\d+) in this column\)")
_SEVERAL = re.compile(r"(=.*) \((\d+) cells in this column\)", re.S)
_ALIKE = re.compile(r"(\S+) and (\S+), titles ([\d.]+) % alike(, organisations by name)?")


def plain(value: object) -> str:
    """A code as it stands in a table; nothing where it is missing."""
    return "" if value is None or value != value else str(value)


def status_words(status: object, say: Voice) -> str:
    """Why there is no number, or what to know of it; nothing where all is well."""
    told = plain(status).replace(" ", "_")
    return _statuses(say).get(told, told.replace("_", " "))


@lru_cache
def _statuses(say: Voice) -> dict[str, str]:
    return _of_marks(say) | _of_models(say) | _of_jurors(say)


def _of_marks(say: Voice) -> dict[str, str]:
    """What is there to work from."""
    one, none = say("one score only"), say("no marks")
    return {
        "ok": "", "tested": "", "agree": "",
        "one_score": one, "one_mark": one, "one_reader": one, "no_reader": none, "no_marks": none,
        "no_scored_mark": none, "unscored": none,
        "one_juror": say("one juror only"), "only_juror": say("one juror only"),
        "one_submission": say("one submission only"), "one_criterion": say("one criterion only"),
        "only_criterion": say("one criterion only"),
        "too_few": say("too few"), "too_few_jurors": say("fewer jurors than the rules ask for"),
        "too_few_common": say("too few submissions in common"), "no_pairs": say("no pairs to compare"),
        "no_usable_mark": say("only marks that this estimate cannot use"),
        "partial": say("some marks are missing: the score is taken over the other criteria"),
        "incomplete": say("needs a complete table"), "not_crossed": say("needs a complete table"),
        "disconnected": say("no chain of jurors links it with the rest"),
        "nothing_missing": say("no mark is missing"), "no_column": say("the marks do not say when they were given"),
        "one_day": say("everything was on one day"), "one_slot": say("everything of a day had the same slot"),
        "another_reader": say("wants another reader"),
        "all_below": say("marks differ, and all are worse than the mark from which that matters"),
        "withheld": say("withheld"), "not_eligible": say("not eligible"), "no_estimate": say("no estimate"),
        "unstated": say("the reason is not stated"),
    }  # fmt: skip


def _of_models(say: Voice) -> dict[str, str]:
    """What a computation can say of itself."""
    zero, open_ = say("a variance is estimated as zero"), say("the interval has no end on one side")
    return {
        "no_spread": say("no spread"), "no_variation": say("no spread"), "constant_juror": say("no spread"),
        "no_submission_variance": say("the submissions cannot be told apart by these marks"),
        "submission_variance_zero": say("the submissions cannot be told apart by these marks"),
        "juror_variance_zero": say("the jurors do not differ in severity beyond chance"),
        "both_variances_zero": say("neither submissions nor jurors differ beyond chance"),
        "residual_variance_zero": say("submission and juror explain the marks entirely"),
        "juror_variance_not_identified": say("severity cannot be told from chance by these marks"),
        "no_error_variance": say("jurors agree but for their severity"),
        "unbounded_low": open_, "boundary": zero, "negative_denominator": zero,
        "no_replication": say("nobody marked anything twice, so the error cannot be separated"),
        "range_restriction": say("chosen by an earlier round, so more alike than all who applied"),
        "not_reached": say("no number of jurors reaches it"),
        "not_identified": say("cannot be told from chance without second readings"),
        "marginal": say("estimated by the marginal likelihood"),
        "no_error": say("the marks leave no error to compute with"), "no_line": say("there is no line to draw"),
        "no_model": say("needs the estimates of severity"),
        "as_severity": say("drawn from the model of severity"),
        "not_estimable": say("what there is does not support the estimate"),
        "contradiction": say("these rules contradict each other"),
        "confounded": say("cannot be separated from something else by this design"),
        "extreme_high": say("best marks only"), "extreme_low": say("worst marks only"),
    }  # fmt: skip


def _of_jurors(say: Voice) -> dict[str, str]:
    """What the diagnostics of jurors say."""
    return {
        "talk": say("worth a conversation"), "significant": say("not by chance, but too small to matter"),
        "large": say("large, but it could be chance"), "quiet": say("nothing to talk about"),
        "own_organisation_marked": say("marked the own organisation"),
        "no_other_reader": say("nobody else read the same submissions"),
        "panel_without_spread": say("the other readers show no spread"),
        "cannot_tell": say("cannot be told apart from the other readers"),
        "consensus_is_noise": say("the other readers agree on nothing that could be followed"),
        "none_of_own": say("marked nothing of this kind"), "no_severity": say("severity was not estimated"),
        "scale_has_no_inner_marks": say("the scale has no marks in its middle"),
        "no_difference_to_test": say("there is no difference to test"),
        "not_computed": say("not computed"),
    }  # fmt: skip


def band_words(band: object, say: Voice) -> str:
    """How firm a decision is, from its probability."""
    words = {"clear_in": say("certain"), "open": say("open band"), "clear_out": say("certainly not")}
    return words.get(plain(band), plain(band))


def level_words(severity: object, say: Voice) -> str:
    """How grave a finding is."""
    words = {
        "error": say("a person must act"),
        "warning": say("look at it"),
        "info": say("repaired, provably"),
    }
    return words.get(plain(severity), plain(severity))


def finding_words(code: object, say: Voice) -> str:
    """What was found in a cell; an unknown code is shown with spaces."""
    return _findings(say).get(plain(code), plain(code).replace("_", " "))


@lru_cache
def _findings(say: Voice) -> dict[str, str]:
    of_files = _of_sheets(say) | _of_rows(say)
    return _of_text(say) | _of_numbers(say) | _of_identifiers(say) | _of_places(say) | of_files


def _of_text(say: Voice) -> dict[str, str]:
    invisible = say("invisible signs")
    return {
        "spaces": say("superfluous spaces"), "invisible": invisible, "invisible_char": invisible,
        "nfc": say("a letter written as two signs"),
        "look_alike": say("a letter of another alphabet that looks alike"),
        "mixed_script": say("a word of two alphabets"), "foreign_letters": say("letters of another alphabet"),
        "mojibake": say("letters from a wrong encoding"), "lossy": say("letters are lost"),
        "html": say("markup in the text"), "split_word": say("a word torn apart"),
        "unreadable": say("cannot be read"), "error_cell": say("an error value of the spreadsheet"),
        "encoding_uncertain": say("the encoding of the file is uncertain"),
        "stray_quotes": say("quotation marks out of place"),
        "two_addresses": say("two addresses in one cell"), "two_numbers": say("two numbers in one cell"),
        "comma_for_dot": say("a comma instead of a dot"),
    }  # fmt: skip


def _of_numbers(say: Voice) -> dict[str, str]:
    return {
        "decimal_comma": say("a decimal comma"), "unit": say("a unit beside the number"),
        "converted": say("converted from another unit"), "range": say("a range instead of a number"),
        "negative": say("a negative sum"), "other_currency": say("another currency"),
        "ambiguous_separator": say("a point or comma that could mean thousands"),
        "scientific_notation": say("a number that the spreadsheet shortened"),
        "date_for_mark": say("a date where a mark should be"), "not_a_mark": say("not a mark"),
        "in_words": say("a mark with words beside it"), "other_scale": say("a mark of another scale"),
        "order_of_column": say("day and month in the order of the whole column"),
        "off_scale": say("not on the scale"), "serial": say("a date as the spreadsheet counts days"),
        "no_such_date": say("there is no such date"), "ambiguous_order": say("day and month could be exchanged"),
        "year_assumed": say("a date without a year"), "clock_change": say("an hour that clocks skipped or repeated"),
        "abbreviated": say("an abbreviated date"), "percent": say("a mark in percent"),
        "percent_of_what": say("percent on a scale that does not end at 100"),
        "fractions": say("all marks of the column are between 0 and 1"),
    }  # fmt: skip


def _of_identifiers(say: Voice) -> dict[str, str]:
    return {
        "check_digit": say("the check digit of the BIN does not fit"),
        "month": say("the month in the BIN does not exist"),
        "type_digit": say("the type digit of the BIN does not exist"), "length": say("the BIN has not twelve digits"),
        "unusable_prefix": say("such a BIN is never issued"), "iin_in_bin_field": say("an IIN instead of a BIN"),
        "bin_in_iin_field": say("a BIN instead of an IIN"), "birth_date": say("the date of birth does not exist"),
        "attribute_digit": say("the sixth digit of the BIN is unusual"),
        "warn_entrepreneur": say("the BIN of an entrepreneur"), "warn_nonresident": say("the BIN of a non-resident"),
        "apostrophe": say("an apostrophe before the number"), "float_artifact": say("a number with a decimal point"),
        "label_in_value": say("the label stands in the cell too"),
        "leading_zero_lost": say("leading zeros are lost"), "letter_for_digit": say("a letter instead of a digit"),
        "non_ascii_digits": say("digits of another script"), "separators": say("separators between the digits"),
        "ok_undetectable": say("an error in one digit would not show"),
    }  # fmt: skip


def _of_places(say: Voice) -> dict[str, str]:
    return {
        "nomination_unknown": say("an unknown nomination"), "nomination_fuzzy": say("a nomination, nearly as named"),
        "region_unknown": say("an unknown place"), "region_fuzzy": say("a place, nearly as named"),
        "region_ambiguous": say("a place that there is in several regions"),
        "region_mismatch": say("place and region do not belong together"),
        "region_former": say("a region as it was then or is now"), "region_later": say("a region of a later day"),
    }  # fmt: skip


def _of_sheets(say: Voice) -> dict[str, str]:
    return {
        "sheet_without_form": say("a sheet without forms"), "sheet_without_scores": say("a sheet without scores"),
        "heading_near": say("a heading, nearly as named"), "heading_unknown": say("an unknown heading"),
        "criterion_absent": say("a criterion has no column"), "id_missing": say("no number of the submission"),
        "id_twice": say("a number of a submission twice"), "perhaps_resent": say("perhaps sent twice"),
        "earlier_version": say("marks for an earlier version of the form"),
        "not_in_round": say("a submission that is not in this round"),
        "unknown_submission": say("an unknown submission"), "unknown_juror": say("an unknown juror"),
        "unknown_criterion": say("an unknown criterion"), "repeated": say("the same mark again"),
        "marked_despite_conflict": say("marked despite a declared conflict of interest"),
        "own_organisation": say("a juror marked the own organisation"), "no_marks": say("no marks"),
        "set_aside": say("marks for a form that was set aside"),
        "conflict_unknown_juror": say("a declared conflict names an unknown juror"),
        "conflict_unknown_submission": say("a declared conflict names an unknown submission"),
        "sheet_hidden": say("a hidden sheet"), "totals_row": say("a row of totals"),
        "heading_two_rows": say("a heading in two rows"), "heading_repeated": say("two columns for the same field"),
        "id_absent": say("no column with the numbers of the submissions"),
        "juror_by_name": say("a juror known by name, not by id"),
        "juror_doubtful": say("the names of sheet and file are of different jurors"),
        "formula_without_value": say("a formula whose value was not saved"),
        "heading_below": say("a further row of headings"), "time_missing": say("no time of sending"),
        "times_unread": say("no cell of the column is a time"),
        "not_sent": say("a status that says: not sent, or taken back"),
        "seats_over_submissions": say("more seats than eligible submissions"),
        "layout_understood": say("how the sheets of marks were understood"),
    }  # fmt: skip


def _of_rows(say: Voice) -> dict[str, str]:
    """Whose marks, and about which submission."""
    return {
        "id_signs": say("a number of a submission in other signs or capitals"),
        "id_zeros": say("a number with other zeros or separators"),
        "id_with_title": say("number and title in one cell"),
        "id_by_title": say("a submission known by its title"),
        "title_of_another": say("the title beside the number is that of another submission"),
        "row_without_marks": say("a row that is none of marks"), "heading_again": say("the headings again"),
        "sheet_empty": say("a sheet that nobody filled"),
        "marks_copied": say("two jurors with all the same marks"),
        "marks_are_means": say("all marks are the means of the others' marks"),
        "juror_nearly": say("two names of jurors that are nearly one"),
        "rows_hidden": say("hidden rows"), "columns_hidden": say("hidden columns"),
        "cell_note": say("a note at a cell"), "column_without_heading": say("a column without a heading"),
    }  # fmt: skip


def done_words(done: object, contest: Contest, say: Voice) -> str:
    """What was done about a finding; what cannot be taken apart is shown as it stands."""
    told = plain(done)
    if told in (whole := _done(say)):
        return whole[told]
    if found := _MARKS_OUT.fullmatch(told):
        return _left_out(say.number(int(found[1])), found[2], found[3], say) + _gaps(found[4], found[5], say)
    if found := _FIRST_OF.fullmatch(told):
        n = say.number(int(found[3]))
        if found[1] == "taken":
            return say("taken as: {what} (the first of {n} in this column)", what=found[2], n=n)
        return say("read as: {what} (the first of {n} in this column)", what=mark_words(found[2], say), n=n)
    starts = {
        "read as ": lambda x: say("read as: {what}", what=mark_words(x, say)),
        "taken as ": lambda x: say("taken as: {what}", what=_field_words(x, contest, say)),
        "called ": lambda x: say("named: {what}", what=x),
        "numbered by row; give the column of ids a heading such as ": lambda x: say(
            "numbered by row; give the column of ids a heading such as {what}", what=x
        ),
        "counted for ": lambda x: say("counted for: {what}", what=x),
    }
    for start, told_as in starts.items():
        if told.startswith(start):
            return told_as(told.removeprefix(start))
    return told


def _gaps(mine: str | None, nobody: str | None, say: Voice) -> str:
    """To whom marks under a wrong number may belong."""
    told = [say("not marked by this juror: {ids}", ids=mine)] if mine else []
    told += [say("marked by nobody: {ids}", ids=nobody)] if nobody else []
    return "".join(f"; {t}" for t in told)


def _left_out(n: str, why: str | None, perhaps: str | None, say: Voice) -> str:
    """How many marks were left out, and what is known of it: why, or which submissions may be meant."""
    if why is not None:
        return say("marks left out: {n}; the form was set aside: {reason}", n=n, reason=aside_words(why, say))
    if perhaps is not None:
        return say("marks left out: {n}; perhaps meant: {ids}", n=n, ids=perhaps)
    return say("marks left out: {n}", n=n)


@lru_cache
def _done(say: Voice) -> dict[str, str]:
    """Sentences that are always the same."""
    return {
        "no value": say("taken as empty"), "repaired": say("repaired"), "not used": say("not used"),
        "look at it": say("look at it"), "left out": say("left out"), "no line is drawn": say("no line is drawn"),
        "the column is not used": say("the column is not used"), "it has no estimate": say("it has no estimate"),
        "its marks are missing": say("its marks are missing"),
        "the same mark again: counted once": say("counted once"),
        "recused: a conflict is declared": say("left out: a conflict of interest is declared"),
        "the marks count; add the pair to the conflicts file to leave them out":
            say("the marks count; add the pair to the conflicts file to leave them out"),
        "both kept; decide whether they are one project": say("both kept; decide whether they are one project"),
        "the conflict has no effect; correct the id": say("the conflict has no effect; correct the id"),
        "not read; unhide the sheet to have it read": say("not read; unhide the sheet to have it read"),
        "the marks count; ask whose they are": say("the marks count; ask whose they are"),
        "both count as jurors; if they are one, write the name alike, or give a list of jurors":
            say("both count as jurors; if they are one, write the name alike, or give a list of jurors"),
        "not read; unhide the rows, or take off the filter, to have them read":
            say("not read; unhide the rows, or take off the filter, to have them read"),
        "not read; unhide the columns to have them read": say("not read; unhide the columns to have them read"),
        "read as typed; were they percent?": say("read as typed; were they percent?"),
        "both rows are read as one heading": say("both rows are read as one heading"),
        "taken to be in time": say("taken to be in time"),
        "all forms of the sheet are taken to be in time; correct the column, or name another one":
            say("all forms of the sheet are taken to be in time; correct the column, or name another one"),
        "counted like every form; leave its row out if it was never sent":
            say("counted like every form; leave its row out if it was never sent"),
        "read as sheets: one sheet a juror, a row a submission, a column a criterion":
            say("read as: one sheet for each juror, a row for each submission, a column for each criterion"),
        "read as rows: a row for each juror and submission, a column a criterion":
            say("read as: a row for each juror and submission, a column for each criterion"),
        "read as long: a row a mark": say("read as: a row for each mark"),
        "read as wide: a row a submission, the jurors side by side":
            say("read as: a row for each submission, the jurors side by side"),
        "taken as empty; open the file in a spreadsheet program, save it and send it again":
            say("taken as empty; open the file in a spreadsheet program, save it and send it again"),
    }  # fmt: skip


def aside_words(reason: object, say: Voice) -> str:
    """Why a form was set aside."""
    words = {
        "test_row": say("a test row"), "empty": say("an empty form"),
        "early": say("sent before the window opened"), "late": say("sent after the window closed"),
        "resent": say("sent again: the kept form counts"),
    }  # fmt: skip
    return words.get(plain(reason), plain(reason))


def found_words(found: object, say: Voice) -> str:
    """What was found, as typed; two titles that are alike, and how much there was, in words."""
    told = plain(found)
    if rows := re.fullmatch(r"(\d+) row\(s\)", told):
        return say("rows: {n}", n=say.number(int(rows[1])))
    if cells := _SEVERAL.fullmatch(told):
        return say("{what} (cells in this column: {n})", what=cells[1], n=say.number(int(cells[2])))
    alike = _ALIKE.fullmatch(told)
    if not alike:
        return told
    said = say("{first} and {second}, titles alike: {share}", first=alike[1], second=alike[2],
               share=say.percent(float(alike[3]) / 100))  # fmt: skip
    same_name = say("the organisations have one name")
    return f"{said}; {same_name}" if alike[4] else said


def mark_words(value: str, say: Voice) -> str:
    """Why there is no mark; anything else as it is."""
    words = {"recused": say("recused"), "abstained": say("abstained"), "missing": say("no mark")}
    return words.get(value, value)


def _field_words(field: str, contest: Contest, say: Voice) -> str:
    """A column of the form, a criterion, or any other name."""
    words = {
        "submission": say("number of the submission"), "sent_at": say("time of sending"),
        "organisation": say("organisation"), "legal_form": say("legal form"), "bin": say("BIN"),
        "nomination": say("nomination"), "title": say("title of the project"), "summary": say("summary"),
        "region": say("region"), "place": say("place"), "requested": say("requested sum"),
        "own_funds": say("own funds"), "duration": say("duration"), "links": say("links"),
        "contact_person": say("contact person"), "phone": say("telephone"), "email": say("e-mail"),
        "consent": say("consent to publication"), "first_time": say("takes part for the first time"),
        "status": say("status of the form"),
        "comment": say("comment"), "day": say("day"), "slot": say("slot"), "juror": say("juror"),
        "criterion": say("criterion"), "score": say("mark"),
    }  # fmt: skip
    return words.get(field) or criterion_name(field, contest, say)
