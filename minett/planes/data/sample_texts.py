"""Titles, descriptions and column meanings of the real sample sets, in four languages. Words only, no data."""

from __future__ import annotations

from minett.kernel.content import Text
from minett.planes.data.schema import ColumnSpec, ColumnType, Sensitivity, TableSchema


def _words(en: str, fr: str, de: str, lb: str) -> Text:
    return Text.of({"en": en, "fr": fr, "de": de, "lb": lb})


def _rating(name: str, en: str, fr: str, de: str, lb: str) -> ColumnSpec:
    """Return a column with the source's rating: river maps UCI's -1, 0, 1 to 0, 0.5, 1."""
    return ColumnSpec(
        name,
        ColumnType.NUMBER,
        _words(
            f"{en}: the source's rating, 0, 0.5 (in doubt) or 1.",
            f"{fr} : note donnée par la source, 0, 0,5 (doute) ou 1.",
            f"{de}: Einstufung der Quelle, 0, 0,5 (zweifelhaft) oder 1.",
            f"{lb}: Astufung vun der Quell, 0, 0,5 (zweiwelhaft) oder 1.",
        ),
        nullable=False,
    )


def _flag(name: str, en: str, fr: str, de: str, lb: str) -> ColumnSpec:
    return ColumnSpec(name, ColumnType.INTEGER, _words(en, fr, de, lb), nullable=False)


PHISHING_TITLE = _words(
    "Features of phishing websites",
    "Caractéristiques de sites d’hameçonnage",
    "Merkmale von Phishing-Websites",
    "Merkmoler vu Phishing-Websäiten",
)
PHISHING_DESCRIPTION = _words(
    "1,250 websites with nine ratings each and a mark for phishing. In this file 548 rows carry the"
    " mark 1 and 702"
    " the mark 0, while the UCI page counts 702 phishing and 548 legitimate sites: check the direction"
    " of the mark"
    " before you rely on it.",
    "1 250 sites web avec neuf notes chacun et une marque d’hameçonnage. Dans ce fichier, 548 lignes"
    " portent la"
    " marque 1 et 702 la marque 0, alors que la page de l’UCI compte 702 sites d’hameçonnage et 548"
    " sites légitimes :"
    " vérifiez le sens de la marque avant de vous y fier.",
    "1.250 Websites mit je neun Einstufungen und einer Kennzeichnung für Phishing. In dieser Datei"
    " tragen 548 Zeilen"
    " die Kennzeichnung 1 und 702 die 0, während die UCI-Seite 702 Phishing- und 548 echte Websites"
    " zählt: Prüfen"
    " Sie die Richtung der Kennzeichnung, bevor Sie sich darauf verlassen.",
    "1.250 Websäite mat all Kéier néng Astufungen an enger Markéierung fir Phishing. An dësem Fichier"
    " hunn 548 Zeilen"
    " d’Markéierung 1 an 702 d’Markéierung 0, während d’UCI-Säit 702 Phishing- an 548 echt Säiten"
    " zielt: Kuckt"
    " d’Richtung vun der Markéierung no, ier Dir Iech drop verloosst.",
)
PHISHING_SCHEMA = TableSchema(
    (
        _rating(
            "empty_server_form_handler",
            "Where the page's forms are sent",
            "Destination des formulaires de la page",
            "Wohin Formulare der Seite gesendet werden",
            "Wouhin d’Formulairen vun der Säit geschéckt ginn",
        ),
        _rating("popup_window", "Pop-up windows", "Fenêtres surgissantes", "Pop-up-Fenster", "Pop-up-Fënsteren"),
        _rating(
            "https",
            "Certificate of the encrypted connection",
            "Certificat de la connexion chiffrée",
            "Zertifikat der verschlüsselten Verbindung",
            "Zertifikat vun der verschlësselter Verbindung",
        ),
        _rating(
            "request_from_other_domain",
            "Content loaded from another domain",
            "Contenu chargé depuis un autre domaine",
            "Inhalte von einer anderen Domain",
            "Inhalter vun enger anerer Domän",
        ),
        _rating(
            "anchor_from_other_domain",
            "Links that lead to another domain",
            "Liens vers un autre domaine",
            "Links zu einer anderen Domain",
            "Linken op eng aner Domän",
        ),
        _rating("is_popular", "Web traffic", "Trafic du site", "Besucherverkehr", "Visiteurstrafic"),
        _rating(
            "long_url",
            "Length of the address",
            "Longueur de l’adresse",
            "Länge der Adresse",
            "Längt vun der Adress",
        ),
        _flag(
            "age_of_domain",
            "Age of the domain: the source's rating, 0 or 1.",
            "Âge du domaine : note donnée par la source, 0 ou 1.",
            "Alter der Domain: Einstufung der Quelle, 0 oder 1.",
            "Alter vun der Domän: Astufung vun der Quell, 0 oder 1.",
        ),
        _flag(
            "ip_in_url",
            "IP address in place of a name: the source's rating, 0 or 1.",
            "Adresse IP à la place d’un nom : note donnée par la source, 0 ou 1.",
            "IP-Adresse statt eines Namens: Einstufung der Quelle, 0 oder 1.",
            "IP-Adress amplaz vun engem Numm: Astufung vun der Quell, 0 oder 1.",
        ),
        _flag(
            "is_phishing",
            "What is to be predicted: the mark for phishing, 0 or 1, as the package gives it.",
            "Ce qu’il faut prédire : la marque d’hameçonnage, 0 ou 1, telle que le paquet la donne.",
            "Was vorherzusagen ist: die Kennzeichnung für Phishing, 0 oder 1, wie das Paket sie angibt.",
            "Wat virauszesoen ass: d’Markéierung fir Phishing, 0 oder 1, wéi de Pak se ugëtt.",
        ),
    )
)

SUNSPOTS_TITLE = _words(
    "Yearly sunspots, 1700 to 2008",
    "Taches solaires par année, 1700 à 2008",
    "Sonnenflecken pro Jahr, 1700 bis 2008",
    "Sonneflecke pro Joer, 1700 bis 2008",
)
SUNSPOTS_DESCRIPTION = _words(
    "The activity of the Sun over 309 years: one number for each year.",
    "L’activité du Soleil sur 309 ans : un nombre par année.",
    "Die Aktivität der Sonne über 309 Jahre: eine Zahl pro Jahr.",
    "D’Aktivitéit vun der Sonn iwwer 309 Joer: eng Zuel pro Joer.",
)
SUNSPOTS_SCHEMA = TableSchema(
    (
        ColumnSpec(
            "year",
            ColumnType.INTEGER,
            _words("Calendar year.", "Année civile.", "Kalenderjahr.", "Kalennerjoer."),
            nullable=False,
        ),
        ColumnSpec(
            "sunactivity",
            ColumnType.NUMBER,
            _words(
                "Number of sunspots in the year.",
                "Nombre de taches solaires dans l’année.",
                "Zahl der Sonnenflecken im Jahr.",
                "Zuel vun de Sonneflecken am Joer.",
            ),
            nullable=False,
        ),
    )
)

CO2_TITLE = _words(
    "Carbon dioxide in the air at Mauna Loa, by week",
    "Dioxyde de carbone dans l’air à Mauna Loa, par semaine",
    "Kohlendioxid in der Luft am Mauna Loa, pro Woche",
    "Kuelendioxid an der Loft um Mauna Loa, pro Woch",
)
CO2_DESCRIPTION = _words(
    "Weekly averages from March 1958 to December 2001; some weeks have no value.",
    "Moyennes hebdomadaires de mars 1958 à décembre 2001 ; certaines semaines n’ont pas de valeur.",
    "Wochenmittel von März 1958 bis Dezember 2001; manche Wochen haben keinen Wert.",
    "Wochemëttele vu Mäerz 1958 bis Dezember 2001; verschidde Wochen hu kee Wäert.",
)
CO2_SCHEMA = TableSchema(
    (
        ColumnSpec(
            "date",
            ColumnType.DATE,
            _words("Day of the sample.", "Jour de l’échantillon.", "Tag der Probe.", "Dag vun der Prouf."),
            nullable=False,
        ),
        ColumnSpec(
            "co2",
            ColumnType.NUMBER,
            _words(
                "Carbon dioxide, parts per million by volume; missing where nothing was measured.",
                "Dioxyde de carbone, parties par million en volume ; absent sans mesure.",
                "Kohlendioxid, Volumenteile pro Million; fehlt, wo nichts gemessen wurde.",
                "Kuelendioxid, Volumendeeler pro Millioun; feelt, wou näischt gemooss gouf.",
            ),
            unit="ppmv",
        ),
    )
)

CCARD_TITLE = _words(
    "Credit card spending of 72 people",
    "Dépenses par carte de crédit de 72 personnes",
    "Kreditkartenausgaben von 72 Personen",
    "Kreditkaartendepense vu 72 Persounen",
)
CCARD_DESCRIPTION = _words(
    "William Greene's textbook data on credit scoring. No names, but each row is about one person. The author"
    " retains all rights.",
    "Données du manuel de William Greene sur l’évaluation du crédit. Sans noms, mais chaque ligne"
    " concerne une"
    " personne. L’auteur conserve tous les droits.",
    "Daten zur Kreditbewertung aus dem Lehrbuch von William Greene. Ohne Namen, aber jede Zeile betrifft eine"
    " Person. Der Autor behält alle Rechte.",
    "Daten iwwer Kreditbewäertung aus dem Léierbuch vum William Greene. Ouni Nimm, mee all Zeil betrëfft eng"
    " Persoun. Den Auteur behält all d’Rechter.",
)


def _personal(name: str, meaning: Text) -> ColumnSpec:
    kind = ColumnType.INTEGER if name == "ownrent" else ColumnType.NUMBER
    return ColumnSpec(name, kind, meaning, sensitivity=Sensitivity.PERSONAL, nullable=False)


CCARD_SCHEMA = TableSchema(
    (
        _personal(
            "avgexp",
            _words(
                "Average spending by credit card.",
                "Dépense moyenne par carte de crédit.",
                "Mittlere Ausgaben mit der Kreditkarte.",
                "Duerchschnëttlech Depensë mat der Kreditkaart.",
            ),
        ),
        _personal("age", _words("Age in years.", "Âge en années.", "Alter in Jahren.", "Alter a Joren.")),
        _personal(
            "income",
            _words(
                "Income, in the source's scale.",
                "Revenu, à l’échelle de la source.",
                "Einkommen, im Maßstab der Quelle.",
                "Akommes, am Moossstaf vun der Quell.",
            ),
        ),
        _personal(
            "incomesq",
            _words("Square of the income.", "Carré du revenu.", "Quadrat des Einkommens.", "Quadrat vum Akommes."),
        ),
        _personal(
            "ownrent",
            _words(
                "Home: 1 owned, 0 rented, as the variable's name says.",
                "Logement : 1 propriétaire, 0 locataire, d’après le nom de la variable.",
                "Wohnung: 1 Eigentum, 0 Miete, nach dem Namen der Variable.",
                "Wunneng: 1 Proprietär, 0 Locatioun, nom Numm vun der Variabel.",
            ),
        ),
    )
)

MODECHOICE_TITLE = _words(
    "How travellers chose between plane, train, bus and car",
    "Comment des voyageurs ont choisi entre avion, train, bus et voiture",
    "Wie Reisende zwischen Flugzeug, Zug, Bus und Auto wählten",
    "Wéi Reesend tëscht Fliger, Zuch, Bus an Auto gewielt hunn",
)
MODECHOICE_DESCRIPTION = _words(
    "Four alternatives for each of 210 trips between Australian cities, 1987; one was chosen. No person is named.",
    "Quatre possibilités pour chacun des 210 trajets entre villes australiennes, 1987 ; une a été choisie. Sans noms.",
    "Vier Möglichkeiten für jede von 210 Reisen zwischen australischen Städten, 1987; eine wurde gewählt. Ohne Namen.",
    "Véier Méiglechkeete fir all vun 210 Reesen tëscht australesche Stied, 1987; eng gouf gewielt. Ouni Nimm.",
)
MODECHOICE_SCHEMA = TableSchema(
    (
        ColumnSpec(
            "individual",
            ColumnType.INTEGER,
            _words("Number of the trip.", "Numéro du trajet.", "Nummer der Reise.", "Nummer vun der Rees."),
            nullable=False,
        ),
        ColumnSpec(
            "mode",
            ColumnType.INTEGER,
            _words(
                "1 plane, 2 train, 3 bus, 4 car.",
                "1 avion, 2 train, 3 bus, 4 voiture.",
                "1 Flugzeug, 2 Zug, 3 Bus, 4 Auto.",
                "1 Fliger, 2 Zuch, 3 Bus, 4 Auto.",
            ),
            nullable=False,
        ),
        ColumnSpec(
            "choice",
            ColumnType.INTEGER,
            _words(
                "1 when this alternative was chosen, else 0.",
                "1 si cette possibilité a été choisie, sinon 0.",
                "1, wenn diese Möglichkeit gewählt wurde, sonst 0.",
                "1, wann dës Méiglechkeet gewielt gouf, soss 0.",
            ),
            nullable=False,
        ),
        ColumnSpec(
            "ttme",
            ColumnType.INTEGER,
            _words(
                "Waiting time at the terminal; 0 for the car.",
                "Temps d’attente au terminal ; 0 pour la voiture.",
                "Wartezeit am Terminal; 0 beim Auto.",
                "Waardezäit um Terminal; 0 beim Auto.",
            ),
            unit="min",
            nullable=False,
        ),
        ColumnSpec(
            "invc",
            ColumnType.INTEGER,
            _words(
                "Cost on board, all stages.",
                "Coût à bord, toutes étapes.",
                "Kosten der Fahrt, alle Abschnitte.",
                "Käschte vun der Faart, all Etappen.",
            ),
            unit="AUD",
            nullable=False,
        ),
        ColumnSpec(
            "invt",
            ColumnType.INTEGER,
            _words(
                "Time on board, all stages.",
                "Temps à bord, toutes étapes.",
                "Fahrzeit, alle Abschnitte.",
                "Faarzäit, all Etappen.",
            ),
            unit="min",
            nullable=False,
        ),
        ColumnSpec(
            "gc",
            ColumnType.INTEGER,
            _words(
                "Cost with the value of the time.",
                "Coût, valeur du temps comprise.",
                "Kosten samt dem Wert der Zeit.",
                "Käschte mam Wäert vun der Zäit.",
            ),
            unit="AUD",
            nullable=False,
        ),
        ColumnSpec(
            "hinc",
            ColumnType.INTEGER,
            _words(
                "Income of the household.",
                "Revenu du ménage.",
                "Einkommen des Haushalts.",
                "Akommes vum Haushalt.",
            ),
            unit="1000 AUD/year",
            nullable=False,
        ),
        ColumnSpec(
            "psize",
            ColumnType.INTEGER,
            _words(
                "Number of people who travelled together.",
                "Nombre de personnes voyageant ensemble.",
                "Zahl der gemeinsam Reisenden.",
                "Zuel vun de Leit, déi zesumme gereest sinn.",
            ),
            nullable=False,
        ),
    )
)
