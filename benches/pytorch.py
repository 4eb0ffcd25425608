"""The other side of `pytorch.rs`: python pytorch.py FOLDER_WITH_THE_MODELS

Reads one JSON object a line from standard input and answers each with one number, milliseconds. The first object holds
the number of threads and the graphs; every other one names a model and what to run: a training step or a prediction of all
graphs, or a prediction of the first.
"""
from __future__ import annotations

import json
import sys
import time

import numpy as np
import torch

sys.path.insert(0, sys.argv[1])
from graph import Mol, collate  # noqa: E402
from graphit import GraphiT  # noqa: E402
from gt import GT  # noqa: E402
from san import SAN  # noqa: E402

MODELS = {"gt": GT, "graphit": GraphiT, "san": SAN}
TARGET = 0.3


def molecule(graph: dict) -> Mol:
    """One graph in the form that the models collate."""
    array = {name: np.array(values, dtype=np.int64) for name, values in graph.items()}
    return Mol(array["node"], np.stack([array["source"], array["target"]]), array["edge"], y=[TARGET])


class Contender:
    """A model with its optimiser."""

    def __init__(self, name: str, ebt: bool):
        torch.manual_seed(0)
        options = {"use_bias": True, "ebt": True} if ebt else {}
        if ebt and name != "gt":
            options["ebt_weights"] = "paper"
        self.model = MODELS[name](**options)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=7e-4)

    def train(self, batch):
        """Forward, backward, Adam."""
        self.model.train()
        self.optimiser.zero_grad()
        (self.model(batch)[0] - batch.y).abs().mean().backward()
        self.optimiser.step()

    def predict(self, batch):
        """Forward without gradients."""
        self.model.eval()
        with torch.no_grad():
            self.model(batch)


def main():
    start = json.loads(sys.stdin.readline())
    torch.set_num_threads(start["threads"])
    molecules = [molecule(graph) for graph in start["graphs"]]
    everything, first = collate(molecules), collate(molecules[:1])
    print(0, flush=True)
    contenders = {}
    for line in sys.stdin:
        command = json.loads(line)
        key = (command["model"], command["ebt"])
        if key not in contenders:
            contenders[key] = Contender(*key)
        contender = contenders[key]
        run, batch = {
            "train": (contender.train, everything),
            "predict": (contender.predict, everything),
            "one": (contender.predict, first),
        }[command["what"]]
        before = time.perf_counter()
        run(batch)
        print((time.perf_counter() - before) * 1e3, flush=True)


if __name__ == "__main__":
    main()
