"""The demonstration's first half: need, plan, case, baseline, use-case document, decision."""

from __future__ import annotations

from datetime import timedelta

from minett.advice.plan import Plan
from minett.apps.cases import services as cases
from minett.apps.cases.models import UseCaseDocument
from minett.journeys import measure_effect, open_case, usecase_document
from minett.journeys.demo_people import mail_of
from minett.journeys.demo_tour import Result, Tour
from minett.kernel.actor import VISITOR

# Written for the demonstration, in the words of a small security firm; two needs, so that a second run differs.
PHISHING_BY_HAND = (
    "Nous sommes une jeune entreprise de sécurité à Esch-sur-Alzette. Nos clients, des fiduciaires et des communes, "
    "reçoivent chaque jour des mails frauduleux qui mènent à de fausses pages de connexion. Nos analystes ouvrent "
    "chaque lien signalé à la main pour voir si la page est un hameçonnage, cela prend un quart d'heure par "
    "signalement et le vendredi soir personne ne répond."
)
TOO_MUCH_PASSES = (
    "Nous surveillons la messagerie de quarante PME luxembourgeoises. Trop de liens d'hameçonnage passent le filtre, "
    "et nos analystes vérifient encore chaque page suspecte à la main. Nous voulons trier automatiquement les "
    "signalements pour avertir les utilisateurs avant qu'ils ne saisissent leur mot de passe."
)
NEEDS = (PHISHING_BY_HAND, TOO_MUCH_PASSES)
SECTIONS = {
    "value": "Moins de minutes d'analyste par signalement.\nRéponse en dehors des heures de bureau.",
    "metrics": "Minutes par signalement, mesurées avant et après sur la même équipe.\n"
    "Justesse sur des pages que l'entraînement n'a jamais vues, comparée à la réponse la plus fréquente.",
    "risks": "Une page honnête bloquée à tort : un analyste garde la main.\n"
    "Les fraudeurs changent de méthode : une nouvelle évaluation chaque trimestre.",
}
BASELINE = (16.2, 14.8, 15.9, 17.4, 13.7, 16.0, 15.1, 18.3, 14.2, 16.8, 15.5, 17.0)


def need(tour: Tour) -> Result:
    """A visitor without an account describes what she would like to do better."""
    now = tour.clock.now()
    again = UseCaseDocument.objects.count() % len(NEEDS)
    kept = open_case.describe_need(VISITOR, now=now, raw=NEEDS[again])
    tour.need_secret = kept.secret
    plan = Plan.from_json(kept.plan)
    best = plan.proposals[0]
    words = ", ".join(sorted({word.word for word in best.words})[:5])
    partners = {service.partner for step in plan.path for service in step.services}
    data = ", ".join(product.code for product in plan.data_products) or "none"
    return Result(
        f"language {plan.language.code}; {best.title.in_('en')}; matched: {words}; {len(partners)} partners; "
        f"AI Act: {plan.ai_act.risk_class}, to be confirmed; data: {data}; {plan.estimates[0].likely}",
        f"/needs/{kept.secret}/",
    )


def agree(tour: Tour) -> Result:
    """The plan is kept with a mail address; the adviser takes the case and agrees the plan."""
    people, now = tour.people, tour.clock.now()
    case = open_case.keep_plan(VISITOR, now=now, secret=tour.need_secret, contact_email=mail_of("founder"))
    tour.case_id = case.pk
    open_case.take_case(people.adviser, now=tour.clock.now(), case_id=case.pk, organisation_id=None)
    cases.write_message(
        people.adviser,
        now=tour.clock.now(),
        case_id=case.pk,
        body="Bonjour, je suis votre conseillère. J'ai lu votre besoin et le plan proposé ; je vous le confirme.",
    )
    plan = Plan.from_json(case.plan)
    chosen = plan.chosen or "cyb-phish"
    agreed = open_case.agree_plan(
        people.adviser,
        now=tour.clock.now(),
        case_id=case.pk,
        usecase=chosen,
        service_codes=_one_service_a_step(plan),
        reason="Le cas d'usage correspond au besoin ; les données existent déjà dans le catalogue.",
    )
    return Result(f"case {agreed.number}, use case {chosen}", f"/cases/{case.pk}/")


def _one_service_a_step(plan: Plan) -> list[str]:
    """Return the first service of each step: a short plan with several partners."""
    return [step.services[0].code for step in plan.path if step.services]


def baseline(tour: Tour) -> Result:
    """The company says what it measures today, before anything is built."""
    now = tour.clock.now()
    recorded = measure_effect.record_baseline(
        tour.people.founder,
        now=now,
        case_id=tour.case_id,
        name="Minutes d'analyste par signalement",
        unit="minutes",
        how="Temps entre l'ouverture et la clôture d'un signalement, dans l'outil de tickets, par semaine",
        direction="lower",
        values=list(BASELINE),
        method="Douze semaines de tickets, une moyenne par semaine",
        is_simulated=True,
        period_from=now.date() - timedelta(weeks=12),
        period_to=now.date(),
    )
    tour.indicator_id = recorded.indicator_id
    mean = sum(BASELINE) / len(BASELINE)
    return Result(f"{mean:.1f} minutes a report (simulated)", f"/cases/{tour.case_id}/impact/")


def document(tour: Tour) -> Result:
    """The adviser writes the document, the worker prints it, the founder decides."""
    people = tour.people
    sections = usecase_document.draft(people.adviser, case_id=tour.case_id) | SECTIONS
    written = usecase_document.write(people.adviser, now=tour.clock.now(), case_id=tour.case_id, sections=sections)
    tour.document_id = written.pk
    tour.wait("use-case document", lambda: _printed(written.pk))
    cases.decide_document(
        people.founder,
        now=tour.clock.now(),
        document_id=written.pk,
        decision="go",
        reason="Le gain est clair, le risque est tenu et l'analyste garde la main.",
    )
    printed = UseCaseDocument.objects.get(pk=written.pk)
    return Result("PDF, HTML and JSON; decision: go", f"/documents/{written.pk}/", (printed.pdf_path,))


def _printed(document_id: int) -> bool:
    return UseCaseDocument.objects.exclude(pdf_sha256="").filter(pk=document_id).exists()
