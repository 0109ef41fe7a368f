"""Functions that let no paper out: the balance, an account to choose, a card to register.

The gates were open, so what is left to ask is who wants it, and whether the policy offers it. The
cell of the matrix then says how firm the answer is.
"""

from failure_modes.case import Case
from failure_modes.decision import Decision
from failure_modes.functions import MATRIX
from failure_modes.vocabulary import Action, Function, Offer, Reason


def grant(function: Function, case: Case) -> Decision:
    """Allow `function` to a known and enabled user, provisionally where the matrix says so."""
    user = case.view.user
    if user is None:
        return case.answer(Action.DENY, Reason.UNKNOWN_USER, "person")
    if not user.enabled:
        return case.answer(Action.DENY, Reason.USER_DISABLED, "person")
    if function is Function.CLAIM_CARD and not case.policy.card_self_registration:
        return case.answer(Action.DENY, Reason.CARD_CLAIMS_OFF, "card_self_registration")
    offer = MATRIX[function, case.link, True]
    provisional = offer is Offer.PROVISIONAL
    reason = Reason.PROVISIONAL_HERE if provisional else Reason.FUNCTION_OFFERED
    return case.answer(Action.ALLOW, reason, "functions")
