"""Whether a text is English. The rules of this engine read English only; other languages are quoted."""

from __future__ import annotations

import re
import unicodedata

from omoi_worker.engines.outline.verbs import CLASS_OF
from omoi_worker.engines.outline.words import FILLERS, word_set

_STRONG = word_set(
    "der das und eine einen einem einer eines für mit nicht soll sollen muss müssen wird werden wurde bei zum zur beim wenn "
    "ihr ihre ihren können kann auf nach aus vom als von dem beim alle hinzu "
    "les une dans avec doit doivent aux qui quand être peut peuvent sont ajouter ajoute ajoutez afficher affiche supprimer "
    "una unas unos cuando puede pueden debe deben añadir agregar agrega crear mostrar muestra enviar envía permitir "
    "gli della delle dei degli aggiungi aggiungere esporta invia mostra deve quando che "
    "uma não ao aos dos das pelo pela adicionar adicione exportar deveria "
    "och att ett lägg skicka när ska inte het een moet moeten voor naar wanneer niet voeg toon "
    "nie jest dla oraz przy się dodaj usuń bir ile için ekle zeige sende erlaube erstelle lösche hinzufügen anzeigen "
    "zurücksetzen exportieren"
)
"""Words of other languages that no English sentence needs."""

_WEAK = word_set(
    "die ein le la el des du del de est para por con com um il per van von en y et o e w na se ve i och på"
)
"""Words of other languages that are also names, or English."""

_SHARED = word_set(
    "a an in is so as also no me was will he or on do to all am at we my over under per via i e g i.e for"
)
_LOANS = word_set("café cafés résumé résumés naïve cliché façade décor protégé entrée fiancé jalapeño piñata exposé")


def is_english(text: str) -> bool:
    """Whether a text can be read as English; names and code alone count as English, an empty text too."""
    letters = [char for char in text if char.isalpha()]
    latin = sum("LATIN" in unicodedata.name(char, "") for char in letters)
    if letters and latin * 2 < len(letters):
        return False
    words = re.findall(r"[^\W\d_]+", re.sub(r"`[^`]*`|https?://\S+", " ", text))
    lower = [word.lower() for word in words]
    ours = sum(word in FILLERS and word not in _SHARED for word in lower)
    ours += sum(word in CLASS_OF for word in lower)
    theirs = 2 * sum(word in _STRONG for word in lower) + sum(word in _WEAK for word in lower)
    theirs += sum(
        2 * (not word.isascii() and word not in _LOANS and (not index or word == words[index]))
        for index, word in enumerate(lower)
    )
    return theirs < 2 or bool(theirs <= 2 * ours)
