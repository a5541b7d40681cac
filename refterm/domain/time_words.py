"""The words of times in English and Spanish, and the common form in which the grammar of `times.py` reads them."""

from __future__ import annotations

import re

from refterm.text import fold

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _words(table: str) -> dict[str, str]:
    """`week: w wk weeks, day: d days` as a map from each word to the common one, itself included."""
    found = {}
    for line in table.replace("\n", ",").split(","):
        common, _colon, others = line.partition(":")
        for word in (common.strip(), *others.split()):
            found[word] = common.strip()
    return found


# Words that only join others are left out; a word of two meanings stands in _DOUBLE.
_ENGLISH = _words(
    """day: d days, week: w wk wks weeks, month: m mo mos mth months, quarter: qtr quarters, year: y yr yrs years
    hour: h hr hrs hours, min: mins minute minutes
    mon: monday mondays, tue: tues tuesday, wed: weds wednesday, thu: thur thurs thursday, fri: friday, sat: saturday
    sun: sunday, jan: january, feb: february, mar: march, apr: april, jun: june, jul: july, aug: august
    sep: sept september, oct: october, nov: november, dec: december
    today, tomorrow: tmr tomorow tmrw, overmorrow, yesterday, this: current, next: coming, last: previous past
    end, start: beginning begin early, mid: middle, at, noon: midday, -: to till and, q
    1: one a an, 2: two, 3: three, 4: four, 5: five, 6: six, 7: seven, 8: eight, 9: nine, 10: ten, 12: twelve
    1 st: first, 2 st: second, 3 st: third, 4 st: fourth, st, in: within, ago, am, pm, weekend
    end year: eoy, end month: eom, end quarter: eoq, end week: eow"""
) | dict.fromkeys(("the", "of", "on", "by", "between", "from", "until"), "")
_SPANISH = _words(
    """day: d dia dias, week: sem semana semanas w, month: m mes meses, quarter: trim trimestre trimestres
    year: ano anos, hour: h hora horas, min: mins minuto minutos
    mon: lun lunes, tue: martes, wed: mie mier miercoles, thu: jue jueves, fri: vie viernes, sat: sab sabado
    sun: dom domingo, jan: ene enero, feb: febrero, mar: marzo, apr: abr abril, may: mayo, jun: junio, jul: julio
    aug: ago agosto, sep: sept septiembre set setiembre, oct: octubre, nov: noviembre, dec: dic diciembre
    today: hoy, tomorrow: manana, overmorrow, yesterday: ayer, this: este esta, next: proximo proxima proximos proximas siguiente
    last: ultimo ultima ultimos ultimas pasado pasada, end: fin final finales, start: inicio principio principios comienzo
    mid: mediados, at, noon: mediodia, -: a y, q: t
    1: un una uno, 2: dos, 3: tres, 4: cuatro, 5: cinco, 6: seis, 7: siete, 8: ocho, 9: nueve, 10: diez, 12: doce
    1 st: primer primero, 2 st: segundo, 3 st: tercer tercero, 4 st: cuarto, st, in: en dentro, ago_before: hace
    am, pm, weekend"""
) | dict.fromkeys(("de", "del", "el", "la", "los", "las", "al", "entre", "desde", "hasta", "para"), "")
_WORDS = {"en": _ENGLISH, "es": _SPANISH}
# A word of a language that means two things: `mar` is Tuesday and March.
_DOUBLE = {"es": {"mar": ("tue", "mar")}, "en": {}}
_PHRASES = {
    "en": (("day after tomorrow", "overmorrow"),),
    "es": (
        ("pasado manana", "overmorrow"),
        ("antes de ayer", "hace 2 dias"),
        ("anteayer", "hace 2 dias"),
        ("fin de semana", "weekend"),
        ("a las", "at"),
        ("a la", "at"),
        ("que viene", "proximo"),
    ),
}
_TOKEN = re.compile(r"[0-9]+|[^\W0-9_]+|[^\w\s]")
_DASHES = str.maketrans("–—−", "---")
# The longest that is looked at; no time takes so many letters.
LONGEST = 60


def forms(text: str, language: str) -> list[str]:
    """A text in the common form: `1–3 meses` as `1 - 3 month`; several where one of its words means two things."""
    if len(text) > LONGEST:
        return []
    plain = fold(text.translate(_DASHES)).replace(",", " ")
    for phrase, other in _PHRASES[language]:
        plain = re.sub(rf"\b{phrase}\b", other, plain)
    plain = re.sub(r"(?<=[0-9])(st|nd|rd|th|er|do|ro|to|o)\b", " st", plain)
    plain = re.sub(r"\b([ap])\. ?m\b\.?", r"\1m", plain)
    words, double = _WORDS[language], _DOUBLE[language]
    found = [""]
    for token in _TOKEN.findall(plain):
        meanings = double.get(token) or (words.get(token, token),)
        found = [f"{form} {meaning}" if meaning else form for form in found for meaning in meanings]
    return [_ordered(form.strip()) for form in found]


def _ordered(form: str) -> str:
    """The words in the order of the grammar: `month next` as `next month`, `3 day ago` as `- 3 day`."""
    form = re.sub(r"^- (?=end|start|mid)", "", form)  # `a finales de mes`
    form = re.sub(r"\bin (?=[0-9])", "+ ", form)
    form = re.sub(r"\bin ", "", form)
    form = re.sub(r"^ago_before (.+)$", r"- \1", form)
    form = re.sub(r"^([0-9]+ [a-z]+) ago$", r"- \1", form)
    form = re.sub(r"^(-|\+) (?=[+-])", "", form)
    name = "|".join((*WEEKDAYS, *MONTHS, "week", "month", "quarter", "year", "weekend"))
    form = re.sub(rf"\b({name}) (next|last)\b(?! [0-9])", r"\2 \1", form)
    return re.sub(r"^(week|month|quarter|year) end$", r"end \1", form)
