"""What a trained network is and scores, in words."""

from __future__ import annotations

from toolkit.artifacts import ModelCard


def card_text(card: ModelCard) -> str:
    """The card to read, in Markdown; made from the card alone."""
    rows = [
        f"| {key} | {each.correct} of {each.total} | {each.correct / each.total:.4f} "
        f"| {each.ci95[0]:.4f} to {each.ci95[1]:.4f} |"
        for key, each in card.accuracy.items()
    ]
    files = [f"| {file} | {card.sizes[file]} | `{digest}` |" for file, digest in card.files.items()]
    held = f"{card.validation:.4f} on {card.validation_images} held-out training images" if card.validation else "none"
    return "\n".join(
        [
            f"# {card.name}",
            "",
            f"Architecture `{card.architecture}`, {card.params} trainable parameters. Made on {card.date} with the "
            f"recipe `{card.recipe}`, seed {card.seed}: {card.epochs} epochs over {card.training_images} images, "
            f"{card.seconds:.0f} s. Validation: {held}.",
            "",
            "Scores are those of the converted files: int8 on TensorFlow Lite Micro's interpreter where it runs them, "
            "the others on LiteRT. The test images served nothing else.",
            "",
            "| set and type | right | accuracy | 95 % Wilson interval |",
            "|---|--:|--:|---|",
            *rows,
            "",
            "| file | bytes | SHA-256 |",
            "|---|--:|---|",
            *files,
            "",
            "Made with " + ", ".join(f"{package} {version}" for package, version in card.versions.items()) + ".",
            "",
        ]
    )
