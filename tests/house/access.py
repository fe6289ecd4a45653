"""Who may call which route: read this table before you change who may do what."""

from pro_app.security.roles import READERS, SITE_STAFF, Role

#: Roles → every route that is theirs.
_ROUTES = {
    ("public",): """
        GET /
        POST /language
        POST /look
        GET /my/manifest.webmanifest
        GET /my/shell/<version>
        GET /my/shell/<version>/<language>
        GET /my/sw.js
        GET /p/<token>
        POST /p/<token>
        GET /pin
        GET /signed-out
        GET /staff/sign-in
        POST /staff/sign-in
        POST /staff/start-over
        GET /static/<version>/<path:path>
    """,
    ("patient",): """
        PUT /api/drafts/<visit>
        PUT /api/forms/<submission_id>
        GET /api/phone
        GET /api/wording/<language>
        GET /my/data
        POST /my/data
        GET /my/form/<visit>
        POST /my/form/<visit>
        GET /my/form/<visit>/<int:page>
        POST /my/form/<visit>/<int:page>
        GET /my/form/<visit>/<int:page>/blanks
        POST /my/form/<visit>/<int:page>/blanks
        GET /my/form/<visit>/review
        GET /my/form/<visit>/send
        POST /my/form/<visit>/send
        POST /my/help
        GET /my/home
        GET /my/practice
        GET /my/received/<submission_id>
        POST /my/sign-out
    """,
    SITE_STAFF: """
        POST /staff/alerts/<int:alert>/close
        POST /staff/alerts/<int:alert>/take
        GET /staff/blank-form.pdf
        GET /staff/forms/<int:form_id>/correct
        POST /staff/forms/<int:form_id>/correct
        POST /staff/forms/<int:form_id>/decide
        GET /staff/forms/<int:form_id>/key-again
        POST /staff/forms/<int:form_id>/key-again
        POST /staff/forms/<int:form_id>/photographs
        POST /staff/forms/<int:form_id>/photographs/<int:scan>/remove
        POST /staff/forms/<int:form_id>/settle
        GET /staff/forms/decide
        GET /staff/forms/to-check
        POST /staff/patients/<number>/card
        GET /staff/patients/<number>/consents
        POST /staff/patients/<number>/consents
        GET /staff/patients/<number>/contact
        POST /staff/patients/<number>/contact
        POST /staff/patients/<number>/contact/erase
        POST /staff/patients/<number>/contact/look-up
        POST /staff/patients/<number>/contacts
        POST /staff/patients/<number>/contacts/<int:attempt>/take-back
        GET /staff/patients/<number>/contacts/remind/<visit>
        POST /staff/patients/<number>/events
        GET /staff/patients/<number>/events/<int:event>
        POST /staff/patients/<number>/events/<int:event>
        GET /staff/patients/<number>/events/new
        POST /staff/patients/<number>/link
        POST /staff/patients/<number>/links/<int:link>/revoke
        POST /staff/patients/<number>/pauses
        GET /staff/patients/<number>/pauses/<int:pause>
        POST /staff/patients/<number>/pauses/<int:pause>
        GET /staff/patients/<number>/pauses/new
        POST /staff/patients/<number>/pin-reset
        GET /staff/patients/<number>/record
        POST /staff/patients/<number>/record
        GET /staff/patients/<number>/requests
        POST /staff/patients/<number>/requests
        POST /staff/patients/<number>/requests/<int:asked>/answer
        POST /staff/patients/<number>/tablet
        GET /staff/patients/<number>/visits/<visit>/blank-form.pdf
        GET /staff/patients/<number>/visits/<visit>/key-in
        POST /staff/patients/<number>/visits/<visit>/key-in
        POST /staff/patients/<number>/visits/<visit>/reason
        POST /staff/queries/<int:query>/answer
        POST /staff/records/site/copies
        GET /staff/requests
        GET /staff/rescue
        POST /staff/rescue
        POST /staff/tasks/<int:task>/close
        POST /staff/tasks/<int:task>/take
        GET /staff/today
    """,
    (Role.INVESTIGATOR,): """
        POST /staff/corrections/<int:correction>/decline
        POST /staff/corrections/<int:correction>/sign
        POST /staff/patients/<number>/consents/decision
        GET /staff/patients/<number>/void
        POST /staff/patients/<number>/void
        POST /staff/records/<number>/<deed>
        POST /staff/records/<number>/visits/<visit>/<deed>
        POST /staff/records/site/<deed>
    """,
    (*SITE_STAFF, Role.MONITOR): """
        GET /staff/forms/<int:form_id>/photographs/<int:scan>
    """,
    (*SITE_STAFF, Role.DATA_MANAGER): """
        GET /staff/enrol
        POST /staff/enrol
        POST /staff/enrol/file
        GET /staff/enrol/files
    """,
    (*SITE_STAFF, Role.MONITOR, Role.DATA_MANAGER): """
        GET /staff/trail
        POST /staff/trail
    """,
    READERS: """
        GET /staff/compliance
        GET /staff/forms/<int:form_id>
        GET /staff/ledger
        GET /staff/patients/<number>
        POST /staff/patients/<number>/forms/<submission_id>/copy
        GET /staff/queries
        GET /staff/queries/<int:query>
        GET /staff/records
        GET /staff/records/<number>
    """,
    (Role.DATA_MANAGER, Role.STATISTICIAN, Role.MONITOR): """
        POST /staff/queries/<int:query>/<deed>
        GET /staff/queries/about/<number>
        POST /staff/queries/about/<number>
        GET /staff/queries/form/<int:form_id>
        POST /staff/queries/form/<int:form_id>
    """,
    (Role.DATA_MANAGER, Role.STATISTICIAN): """
        GET /staff/export
        POST /staff/export
        GET /staff/study
        GET /staff/wordings
        GET /staff/wordings/<int:pack>
    """,
    (Role.STATISTICIAN,): """
        GET /staff/patients/<number>/void/arm
        POST /staff/patients/<number>/void/arm
    """,
    (Role.DATA_MANAGER,): """
        POST /staff/records/study/<deed>
        GET /staff/review
        POST /staff/review/<int:form_id>/reject
        POST /staff/review/approve
        POST /staff/wordings/<int:pack>/release
    """,
    (Role.ADMINISTRATOR,): """
        GET /staff/people
        GET /staff/people/account/<name>
        POST /staff/people/account/<name>/disable
        POST /staff/people/account/<name>/enable
        POST /staff/people/account/<name>/password
        POST /staff/people/account/<name>/rights
        POST /staff/people/account/<name>/second-factor
        POST /staff/people/account/<name>/sessions
        GET /staff/people/clocks
        GET /staff/people/new
        POST /staff/people/new
        GET /staff/people/review
        POST /staff/people/review
        GET /staff/people/rights.csv
    """,
    tuple(Role): """
        GET /staff/
        GET /staff/account
        POST /staff/account/authenticator/remove
        POST /staff/account/passkeys/<int:passkey>/remove
        POST /staff/account/password
        POST /staff/account/recovery-codes
        POST /staff/account/sessions
        GET /staff/identifiers
        POST /staff/sign-out
    """,
    ("entering:CODE",): """
        GET /staff/code
        POST /staff/code
    """,
    ("entering:CHOOSE",): """
        GET /staff/own-password
        POST /staff/own-password
    """,
    (*Role, "entering:CODE"): """
        GET /staff/account/passkeys/challenge
    """,
    (*Role, "entering:SET_UP"): """
        GET /staff/account/authenticator
        POST /staff/account/authenticator
        POST /staff/account/authenticator/begin
        GET /staff/account/passkeys
        POST /staff/account/passkeys
        POST /staff/account/passkeys/add
    """,
}

#: "GET /staff/today" → who may call it.
ACCESS = {
    line.strip(): frozenset(map(str, roles))
    for roles, lines in _ROUTES.items()
    for line in lines.strip().splitlines()
}
