"""The outsider complains of what must not be, and of nothing else: small stories, told with a journal beside them."""

from decimal import Decimal

import pytest

from bench.faults.books import Books, Row, names_of
from bench.faults.model import OPERATOR, Deposit, Model
from bench.faults.operations import Heard, Operation, Said, heard_of
from bench.studios.contract import Act, Answer, Move, Reply

WALLET = ("alice", "EUR")
BET, WIN, BACK = "b" * 32, "c" * 32, "d" * 32
DONE, REFUSED, NOTHING, AGAIN = Said.DONE, Said.REFUSED, Said.NOTHING, Said.AGAIN

STORIES = {
    # what was answered to bet, win and rollback; what the journal holds; what is wrong
    "a bet": ("done", "", "", "bet -10", ""),
    "a bet and its win": ("done", "done", "", "bet -10, win 20", ""),
    "a refused bet": ("refused", "", "", "", ""),
    "a bet asked again": ("nothing done", "", "", "bet -10", ""),
    "a bet in doubt, refused when it was asked again": ("nothing refused!", "", "", "", ""),
    "a bet taken back": ("done", "", "done", "bet -10, rollback 10", ""),
    "a bet that came after its rollback": ("refused", "", "done", "tombstone 0, rollback 0", ""),
    "a bet lost": ("done", "", "", "", "lost"),
    "a win lost": ("done", "done", "", "bet -10", "lost"),
    "a rollback lost": ("done", "", "done", "bet -10", "lost"),
    "a bet twice": ("done", "", "", "bet -10, bet -10", "doubled"),
    "a win twice": ("done", "done", "", "bet -10, win 20, win 20", "doubled"),
    "a rollback twice": ("done", "", "done", "bet -10, rollback 10, rollback 10", "doubled"),
    "a bet of another amount": ("done", "", "", "bet -11", "contradicted"),
    "a refused bet that stands": ("refused", "", "", "bet -10", "contradicted"),
    "done, then refused": ("done refused", "", "", "bet -10", "contradicted"),
    "never an answer": ("nothing again", "", "", "bet -10", "contradicted"),
    "a refused win": ("done", "refused", "", "bet -10", "contradicted"),
    "a refused rollback": ("done", "", "refused", "bet -10", "contradicted"),
    "a bet refused for no reason": ("refused?", "", "", "", "contradicted"),
    "a bet refused for no reason, as it was taken back": (
        "refused?",
        "",
        "done",
        "tombstone 0, rollback 0",
        "",
    ),
    "a bet taken by its word alone, as it was taken back": (
        "done",
        "",
        "done",
        "tombstone 0, rollback 0",
        "",
    ),
    "a win lost though its bet was taken back": ("done", "done", "done", "bet -10, rollback 10", "lost"),
    "nonsense, then done": ("nonsense done", "", "", "bet -10", "contradicted"),
    "refused and in doubt": ("refused again", "", "", "", "contradicted"),
    "in doubt, then refused": ("again refused", "", "", "", "contradicted"),
    "taken back, and taken all the same": ("done", "", "refused!", "bet -10, tombstone 0", "contradicted"),
    "a posting that nobody asked for": (
        "done",
        "done",
        "",
        "bet -10, win 20, win 0, jackpot 5",
        "contradicted",
    ),
}


def told(operation: Operation, answers: str) -> Operation:
    """Let it be sent and answered: when all is over (!), and for a reason that honest play does not meet (?)."""
    for word in answers.split():
        operation.copies += 1
        operation.again = operation.again or word.endswith("!")
        operation.heard.append(Heard(Said(word.rstrip("!?")), Reply(done=word == "done", code=word), word))
    return operation


def model_of(bet: str, win: str, rollback: str) -> Model:
    """A model that was told one story."""
    model = Model()
    model.opening[WALLET] = Decimal(100)
    may_meet = frozenset({"refused", "refused!"})
    first = model.bet(
        told(Operation("acme", WALLET, Move(Act.BET, BET, Decimal(10)), may_meet=may_meet), bet)
    )
    [family] = model.families
    if win:
        move = Move(Act.WIN, WIN, Decimal(20), of=BET)
        model.win(family, told(Operation("acme", WALLET, move, first), win))
    if rollback:
        move = Move(Act.ROLLBACK, BACK, of=BET, of_amount=Decimal(10))
        model.rollback(family, told(Operation("acme", WALLET, move, first), rollback))
    return model


ACCOUNTS = {"deposit": OPERATOR}
KEYS = {
    "jackpot": "f" * 32,
    "bet": f"bet:{BET}",
    "tombstone": BET,
    "win": WIN,
    "rollback": BACK,
    "deposit": "e" * 32,
}


def books_of(rows: str) -> Books:
    """A journal of one wallet, which held 100 before."""
    found, balance = [], Decimal(100)
    for seq, row in enumerate(filter(None, rows.split(", ")), 1):
        kind, _, money = row.partition(" ")
        balance += Decimal(money)
        key = KEYS[kind]
        found.append(
            Row(
                ACCOUNTS.get(kind, "acme"),
                WALLET,
                kind,
                key,
                Decimal(money),
                balance,
                seq,
                f"1-{seq}",
                names_of(key),
            )
        )
    return Books(found, {WALLET: balance})


@pytest.mark.parametrize("story", STORIES)
def test_the_outsider_knows_right_from_wrong(story: str) -> None:
    """What is wrong with a story is named by its kind first, and a sound one is left alone."""
    *answers, rows, wrong = STORIES[story]
    complaints = model_of(*answers).judge(books_of(rows))
    assert [complaint.kind for complaint in complaints][:1] == [wrong][: bool(wrong)], complaints


def test_an_answer_that_names_another_posting_is_seen() -> None:
    """The acknowledged posting, and the acknowledged balance, must be those of the journal."""
    for reply, kind in (
        (Reply(done=True, code="", transaction="1-1", balance=Decimal(90)), []),
        (Reply(done=True, code="", transaction="1-7"), ["lost"]),
        (Reply(done=True, code="", balance=Decimal(91)), ["contradicted"]),
    ):
        model = model_of("", "", "")
        model.operations[0].heard.append(Heard(DONE, reply))
        assert [complaint.kind for complaint in model.judge(books_of("bet -10"))] == kind


def test_a_key_is_found_in_whatever_a_protocol_makes_of_it() -> None:
    """With dashes, behind a word, or behind a player's name."""
    dashed = f"{BET[:8]}-{BET[8:12]}-{BET[12:16]}-{BET[16:20]}-{BET[20:]}"
    for key in (BET, dashed, f"bet:{BET}", f"p-17:{BET}", f"bet:{dashed}"):
        assert names_of(key) == {BET}


def test_what_is_lost_is_seen_before_it_is_asked_for_again() -> None:
    """An acknowledged bet that is not there is lost, and so is a deposit; one that is there twice is doubled."""
    model = model_of("done", "", "")
    model.deposits.append(Deposit(WALLET, 5, "e" * 32, done=True))
    assert [complaint.kind for complaint in model.lost(books_of(""))] == ["lost", "lost"]
    assert not model.lost(books_of("bet -10, deposit 5"))
    complaints = model.judge(books_of("bet -10, deposit 5, deposit 5"))
    assert [complaint.kind for complaint in complaints] == ["doubled", "contradicted"]


@pytest.mark.parametrize("flag", ["tied", "ended", "excused"])
def test_a_bet_may_be_refused_where_something_stood_against_it(flag: str) -> None:
    """What raced another, or the end of its session, is refused for whatever reason."""
    model = model_of("refused?", "", "")
    setattr(model.operations[0], flag, True)
    assert model.judge(books_of("")) == []


def test_a_copy_that_nobody_answered_is_in_doubt() -> None:
    """Refused is what each of its copies was refused, and one is still under way."""
    model = model_of("refused", "", "")
    model.operations[0].copies = 2
    assert [complaint.kind for complaint in model.judge(books_of(""))] == ["contradicted"]


def test_what_is_in_doubt_is_complained_of_once() -> None:
    """Of a rollback without an answer that alone is said, and of its wallet where it stands all the same."""
    model = model_of("done", "", "nothing")
    [complaint] = model.judge(books_of("bet -10"))
    assert "never got an answer" in complaint.words
    complaint, wallet = model.judge(books_of("bet -10, rollback 10"))
    assert "never got an answer" in complaint.words
    assert "holds 100, not 90" in wallet.words


def test_a_win_that_raced_its_bet_may_be_refused_and_one_of_nothing_needs_no_row() -> None:
    """What was refused for good adds up to nothing, and so does a loss that was acknowledged."""
    model = model_of("done", "refused", "")
    model.operations[0].tied = model.operations[1].tied = True
    assert model.judge(books_of("bet -10")) == []
    model = model_of("done", "", "")
    [family] = model.families
    loss = Operation("acme", WALLET, Move(Act.WIN, WIN, Decimal(0), of=BET), family.bet)
    model.win(family, told(loss, "done"))
    assert model.judge(books_of("bet -10")) == []


def test_answers_to_one_operation_name_one_transaction() -> None:
    """Two successes with two ids contradict each other; an id of the studio's own, or of a refusal, is nobody's posting."""
    for transaction, said, kinds in (
        ("another", DONE, ["contradicted"]),
        ("mine", DONE, []),
        ("9-9", REFUSED, []),
    ):
        model = model_of("", "", "")
        heard = model.operations[0].heard
        heard.append(Heard(said, Reply(done=said is DONE, code="", transaction=transaction), "refused"))
        heard.append(Heard(DONE, Reply(done=True, code="", transaction="mine")))
        assert [complaint.kind for complaint in model.judge(books_of("bet -10, jackpot 0"))] == kinds
    model = model_of("", "", "")
    model.operations[0].heard.append(Heard(DONE, Reply(done=True, code="", transaction="1-2")))
    assert model.judge(books_of("bet -10, jackpot 0")) == []


def test_a_wallet_holds_what_the_answers_add_up_to() -> None:
    """A deposit that was acknowledged counts, one in doubt does not, and a cent more is seen."""
    model = model_of("done", "", "")
    model.deposits.append(Deposit(WALLET, 5, "e" * 32, done=True))
    books = books_of("bet -10, deposit 5")
    assert model.judge(books) == []
    books.wallets[WALLET] += Decimal("0.01")
    [complaint] = model.judge(books)
    assert complaint.kind == "contradicted"
    assert "holds 95.01, not 95" in complaint.words


class Reader:
    """A studio that reads one thing out of every answer."""

    undo_after = frozenset({"undone"})

    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def read(self, _move: Move, _answer: Answer) -> Reply:
        return self.reply


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(done=True, code="ok"), DONE),
        (Reply(done=False, code="poor"), REFUSED),
        (Reply(done=False, code="later", retry=True), AGAIN),
        (Reply(done=False, code="undone"), AGAIN),
        (Reply(done=True, code="ok", broken="no balance"), Said.NONSENSE),
    ],
)
def test_what_a_studio_reads_is_heard(reply: Reply, said: Said) -> None:
    """A success, a refusal, a word for later or for taking the bet back, and what is no answer; none at all is none."""
    answer, bet = Answer(200, {}, b"{}"), Move(Act.BET, BET)
    assert heard_of(Reader(reply), bet, answer).said is said
    assert heard_of(Reader(reply), bet, None).said is NOTHING
