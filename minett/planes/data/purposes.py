"""The closed list of purposes a policy may allow, with their meaning in law. It grants nothing.

The articles: Regulation (EU) 2024/1689 (AI Act), Article 3, points 29, 30 and 32; Regulation (EU) 2016/679
(GDPR), Articles 5(1)(b) and 89, recitals 49, 159 and 162.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minett.kernel.content import Text


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: `code` is stored, `title` names it for people, `meaning` says what it covers in law."""

    code: str
    title: Text
    meaning: Text


_ALL = (
    Purpose(
        "model-training",
        Text.of(
            {
                "en": "Training a model",
                "fr": "Entraînement d’un modèle",
                "de": "Training eines Modells",
                "lb": "E Modell trainéieren",
            }
        ),
        Text.of(
            {
                "en": "Fitting the parameters that a model learns (training data, AI Act, Art. 3(29)).",
                "fr": "Ajuster les paramètres qu’un modèle apprend (données d’entraînement, règlement"
                " sur l’IA,"
                " art. 3, point 29).",
                "de": "Anpassen der Parameter, die ein Modell lernt (Trainingsdaten, KI-Verordnung, Art. 3 Nr. 29).",
                "lb": "D’Parameteren upassen, déi e Modell léiert (Trainingsdaten, KI-Reglement, Art. 3 Punkt 29).",
            }
        ),
    ),
    Purpose(
        "evaluation",
        Text.of(
            {
                "en": "Evaluating a model",
                "fr": "Évaluation d’un modèle",
                "de": "Bewertung eines Modells",
                "lb": "E Modell bewäerten",
            }
        ),
        Text.of(
            {
                "en": "Measuring a model without fitting it (validation and testing data, AI Act, Art."
                " 3(30) and (32)).",
                "fr": "Mesurer un modèle sans l’ajuster (données de validation et de test, règlement"
                " sur l’IA,"
                " art. 3, points 30 et 32).",
                "de": "Messen eines Modells, ohne es anzupassen (Validierungs- und Testdaten, KI-Verordnung,"
                " Art. 3 Nr. 30 und 32).",
                "lb": "E Modell moossen, ouni et unzepassen (Validéierungs- an Testdaten, KI-Reglement,"
                " Art. 3 Punkt 30 an 32).",
            }
        ),
    ),
    Purpose(
        "research",
        Text.of(
            {
                "en": "Scientific research",
                "fr": "Recherche scientifique",
                "de": "Wissenschaftliche Forschung",
                "lb": "Wëssenschaftlech Fuerschung",
            }
        ),
        Text.of(
            {
                "en": "Scientific research with the safeguards of GDPR, Art. 89 (recital 159).",
                "fr": "Recherche scientifique avec les garanties du RGPD, art. 89 (considérant 159).",
                "de": "Wissenschaftliche Forschung mit den Garantien der DSGVO, Art. 89 (Erwägungsgrund 159).",
                "lb": "Wëssenschaftlech Fuerschung mat de Garantië vun der DSGVO, Art. 89 (Erwägungsgrond 159).",
            }
        ),
    ),
    Purpose(
        "public-statistics",
        Text.of(
            {
                "en": "Public statistics",
                "fr": "Statistiques publiques",
                "de": "Öffentliche Statistik",
                "lb": "Ëffentlech Statistik",
            }
        ),
        Text.of(
            {
                "en": "Aggregated results for the public, never used for measures about one person"
                " (GDPR, Art. 89, recital 162).",
                "fr": "Résultats agrégés pour le public, jamais utilisés pour des mesures visant une personne"
                " (RGPD, art. 89, considérant 162).",
                "de": "Zusammengefasste Ergebnisse für die Öffentlichkeit, nie für Maßnahmen gegenüber"
                " einer Person"
                " (DSGVO, Art. 89, Erwägungsgrund 162).",
                "lb": "Zesummegefaasst Resultater fir d’Ëffentlechkeet, ni fir Mesurë géint eng eenzel"
                " Persoun"
                " (DSGVO, Art. 89, Erwägungsgrond 162).",
            }
        ),
    ),
    Purpose(
        "security-analysis",
        Text.of(
            {
                "en": "Security analysis",
                "fr": "Analyse de sécurité",
                "de": "Sicherheitsanalyse",
                "lb": "Sécherheetsanalys",
            }
        ),
        Text.of(
            {
                "en": "Finding and warding off attacks on networks and information systems (GDPR, recital 49).",
                "fr": "Détecter et écarter les attaques contre les réseaux et les systèmes d’information"
                " (RGPD, considérant 49).",
                "de": "Erkennen und Abwehren von Angriffen auf Netze und Informationssysteme"
                " (DSGVO, Erwägungsgrund 49).",
                "lb": "Attacken op Netzwierker an Informatiounssystemer erkennen an ofwieren"
                " (DSGVO, Erwägungsgrond 49).",
            }
        ),
    ),
)

PURPOSES: Mapping[str, Purpose] = {purpose.code: purpose for purpose in _ALL}
