"""Literals that narrow inside a hook: each move that a rule governs has to be handled, no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal, TypeAlias, assert_never, assert_type

from bylaws import Policy, Transition, Verdict, abort, proceed, rule


class Article(Enum):
    """The life of an article."""

    DRAFT = auto()
    IN_REVIEW = auto()
    PUBLISHED = auto()
    RETRACTED = auto()


@dataclass
class Draft:
    """The context: an article on its way."""

    title: str
    approvals: int = 0
    mails: list[str] = field(default_factory=list[str])


Public: TypeAlias = Literal[Article.PUBLISHED, Article.RETRACTED]


def page(title: str, state: Public) -> str:
    """What readers see. There is no page for a draft: to ask for one is a type error."""
    match state:
        case Article.PUBLISHED:
            return title
        case Article.RETRACTED:
            return f"{title} (retracted)"
        case _:
            assert_never(state)


@rule[Literal[Article.IN_REVIEW], Literal[Article.DRAFT, Article.PUBLISHED]](
    from_states={Article.IN_REVIEW}, to_states={Article.DRAFT, Article.PUBLISHED}
)
def ask_two_reviewers(
    t: Transition[Literal[Article.IN_REVIEW], Literal[Article.DRAFT, Article.PUBLISHED], Draft],
) -> Verdict[Article]:
    """Two reviewers have to approve; an author may always take an article back."""
    assert_type(t.from_state, Literal[Article.IN_REVIEW])
    # Two of four states: a third case would be unreachable, a missing one is an error.
    match t.to_state:
        case Article.DRAFT:
            return proceed()
        case Article.PUBLISHED:
            return (
                proceed()
                if t.context.approvals >= 2
                else abort(reason="two reviewers have to approve")
            )
        case _:
            assert_never(t.to_state)


@rule[Literal[Article.IN_REVIEW, Article.PUBLISHED], Public](
    from_states={Article.IN_REVIEW, Article.PUBLISHED},
    to_states={Article.PUBLISHED, Article.RETRACTED},
)
def tell_readers(
    t: Transition[Literal[Article.IN_REVIEW, Article.PUBLISHED], Public, Draft],
) -> None:
    """Mail the new page, once the article is really there."""
    t.add_after(t.context.mails.append, page(t.context.title, t.to_state))


articles = Policy[Article, Draft](ask_two_reviewers, tell_readers, name="articles")

if __name__ == "__main__":
    paper = Draft("On bylaws", approvals=1)
    print(articles.run(paper, Article.IN_REVIEW, Article.PUBLISHED), paper.mails)
    paper.approvals = 2
    print(articles.run(paper, Article.IN_REVIEW, Article.PUBLISHED), paper.mails)
    print(articles.run(paper, Article.PUBLISHED, Article.RETRACTED), paper.mails)
