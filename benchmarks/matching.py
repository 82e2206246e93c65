"""How well the matching finds the use cases an adviser would propose, and how often it rightly says none.

Reads development needs (one JSON object a line: id, lang, text, relevant {code: 1 or 2}, none) and the use cases of
a pack. Prints hit@3, nDCG@5 and refusals for each language, times, and with --fit the constants for weights.yaml.

    PYTHONPATH=. python benchmarks/matching.py [--needs FILE] [--pack FOLDER] [--fit] [--misses]
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression

from minett.advice.cards import UseCaseCard
from minett.advice.matching import Matcher, Matching
from minett.kernel.content import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
NEEDS = ROOT.parent / "shared" / "data" / "needs_dev.jsonl"
PACK = ROOT / "packs" / "luxembourg"
POOR = 0.5
Need = Mapping[str, Any]


def read_cards(pack: Path) -> list[UseCaseCard]:
    rows = [
        row for file in sorted((pack / "usecases").glob("*.yaml")) for row in yaml.safe_load(file.read_text("utf-8"))
    ]
    return [UseCaseCard.from_content(row) for row in rows]


def ndcg(codes: Sequence[str], relevant: Mapping[str, int]) -> float:
    """Return nDCG at five with gain 2^grade - 1."""
    gained = sum((2 ** relevant.get(code, 0) - 1) / math.log2(at + 2) for at, code in enumerate(codes[:5]))
    best = sorted(relevant.values(), reverse=True)[:5]
    ideal = sum((2**grade - 1) / math.log2(at + 2) for at, grade in enumerate(best))
    return float(gained / ideal)


def report(needs: Sequence[Need], answers: Sequence[Matching]) -> None:
    for language in (*LANGUAGES, "all"):
        rows = [pair for pair in zip(needs, answers, strict=True) if language in (pair[0]["lang"], "all")]
        fits = [pair for pair in rows if not pair[0].get("none")]
        nones = [answer.none for need, answer in rows if need.get("none")]
        codes = [([one.code for one in answer.proposals], need["relevant"]) for need, answer in fits]
        hits = [bool(set(found[:3]) & set(relevant)) for found, relevant in codes]
        gains = [ndcg(found, relevant) for found, relevant in codes]
        wrong = sum(answer.none for _, answer in fits)
        print(
            f"{language:>4}  needs {len(rows):3}  hit@3 {statistics.fmean(hits or [0]):.2f}  "
            f"nDCG@5 {statistics.fmean(gains or [0]):.2f}  right refusals {sum(nones)}/{len(nones)}  "
            f"wrong refusals {wrong}/{len(fits)}"
        )


def calibration(needs: Sequence[Need], answers: Sequence[Matching]) -> None:
    pairs = [
        (one.confidence, one.code in need["relevant"])
        for need, answer in zip(needs, answers, strict=True)
        for one in answer.proposals
    ]
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = [right for confidence, right in pairs if low <= confidence < low + 0.2]
        if inside:
            print(
                f"confidence {low:.1f}-{low + 0.2:.1f}: {len(inside):3} proposals, {statistics.fmean(inside):.2f} right"
            )


def fit(matcher: Matcher, needs: Sequence[Need]) -> None:
    """Print the refusal ratio with the fewest mistakes and the logistic fit of the confidence."""
    raw = [matcher.raw_scores(need["text"]) for need in needs]
    ratios = [outside / max(*scores.values(), 1e-6) for scores, outside in raw]
    none = [bool(need.get("none")) for need in needs]
    mistakes = {
        ratio: sum((found > ratio) != truth for found, truth in zip(ratios, none, strict=True))
        for ratio in (round(0.8 + 0.05 * step, 2) for step in range(20))
    }
    least = min(mistakes.values())
    print("outside_ratio with", least, "mistakes:", [ratio for ratio, count in mistakes.items() if count == least])
    rows, labels = [], []
    for need, (scores, outside) in zip(needs, raw, strict=True):
        best = max(scores.values())
        for code, score in list(scores.items())[:5]:
            rows.append((math.log1p(score), score / best, outside / best))
            labels.append(code in need["relevant"])
    model = LogisticRegression(C=1.0).fit(np.array(rows), labels)
    names = ("score", "share", "outside")
    print("confidence: intercept", round(float(model.intercept_[0]), 2), end=" ")
    print({name: round(float(value), 2) for name, value in zip(names, model.coef_[0], strict=True)})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--needs", type=Path, default=NEEDS)
    parser.add_argument("--pack", type=Path, default=PACK)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--misses", action="store_true")
    chosen = parser.parse_args()
    if not chosen.needs.exists():
        print("No development needs at", chosen.needs)
        return 1
    needs = [json.loads(line) for line in chosen.needs.read_text("utf-8").splitlines() if line.strip()]
    began = time.perf_counter()
    matcher = Matcher(read_cards(chosen.pack))
    built = time.perf_counter() - began
    matcher.propose(needs[0]["text"])
    times, answers = [], []
    for need in needs:
        began = time.perf_counter()
        answers.append(matcher.propose(need["text"]))
        times.append(time.perf_counter() - began)
    report(needs, answers)
    calibration(needs, answers)
    print(f"built in {built:.2f} s; p95 {1000 * float(np.percentile(times, 95)):.0f} ms")
    if chosen.misses:
        show_misses(needs, answers)
    if chosen.fit:
        fit(matcher, needs)
    return 0


def show_misses(needs: Sequence[Need], answers: Sequence[Matching]) -> None:
    for need, answer in zip(needs, answers, strict=True):
        codes = [one.code for one in answer.proposals]
        if answer.none != bool(need.get("none")) or (need["relevant"] and ndcg(codes, need["relevant"]) < POOR):
            print(need["id"], need["relevant"], "none" if answer.none else codes)


if __name__ == "__main__":
    sys.exit(main())
