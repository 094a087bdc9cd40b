"""Nouns and pure decisions, in the order of the path. Standard library only."""

from crawler.domain.alert import Alert, AlertState, Decision, Review
from crawler.domain.assessment import Assessment, FourTests, Level, Reason, Yield
from crawler.domain.audit import Act
from crawler.domain.calendar import Calendar
from crawler.domain.capture import (
    Box,
    Capture,
    Evidence,
    Exchange,
    Field,
    Flag,
    Hop,
    Outcome,
    PageKind,
    PageText,
    Route,
    Run,
)
from crawler.domain.case import Case
from crawler.domain.client import Client, Scope
from crawler.domain.delivery import Delivery, Endpoint, EventType, Receipt
from crawler.domain.discrepancy import Discrepancy, Holder, Listings
from crawler.domain.errors import BadInput, GiveUp, NotAllowed, TryLater, WatchError
from crawler.domain.exception import Exemption
from crawler.domain.family import Mark, MarkKind
from crawler.domain.filing import Change, Filing, FilingList, Refusal, SubjectKind
from crawler.domain.lead import Lead, LeadState
from crawler.domain.lexicon import Category, Hit, Lexicon, Term
from crawler.domain.page import Card, Contact, Form, Imprint, PageStructure
from crawler.domain.recapture import Recapture
from crawler.domain.retention import Hold, Removal, Retention
from crawler.domain.robots import RobotsRule, RobotsWord
from crawler.domain.site import Site, Sweep, Visit
from crawler.domain.subject import CreditClass, Listed, Register, RegisterList, Standing
from crawler.domain.task import Department, Feedback, SupervisionTask
from crawler.domain.telling import News, Telling, Way
from crawler.domain.user import Role, Session, User
from crawler.domain.verdict import Verdict

__all__ = [
    "Act", "Alert", "AlertState", "Assessment", "BadInput", "Box", "Calendar", "Capture", "Card",
    "Case", "Category", "Change", "Client", "Contact", "CreditClass", "Decision", "Delivery",
    "Department", "Discrepancy", "Endpoint", "EventType", "Evidence", "Exchange", "Exemption",
    "Feedback", "Field", "Filing", "FilingList", "Flag", "Form", "FourTests", "GiveUp", "Hit",
    "Hold", "Holder", "Hop", "Imprint", "Lead", "LeadState", "Level", "Lexicon", "Listed",
    "Listings", "Mark", "MarkKind", "News", "NotAllowed", "Outcome", "PageKind", "PageStructure",
    "PageText", "Reason", "Recapture", "Receipt", "Refusal", "Register", "RegisterList", "Removal",
    "Retention", "Review", "RobotsRule", "RobotsWord", "Role", "Route", "Run", "Scope", "Session",
    "Site", "Standing", "SubjectKind", "SupervisionTask", "Sweep", "Telling", "Term", "TryLater",
    "User", "Verdict", "Visit", "WatchError", "Way", "Yield",
]  # fmt: skip
