"""Who may do what here: role x aggregate -> scope, and the fields a role does not see."""

from crmkit.kernel.access import READ_ALL, Grant, Policy, Scope

_SELLER = Grant(read=Scope.OWN, write=Scope.OWN)
_MANAGER = Grant(read=Scope.SUBTREE, write=Scope.SUBTREE)
_DIRECTOR = Grant(read=Scope.ALL, write=Scope.ALL)
_MARKETER = Grant(read=Scope.ALL, write=Scope.ALL, actions={"convert": Scope.NONE})
_PARTNER = Grant(read=Scope.OWN, write=Scope.OWN, actions={"convert": Scope.NONE})
_OWN = Grant(read=Scope.OWN, write=Scope.OWN)
_REPORTER = Grant(read=Scope.OWN, write=Scope.OWN, actions={"judge": Scope.NONE})
_TELLER = Grant(
    read=Scope.OWN,
    write=Scope.OWN,
    actions={"triage": Scope.NONE},
    masks=frozenset({"owner_id"}),
)
_CHARGER = Grant(read=Scope.ALL, actions={"charge": Scope.ALL})
_REGISTER = {
    "sales_rep": _SELLER,
    "sales_manager": _MANAGER,
    "sales_director": _DIRECTOR,
    "marketing": _DIRECTOR,
}
_READERS = ("sales_rep", "sales_manager", "sales_director", "marketing", "partner")
_POOLS = {
    "sales_rep": READ_ALL,
    "sales_manager": READ_ALL,
    "sales_director": _DIRECTOR,
    "marketing": READ_ALL,
}

_STAFF = ("sales_rep", "sales_manager", "sales_director", "marketing", "finance", "delivery")
_KEEPER = Grant(read=Scope.SHARED, write=Scope.OWN)

POLICY = Policy(
    {
        "leads_view": dict.fromkeys(_STAFF, _KEEPER),
        "account": {
            "sales_rep": Grant(
                read=Scope.ALL, write=Scope.OWN, masks=frozenset({"annual_revenue"})
            ),
            "sales_manager": Grant(read=Scope.ALL, write=Scope.SUBTREE),
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
            "finance": READ_ALL,
            "delivery": READ_ALL,
        },
        "contact": {
            "sales_rep": _SELLER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
            "finance": READ_ALL,
            "delivery": READ_ALL,
        },
        "due_diligence": {
            "sales_rep": Grant(read=Scope.OWN, write=Scope.OWN, actions={"complete": Scope.NONE}),
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "finance": Grant(read=Scope.ALL, actions={"complete": Scope.ALL}),
        },
        "channel_partner": {
            "sales_rep": Grant(read=Scope.ALL, write=Scope.OWN),
            "sales_manager": Grant(read=Scope.ALL, write=Scope.SUBTREE),
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
            "finance": READ_ALL,
        },
        "lead": {
            "sales_rep": _SELLER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": _MARKETER,
            "partner": _PARTNER,
        },
        "lead_match": {  # 撞单 who is told that a colleague has such a lead, and whose it is
            "sales_rep": READ_ALL,
            "sales_manager": READ_ALL,
            "sales_director": READ_ALL,
            "marketing": READ_ALL,
        },
        "activity": {
            "sales_rep": _SELLER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
        },
        "work_plan": {
            "sales_rep": _SELLER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
        },
        "follow_up_template": {
            "sales_rep": READ_ALL,
            "sales_manager": READ_ALL,
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
        },
        "follow_up_plan": {
            "sales_rep": _SELLER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
        },
        "market_intel": {
            "sales_rep": _REPORTER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": _DIRECTOR,
            "partner": _REPORTER,
        },
        "feedback": {
            **dict.fromkeys(("sales_rep", "marketing", "finance", "delivery"), _TELLER),
            "sales_manager": Grant(
                read=Scope.SUBTREE, write=Scope.OWN, actions={"triage": Scope.SUBTREE}
            ),
            "sales_director": Grant(read=Scope.ALL, write=Scope.OWN, actions={"triage": Scope.ALL}),
            "auditor": Grant(read=Scope.ALL, masks=frozenset({"owner_id"})),
        },
        "survey_template": {
            "sales_rep": READ_ALL,
            "sales_manager": READ_ALL,
            "sales_director": _DIRECTOR,
            "marketing": _DIRECTOR,
        },
        "survey": {
            "sales_rep": _SELLER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": _DIRECTOR,
            "delivery": READ_ALL,
        },
        "pool": _POOLS,
        "pool_rule": _POOLS,
        "pool_member": _POOLS,
        "assignment_rule": _POOLS,
        "absence": {
            "sales_rep": _SELLER,
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": READ_ALL,
        },
        "lead_source": {
            "marketing": _DIRECTOR,
            "sales_director": _DIRECTOR,
            **dict.fromkeys(("sales_rep", "sales_manager", "finance", "partner"), READ_ALL),
        },
        "source_rule": dict.fromkeys(_READERS, READ_ALL),
        "lead_terms": dict.fromkeys(_READERS, READ_ALL) | {"sales_director": _DIRECTOR},
        "campaign": {
            "sales_rep": READ_ALL,
            "sales_manager": Grant(read=Scope.ALL, write=Scope.SUBTREE),
            "sales_director": _DIRECTOR,
            "marketing": Grant(read=Scope.ALL, write=Scope.ALL, actions={"approve": Scope.NONE}),
            "finance": _CHARGER,
        },
        "campaign_cost": {
            "sales_manager": Grant(read=Scope.ALL, write=Scope.SUBTREE),
            "sales_director": _DIRECTOR,
            "marketing": _DIRECTOR,
            "finance": _DIRECTOR,
        },
        "capture_form": {
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": _DIRECTOR,
        },
        "capture_failure": {
            "sales_manager": Grant(read=Scope.SUBTREE),
            "sales_director": READ_ALL,
            "marketing": READ_ALL,
        },
        "inbound_endpoint": {
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": _DIRECTOR,
        },
        "inbound_message": {
            "sales_manager": _MANAGER,
            "sales_director": _DIRECTOR,
            "marketing": _DIRECTOR,
        },
        "visit": _REGISTER,
        "questionnaire": {
            "sales_director": _DIRECTOR,
            "marketing": _DIRECTOR,
            **dict.fromkeys(("sales_rep", "sales_manager"), READ_ALL),
        },
        "visitor_survey": _REGISTER,
        "site_checklist": _REGISTER,
        "enquiry": _REGISTER,
        **dict.fromkeys(
            ("objection_entry", "question_set"),
            dict.fromkeys(("sales_rep", "sales_manager"), READ_ALL)
            | dict.fromkeys(("sales_director", "marketing"), _DIRECTOR),
        ),
        "offboarding": {"sales_manager": _MANAGER, "sales_director": _DIRECTOR},
        "erasure": {},  # 删除个人信息 administrators alone erase; auditors see that they did
        "scoring_rule": {
            "sales_director": _DIRECTOR,
            "marketing": _DIRECTOR,
            **dict.fromkeys(("sales_rep", "sales_manager"), READ_ALL),
        },
        "segment": {
            "sales_director": _DIRECTOR,
            "marketing": _DIRECTOR,
            **dict.fromkeys(("sales_rep", "sales_manager"), READ_ALL),
        },
        "score_model": {
            "sales_director": _DIRECTOR,
            "marketing": Grant(read=Scope.ALL, write=Scope.ALL, actions={"activate": Scope.NONE}),
            "sales_manager": READ_ALL,
        },
        "lead_field": {role: READ_ALL for role in _READERS},
        "lead_job": {role: _OWN for role in _READERS},
        **dict.fromkeys(("account_field", "contact_field"), dict.fromkeys(_STAFF, READ_ALL)),
        **dict.fromkeys(
            ("account_job", "contact_job", "feedback_job"), dict.fromkeys(_STAFF, _OWN)
        ),
        "activity_field": dict.fromkeys(_REGISTER, READ_ALL),
        **dict.fromkeys(("activity_job", "visit_job"), dict.fromkeys(_REGISTER, _OWN)),
    }
)
