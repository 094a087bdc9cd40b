CREATE TABLE anchors (
    id SERIAL NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    heads JSONB NOT NULL,
    told VARCHAR(200) NOT NULL,
    token BYTEA,
    CONSTRAINT pk_anchors PRIMARY KEY (id)
);

CREATE TABLE audit (
    seq SERIAL NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR(100) NOT NULL,
    action VARCHAR(60) NOT NULL,
    object VARCHAR(200) NOT NULL,
    region VARCHAR(6) NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    prev VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (seq)
);

CREATE INDEX ix_audit_actor_at ON audit (actor, at);

CREATE INDEX ix_audit_object ON audit (object);

CREATE TABLE cases (
    id SERIAL NOT NULL,
    number VARCHAR(40) NOT NULL,
    key VARCHAR(300) NOT NULL,
    title TEXT NOT NULL,
    category VARCHAR(40) NOT NULL,
    level VARCHAR(10) NOT NULL,
    region VARCHAR(6) NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_cases PRIMARY KEY (id),
    CONSTRAINT uq_cases_number UNIQUE (number)
);

CREATE INDEX ix_cases_key ON cases (key);

CREATE TABLE certificates (
    id SERIAL NOT NULL,
    kind VARCHAR(20) NOT NULL,
    "of" VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    region VARCHAR(6) NOT NULL,
    body BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    key BYTEA NOT NULL,
    CONSTRAINT pk_certificates PRIMARY KEY (id),
    CONSTRAINT uq_certificates_kind_of_region UNIQUE (kind, "of", region)
);

CREATE TABLE circuits (
    endpoint VARCHAR(100) NOT NULL,
    failures INTEGER NOT NULL,
    blocked_until TIMESTAMP WITH TIME ZONE,
    paused TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_circuits PRIMARY KEY (endpoint)
);

CREATE TABLE clients (
    id SERIAL NOT NULL,
    name VARCHAR(40) NOT NULL,
    token_digest VARCHAR(64) NOT NULL,
    scopes JSON NOT NULL,
    region VARCHAR(6) NOT NULL,
    endpoint VARCHAR(100) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    actor VARCHAR(100) NOT NULL,
    CONSTRAINT pk_clients PRIMARY KEY (id),
    CONSTRAINT uq_clients_name UNIQUE (name),
    CONSTRAINT uq_clients_token_digest UNIQUE (token_digest)
);

CREATE TABLE docked (
    sha256 VARCHAR(64) NOT NULL,
    source VARCHAR(200) NOT NULL,
    name VARCHAR(500) NOT NULL,
    state VARCHAR(20) NOT NULL,
    reason TEXT NOT NULL,
    list_id INTEGER,
    region VARCHAR(6) NOT NULL,
    actor VARCHAR(100) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_docked PRIMARY KEY (sha256, source)
);

CREATE INDEX ix_docked_state ON docked (state);

CREATE TABLE families (
    id SERIAL NOT NULL,
    region VARCHAR(6) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_families PRIMARY KEY (id)
);

CREATE TABLE feedbacks (
    id VARCHAR(100) NOT NULL,
    task_number VARCHAR(40) NOT NULL,
    body BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    taken BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_feedbacks PRIMARY KEY (id)
);

CREATE INDEX ix_feedbacks_task_number ON feedbacks (task_number);

CREATE TABLE filing_lists (
    id SERIAL NOT NULL,
    source VARCHAR(200) NOT NULL,
    name VARCHAR(500) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    size_bytes INTEGER NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    whole BOOLEAN NOT NULL,
    actor VARCHAR(100) NOT NULL,
    region VARCHAR(6) NOT NULL,
    rows INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    merged INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    CONSTRAINT pk_filing_lists PRIMARY KEY (id)
);

CREATE TABLE incoming_messages (
    id SERIAL NOT NULL,
    peer VARCHAR(100) NOT NULL,
    subject VARCHAR(60) NOT NULL,
    seq INTEGER NOT NULL,
    event VARCHAR(40) NOT NULL,
    message_id VARCHAR(256) NOT NULL,
    region VARCHAR(6) NOT NULL,
    level VARCHAR(10) NOT NULL,
    title TEXT NOT NULL,
    state VARCHAR(20) NOT NULL,
    domain VARCHAR(253) NOT NULL,
    task_no VARCHAR(40) NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    body BYTEA NOT NULL,
    CONSTRAINT pk_incoming_messages PRIMARY KEY (id),
    CONSTRAINT uq_incoming_messages_peer_subject UNIQUE (peer, subject)
);

CREATE INDEX ix_incoming_messages_region ON incoming_messages (region);

CREATE TABLE lexicons (
    number SERIAL NOT NULL,
    version VARCHAR(64) NOT NULL,
    author VARCHAR(100) NOT NULL,
    note TEXT NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_lexicons PRIMARY KEY (number)
);

CREATE TABLE links (
    chain VARCHAR(100) NOT NULL,
    seq INTEGER NOT NULL,
    capture_id VARCHAR(26) NOT NULL,
    digest VARCHAR(64) NOT NULL,
    link VARCHAR(64) NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_links PRIMARY KEY (chain, seq)
);

CREATE INDEX ix_links_capture_id ON links (capture_id);

CREATE TABLE notices (
    key VARCHAR(100) NOT NULL,
    text TEXT NOT NULL,
    region VARCHAR(6) NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE,
    over_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_notices PRIMARY KEY (key)
);

CREATE TABLE outbox (
    id VARCHAR(26) NOT NULL,
    event_key VARCHAR(64) NOT NULL,
    event VARCHAR(40) NOT NULL,
    endpoint VARCHAR(100) NOT NULL,
    subject VARCHAR(60) NOT NULL,
    seq INTEGER NOT NULL,
    body BYTEA NOT NULL,
    region VARCHAR(6) NOT NULL,
    state VARCHAR(20) NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    claim VARCHAR(40) DEFAULT '' NOT NULL,
    claimed_until TIMESTAMP WITH TIME ZONE,
    last_reason TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY (id),
    CONSTRAINT uq_outbox_endpoint_event_key UNIQUE (endpoint, event_key)
);

CREATE INDEX ix_outbox_endpoint_state_due_at ON outbox (endpoint, state, due_at);

CREATE INDEX ix_outbox_endpoint_subject_state_seq ON outbox (endpoint, subject, state, seq);

CREATE INDEX ix_outbox_subject_seq ON outbox (subject, seq);

CREATE TABLE register_lists (
    id SERIAL NOT NULL,
    register VARCHAR(60) NOT NULL,
    source VARCHAR(200) NOT NULL,
    as_of DATE NOT NULL,
    name VARCHAR(500) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    whole BOOLEAN NOT NULL,
    actor VARCHAR(100) NOT NULL,
    region VARCHAR(6) NOT NULL,
    rows INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    merged INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    dropped_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_register_lists PRIMARY KEY (id)
);

CREATE TABLE saved_searches (
    id SERIAL NOT NULL,
    owner VARCHAR(100) NOT NULL,
    name VARCHAR(200) NOT NULL,
    words TEXT NOT NULL,
    narrowing JSONB NOT NULL,
    region VARCHAR(6) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_saved_searches PRIMARY KEY (id)
);

CREATE INDEX ix_saved_searches_owner ON saved_searches (owner);

CREATE TABLE schedules (
    id SERIAL NOT NULL,
    name VARCHAR(60) NOT NULL,
    cron VARCHAR(200) NOT NULL,
    zone VARCHAR(60) NOT NULL,
    selection VARCHAR(60) NOT NULL,
    quiet VARCHAR(20) NOT NULL,
    officers JSON NOT NULL,
    render BOOLEAN NOT NULL,
    state VARCHAR(20) NOT NULL,
    region VARCHAR(6) NOT NULL,
    actor VARCHAR(100) NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    changes INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_schedules PRIMARY KEY (id)
);

CREATE UNIQUE INDEX uq_schedules_name ON schedules (name) WHERE state <> 'removed';

CREATE TABLE segments (
    name VARCHAR(200) NOT NULL,
    region VARCHAR(6) NOT NULL,
    committed INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE,
    sha256 VARCHAR(64) DEFAULT '' NOT NULL,
    CONSTRAINT pk_segments PRIMARY KEY (name)
);

CREATE TABLE sign_ins (
    id SERIAL NOT NULL,
    account VARCHAR(60) NOT NULL,
    address VARCHAR(60) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    succeeded BOOLEAN NOT NULL,
    CONSTRAINT pk_sign_ins PRIMARY KEY (id)
);

CREATE INDEX ix_sign_ins_account_at ON sign_ins (account, at);

CREATE INDEX ix_sign_ins_address_at ON sign_ins (address, at);

CREATE TABLE sites (
    id SERIAL NOT NULL,
    domain VARCHAR(253) NOT NULL,
    domain_shown VARCHAR(253) NOT NULL,
    region VARCHAR(6) NOT NULL,
    unit_name VARCHAR(500) NOT NULL,
    subject_kind VARCHAR(20) NOT NULL,
    site_name VARCHAR(500) NOT NULL,
    home_url TEXT,
    main_licence VARCHAR(100) NOT NULL,
    service_licence VARCHAR(100) NOT NULL,
    state VARCHAR(20) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    final_url TEXT,
    failures_in_a_row INTEGER DEFAULT 0 NOT NULL,
    text_digest VARCHAR(64) DEFAULT '' NOT NULL,
    needs_browser BOOLEAN DEFAULT false NOT NULL,
    rhythm_days INTEGER DEFAULT 7 NOT NULL,
    uscc VARCHAR(18) DEFAULT '' NOT NULL,
    last_outcome VARCHAR(20) DEFAULT '' NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE,
    last_picture_at TIMESTAMP WITH TIME ZONE,
    due_why VARCHAR(20) DEFAULT '' NOT NULL,
    unchanged INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR(100) NOT NULL,
    CONSTRAINT pk_sites PRIMARY KEY (id),
    CONSTRAINT uq_sites_domain UNIQUE (domain)
);

CREATE INDEX ix_sites_region ON sites (region);

CREATE INDEX ix_sites_state_due_at ON sites (state, due_at);

CREATE TABLE subjects (
    id SERIAL NOT NULL,
    register VARCHAR(60) NOT NULL,
    name VARCHAR(500) NOT NULL,
    name_key VARCHAR(500) NOT NULL,
    uscc VARCHAR(18) NOT NULL,
    domain VARCHAR(253) NOT NULL,
    credit_class VARCHAR(20) NOT NULL,
    region VARCHAR(6) NOT NULL,
    facts JSONB NOT NULL,
    source VARCHAR(200) NOT NULL,
    as_of DATE,
    CONSTRAINT pk_subjects PRIMARY KEY (id)
);

CREATE INDEX ix_subjects_domain ON subjects (domain);

CREATE INDEX ix_subjects_name_key ON subjects (name_key);

CREATE INDEX ix_subjects_register_source ON subjects (register, source);

CREATE INDEX ix_subjects_uscc ON subjects (uscc);

CREATE TABLE sweeps (
    id SERIAL NOT NULL,
    selection TEXT NOT NULL,
    state VARCHAR(20) NOT NULL,
    render BOOLEAN NOT NULL,
    actor VARCHAR(100) NOT NULL,
    region VARCHAR(6) NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    sites INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_sweeps PRIMARY KEY (id)
);

CREATE TABLE texts (
    digest VARCHAR(64) NOT NULL,
    fields BYTEA NOT NULL,
    structure JSONB,
    tokens JSONB,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    index_state VARCHAR(20) DEFAULT 'waiting' NOT NULL,
    index_reason TEXT DEFAULT '' NOT NULL,
    index_version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_texts PRIMARY KEY (digest)
);

CREATE INDEX ix_texts_index_state_first_seen_at ON texts (index_state, first_seen_at);

CREATE TABLE users (
    id SERIAL NOT NULL,
    name VARCHAR(60) NOT NULL,
    shown_name VARCHAR(60) NOT NULL,
    password_hash VARCHAR(200) NOT NULL,
    roles JSON NOT NULL,
    region VARCHAR(6) NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR(100) NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_name UNIQUE (name)
);

CREATE TABLE archived_segments (
    name VARCHAR(200) NOT NULL,
    region VARCHAR(6) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    bucket VARCHAR(300) NOT NULL,
    archived_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_archived_segments PRIMARY KEY (name),
    CONSTRAINT fk_archived_segments_name FOREIGN KEY(name) REFERENCES segments (name)
);

CREATE TABLE draws (
    sweep_id INTEGER NOT NULL,
    seed VARCHAR(64) NOT NULL,
    percent FLOAT NOT NULL,
    population INTEGER NOT NULL,
    officers JSON NOT NULL,
    region VARCHAR(6) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_draws PRIMARY KEY (sweep_id),
    CONSTRAINT fk_draws_sweep_id FOREIGN KEY(sweep_id) REFERENCES sweeps (id)
);

CREATE TABLE exceptions (
    id SERIAL NOT NULL,
    scope VARCHAR(20) NOT NULL,
    site_id INTEGER,
    domain VARCHAR(253) NOT NULL,
    subject VARCHAR(500) NOT NULL,
    subject_key VARCHAR(500) NOT NULL,
    term VARCHAR(100) NOT NULL,
    level VARCHAR(10) NOT NULL,
    categories JSONB NOT NULL,
    reason TEXT NOT NULL,
    actor VARCHAR(100) NOT NULL,
    region VARCHAR(6) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    approved_by VARCHAR(100) NOT NULL,
    approved_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_because TEXT DEFAULT '' NOT NULL,
    silenced INTEGER DEFAULT 0 NOT NULL,
    silenced_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_exceptions PRIMARY KEY (id),
    CONSTRAINT fk_exceptions_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE INDEX ix_exceptions_site_id ON exceptions (site_id);

CREATE INDEX ix_exceptions_subject_key ON exceptions (subject_key);

CREATE TABLE family_marks (
    site_id INTEGER NOT NULL,
    mark VARCHAR(120) NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_family_marks PRIMARY KEY (site_id, mark),
    CONSTRAINT fk_family_marks_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE INDEX ix_family_marks_mark ON family_marks (mark);

CREATE TABLE family_members (
    site_id INTEGER NOT NULL,
    family_id INTEGER NOT NULL,
    region VARCHAR(6) NOT NULL,
    shared JSONB NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_family_members PRIMARY KEY (site_id),
    CONSTRAINT fk_family_members_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_family_members_family_id FOREIGN KEY(family_id) REFERENCES families (id)
);

CREATE INDEX ix_family_members_family_id ON family_members (family_id);

CREATE TABLE filing_changes (
    id SERIAL NOT NULL,
    list_id INTEGER NOT NULL,
    change VARCHAR(20) NOT NULL,
    domain VARCHAR(253) NOT NULL,
    service_licence VARCHAR(100) NOT NULL,
    region VARCHAR(6) NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    CONSTRAINT pk_filing_changes PRIMARY KEY (id),
    CONSTRAINT fk_filing_changes_list_id FOREIGN KEY(list_id) REFERENCES filing_lists (id)
);

CREATE INDEX ix_filing_changes_list_id_change ON filing_changes (list_id, change);

CREATE TABLE filings (
    id SERIAL NOT NULL,
    source VARCHAR(200) NOT NULL,
    domain VARCHAR(253) NOT NULL,
    service_licence VARCHAR(100) NOT NULL,
    unit_name VARCHAR(500) NOT NULL,
    region VARCHAR(6) NOT NULL,
    filing TEXT NOT NULL,
    digest VARCHAR(64) NOT NULL,
    row INTEGER NOT NULL,
    first_list_id INTEGER NOT NULL,
    last_list_id INTEGER NOT NULL,
    gone_list_id INTEGER,
    CONSTRAINT pk_filings PRIMARY KEY (id),
    CONSTRAINT uq_filings_source_domain_service_licence UNIQUE (source, domain, service_licence),
    CONSTRAINT fk_filings_first_list_id FOREIGN KEY(first_list_id) REFERENCES filing_lists (id),
    CONSTRAINT fk_filings_last_list_id FOREIGN KEY(last_list_id) REFERENCES filing_lists (id),
    CONSTRAINT fk_filings_gone_list_id FOREIGN KEY(gone_list_id) REFERENCES filing_lists (id)
);

CREATE INDEX ix_filings_domain ON filings (domain);

CREATE INDEX ix_filings_service_licence ON filings (service_licence);

CREATE TABLE firings (
    id SERIAL NOT NULL,
    schedule_id INTEGER NOT NULL,
    fire_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR(20) NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    sweep_id INTEGER,
    asked_by VARCHAR(100) DEFAULT '' NOT NULL,
    stop_asked BOOLEAN DEFAULT false NOT NULL,
    runner VARCHAR(200) DEFAULT '' NOT NULL,
    region VARCHAR(6) NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_firings PRIMARY KEY (id),
    CONSTRAINT uq_firings_schedule_id_fire_at UNIQUE (schedule_id, fire_at),
    CONSTRAINT fk_firings_schedule_id FOREIGN KEY(schedule_id) REFERENCES schedules (id),
    CONSTRAINT fk_firings_sweep_id FOREIGN KEY(sweep_id) REFERENCES sweeps (id)
);

CREATE INDEX ix_firings_state ON firings (state);

CREATE TABLE leads (
    id SERIAL NOT NULL,
    url TEXT NOT NULL,
    domain VARCHAR(253) NOT NULL,
    channel VARCHAR(100) NOT NULL,
    reference VARCHAR(100) NOT NULL,
    words TEXT NOT NULL,
    reporter VARCHAR(100) NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR(100) NOT NULL,
    region VARCHAR(6) NOT NULL,
    site_id INTEGER NOT NULL,
    joined BOOLEAN NOT NULL,
    state VARCHAR(20) NOT NULL,
    answer TEXT DEFAULT '' NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_leads PRIMARY KEY (id),
    CONSTRAINT fk_leads_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE INDEX ix_leads_site_id ON leads (site_id);

CREATE INDEX ix_leads_state_received_at ON leads (state, received_at);

CREATE UNIQUE INDEX uq_leads_reference ON leads (channel, reference) WHERE reference <> '';

CREATE TABLE pulls (
    endpoint VARCHAR(100) NOT NULL,
    position INTEGER NOT NULL,
    delivery_id VARCHAR(26) NOT NULL,
    fetched_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_pulls PRIMARY KEY (endpoint, position),
    CONSTRAINT fk_pulls_delivery_id FOREIGN KEY(delivery_id) REFERENCES outbox (id)
);

CREATE INDEX ix_pulls_delivery_id ON pulls (delivery_id);

CREATE TABLE receipts (
    id SERIAL NOT NULL,
    delivery_id VARCHAR(26) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    status INTEGER,
    reason TEXT NOT NULL,
    body BYTEA NOT NULL,
    CONSTRAINT pk_receipts PRIMARY KEY (id),
    CONSTRAINT fk_receipts_delivery_id FOREIGN KEY(delivery_id) REFERENCES outbox (id)
);

CREATE INDEX ix_receipts_delivery_id ON receipts (delivery_id);

CREATE TABLE refusals (
    id SERIAL NOT NULL,
    list_id INTEGER NOT NULL,
    row INTEGER NOT NULL,
    "column" VARCHAR(100) NOT NULL,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_refusals PRIMARY KEY (id),
    CONSTRAINT fk_refusals_list_id FOREIGN KEY(list_id) REFERENCES filing_lists (id)
);

CREATE INDEX ix_refusals_list_id ON refusals (list_id);

CREATE TABLE saved_finds (
    search_id INTEGER NOT NULL,
    text_digest VARCHAR(64) NOT NULL,
    site_id INTEGER NOT NULL,
    capture_id VARCHAR(26) NOT NULL,
    region VARCHAR(6) NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_saved_finds PRIMARY KEY (search_id, text_digest, site_id),
    CONSTRAINT fk_saved_finds_search_id FOREIGN KEY(search_id) REFERENCES saved_searches (id),
    CONSTRAINT fk_saved_finds_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE INDEX ix_saved_finds_search_id_found_at ON saved_finds (search_id, found_at);

CREATE TABLE saved_views (
    id SERIAL NOT NULL,
    user_id INTEGER NOT NULL,
    page VARCHAR(40) NOT NULL,
    name VARCHAR(40) NOT NULL,
    query TEXT NOT NULL,
    region VARCHAR(6) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_saved_views PRIMARY KEY (id),
    CONSTRAINT uq_saved_views_user_id_page_name UNIQUE (user_id, page, name),
    CONSTRAINT fk_saved_views_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE sessions (
    digest VARCHAR(64) NOT NULL,
    user_id INTEGER NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    address VARCHAR(60) NOT NULL,
    region VARCHAR(6) NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_because VARCHAR(40) DEFAULT '' NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (digest),
    CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE TABLE tasks (
    id SERIAL NOT NULL,
    number VARCHAR(40) NOT NULL,
    case_id INTEGER NOT NULL,
    state VARCHAR(20) NOT NULL,
    level VARCHAR(10) NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    region VARCHAR(6) NOT NULL,
    lead_code VARCHAR(40) NOT NULL,
    lead_name VARCHAR(200) NOT NULL,
    cooperating JSONB NOT NULL,
    rule TEXT NOT NULL,
    contested TEXT DEFAULT '' NOT NULL,
    joint JSONB DEFAULT '[]' NOT NULL,
    drafted_by VARCHAR(100) NOT NULL,
    approved_by VARCHAR(100) NOT NULL,
    needs_approval BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    acknowledge_by TIMESTAMP WITH TIME ZONE,
    answer_by TIMESTAMP WITH TIME ZONE,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    suspended_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    conclusion VARCHAR(20),
    returns INTEGER DEFAULT 0 NOT NULL,
    seq INTEGER NOT NULL,
    CONSTRAINT pk_tasks PRIMARY KEY (id),
    CONSTRAINT uq_tasks_number UNIQUE (number),
    CONSTRAINT fk_tasks_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

CREATE INDEX ix_tasks_case_id ON tasks (case_id);

CREATE INDEX ix_tasks_state_due_at ON tasks (state, due_at);

CREATE TABLE text_places (
    text_digest VARCHAR(64) NOT NULL,
    site_id INTEGER NOT NULL,
    region VARCHAR(6) NOT NULL,
    level VARCHAR(10) DEFAULT 'none' NOT NULL,
    categories JSONB NOT NULL,
    rates JSONB NOT NULL,
    terms JSONB NOT NULL,
    capture_id VARCHAR(26) NOT NULL,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    unwatched BOOLEAN NOT NULL,
    CONSTRAINT pk_text_places PRIMARY KEY (text_digest, site_id),
    CONSTRAINT fk_text_places_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE INDEX ix_text_places_site_id ON text_places (site_id);

CREATE INDEX ix_text_places_unwatched ON text_places (text_digest) WHERE unwatched;

CREATE TABLE visits (
    id SERIAL NOT NULL,
    sweep_id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    region VARCHAR(6) NOT NULL,
    state VARCHAR(20) NOT NULL,
    outcome VARCHAR(20) DEFAULT '' NOT NULL,
    tries INTEGER DEFAULT 0 NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_owner VARCHAR(200) DEFAULT '' NOT NULL,
    render_reason VARCHAR(40) DEFAULT '' NOT NULL,
    urgency INTEGER DEFAULT 0 NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_visits PRIMARY KEY (id),
    CONSTRAINT uq_visits_sweep_id_site_id UNIQUE (sweep_id, site_id),
    CONSTRAINT fk_visits_sweep_id FOREIGN KEY(sweep_id) REFERENCES sweeps (id),
    CONSTRAINT fk_visits_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE INDEX ix_visits_site_id ON visits (site_id);

CREATE INDEX ix_visits_sweep_id_outcome_region ON visits (sweep_id, outcome, region);

CREATE INDEX ix_visits_sweep_id_state_urgency_id ON visits (sweep_id, state, urgency, id);

CREATE TABLE alerts (
    id SERIAL NOT NULL,
    site_id INTEGER NOT NULL,
    visit_id INTEGER NOT NULL,
    case_id INTEGER NOT NULL,
    state VARCHAR(20) NOT NULL,
    level VARCHAR(10) NOT NULL,
    score FLOAT NOT NULL,
    sentence TEXT NOT NULL,
    region VARCHAR(6) NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    repeats INTEGER DEFAULT 0 NOT NULL,
    reopened INTEGER DEFAULT 0 NOT NULL,
    found JSONB NOT NULL,
    text_digest VARCHAR(64) DEFAULT '' NOT NULL,
    decided_digest VARCHAR(64) DEFAULT '' NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_alerts PRIMARY KEY (id),
    CONSTRAINT fk_alerts_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_alerts_visit_id FOREIGN KEY(visit_id) REFERENCES visits (id),
    CONSTRAINT fk_alerts_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

CREATE INDEX ix_alerts_case_id ON alerts (case_id);

CREATE INDEX ix_alerts_site_id_id ON alerts (site_id, id);

CREATE INDEX ix_alerts_state_level ON alerts (state, level);

CREATE UNIQUE INDEX uq_alerts_open ON alerts (site_id) WHERE state = 'open';

CREATE TABLE assessments (
    id SERIAL NOT NULL,
    visit_id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    region VARCHAR(6) NOT NULL,
    level VARCHAR(10) NOT NULL,
    score FLOAT NOT NULL,
    categories JSONB NOT NULL,
    rates JSONB NOT NULL,
    sentence TEXT NOT NULL,
    text_digest VARCHAR(64) NOT NULL,
    lexicon_version VARCHAR(64) NOT NULL,
    judged_at TIMESTAMP WITH TIME ZONE NOT NULL,
    current BOOLEAN NOT NULL,
    body JSONB NOT NULL,
    CONSTRAINT pk_assessments PRIMARY KEY (id),
    CONSTRAINT fk_assessments_visit_id FOREIGN KEY(visit_id) REFERENCES visits (id),
    CONSTRAINT fk_assessments_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE INDEX ix_assessments_site_id_judged_at ON assessments (site_id, judged_at);

CREATE INDEX ix_assessments_text_digest ON assessments (text_digest);

CREATE INDEX ix_assessments_visit_id ON assessments (visit_id);

CREATE UNIQUE INDEX uq_assessments_current ON assessments (visit_id) WHERE current;

CREATE TABLE captures (
    id VARCHAR(26) NOT NULL,
    visit_id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    region VARCHAR(6) NOT NULL,
    fetcher VARCHAR(10) NOT NULL,
    profile VARCHAR(10) NOT NULL,
    outcome VARCHAR(20) NOT NULL,
    reason TEXT NOT NULL,
    flags JSONB NOT NULL,
    status INTEGER,
    final_url TEXT NOT NULL,
    title TEXT NOT NULL,
    page_kind VARCHAR(20) NOT NULL,
    text_digest VARCHAR(64) NOT NULL,
    body_sha256 VARCHAR(64) NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE NOT NULL,
    manifest TEXT NOT NULL,
    manifest_sha256 VARCHAR(64) NOT NULL,
    runs BYTEA,
    CONSTRAINT pk_captures PRIMARY KEY (id),
    CONSTRAINT fk_captures_visit_id FOREIGN KEY(visit_id) REFERENCES visits (id),
    CONSTRAINT fk_captures_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE INDEX ix_captures_site_id_ended_at ON captures (site_id, ended_at);

CREATE INDEX ix_captures_text_digest ON captures (text_digest);

CREATE INDEX ix_captures_visit_id ON captures (visit_id);

CREATE TABLE discrepancies (
    visit_id INTEGER NOT NULL,
    kind VARCHAR(30) NOT NULL,
    site_id INTEGER NOT NULL,
    region VARCHAR(6) NOT NULL,
    text TEXT NOT NULL,
    captures JSONB NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_discrepancies PRIMARY KEY (visit_id, kind),
    CONSTRAINT fk_discrepancies_visit_id FOREIGN KEY(visit_id) REFERENCES visits (id),
    CONSTRAINT fk_discrepancies_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE INDEX ix_discrepancies_kind_region ON discrepancies (kind, region);

CREATE INDEX ix_discrepancies_site_id ON discrepancies (site_id);

CREATE TABLE drawn_sites (
    sweep_id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    officer VARCHAR(100) NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_drawn_sites PRIMARY KEY (sweep_id, site_id),
    CONSTRAINT fk_drawn_sites_sweep_id FOREIGN KEY(sweep_id) REFERENCES draws (sweep_id),
    CONSTRAINT fk_drawn_sites_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE TABLE picture_texts (
    capture_id VARCHAR(26) NOT NULL,
    visit_id INTEGER NOT NULL,
    region VARCHAR(6) NOT NULL,
    field BYTEA NOT NULL,
    qr_codes JSONB NOT NULL,
    evidence JSONB NOT NULL,
    tool VARCHAR(200) NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_picture_texts PRIMARY KEY (capture_id),
    CONSTRAINT fk_picture_texts_visit_id FOREIGN KEY(visit_id) REFERENCES visits (id)
);

CREATE INDEX ix_picture_texts_visit_id ON picture_texts (visit_id);

CREATE TABLE task_attachments (
    id SERIAL NOT NULL,
    task_id INTEGER NOT NULL,
    name VARCHAR(200) NOT NULL,
    media_type VARCHAR(100) NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    content BYTEA NOT NULL,
    actor VARCHAR(100) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_task_attachments PRIMARY KEY (id),
    CONSTRAINT fk_task_attachments_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);

CREATE UNIQUE INDEX ix_task_attachments_task_id_sha256 ON task_attachments (task_id, sha256);

CREATE TABLE task_moves (
    id SERIAL NOT NULL,
    task_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    move VARCHAR(20) NOT NULL,
    state VARCHAR(20) NOT NULL,
    actor VARCHAR(100) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    note TEXT NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_task_moves PRIMARY KEY (id),
    CONSTRAINT uq_task_moves_task_id_seq UNIQUE (task_id, seq),
    CONSTRAINT fk_task_moves_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);

CREATE TABLE task_reminders (
    id SERIAL NOT NULL,
    task_id INTEGER NOT NULL,
    urgency VARCHAR(20) NOT NULL,
    limit_at TIMESTAMP WITH TIME ZONE NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_task_reminders PRIMARY KEY (id),
    CONSTRAINT uq_task_reminders_task_id_urgency_limit_at UNIQUE (task_id, urgency, limit_at),
    CONSTRAINT fk_task_reminders_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);

CREATE TABLE task_results (
    id SERIAL NOT NULL,
    task_id INTEGER NOT NULL,
    department VARCHAR(40) NOT NULL,
    conclusion VARCHAR(20) NOT NULL,
    note TEXT NOT NULL,
    actor VARCHAR(100) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_task_results PRIMARY KEY (id),
    CONSTRAINT uq_task_results_task_id_department UNIQUE (task_id, department),
    CONSTRAINT fk_task_results_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);

CREATE TABLE case_records (
    id SERIAL NOT NULL,
    case_id INTEGER NOT NULL,
    capture_id VARCHAR(26) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    hop INTEGER NOT NULL,
    file VARCHAR(200) NOT NULL,
    "offset" INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    stored_sha256 VARCHAR(64) NOT NULL,
    region VARCHAR(6) NOT NULL,
    copied_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_case_records PRIMARY KEY (id),
    CONSTRAINT fk_case_records_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
    CONSTRAINT fk_case_records_capture_id FOREIGN KEY(capture_id) REFERENCES captures (id)
);

CREATE INDEX ix_case_records_capture_id ON case_records (capture_id);

CREATE INDEX ix_case_records_file ON case_records (file);

CREATE TABLE rechecks (
    id SERIAL NOT NULL,
    task_id INTEGER NOT NULL,
    alert_id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    region VARCHAR(6) NOT NULL,
    day INTEGER NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    before_visit_id INTEGER NOT NULL,
    after_visit_id INTEGER,
    result VARCHAR(20) NOT NULL,
    level VARCHAR(10) DEFAULT '' NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_rechecks PRIMARY KEY (id),
    CONSTRAINT uq_rechecks_task_id_alert_id_day UNIQUE (task_id, alert_id, day),
    CONSTRAINT fk_rechecks_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_rechecks_alert_id FOREIGN KEY(alert_id) REFERENCES alerts (id),
    CONSTRAINT fk_rechecks_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_rechecks_before_visit_id FOREIGN KEY(before_visit_id) REFERENCES visits (id),
    CONSTRAINT fk_rechecks_after_visit_id FOREIGN KEY(after_visit_id) REFERENCES visits (id)
);

CREATE INDEX ix_rechecks_result_due_at ON rechecks (result, due_at);

CREATE INDEX ix_rechecks_site_id_result ON rechecks (site_id, result);

CREATE TABLE reviews (
    id SERIAL NOT NULL,
    alert_id INTEGER NOT NULL,
    decision VARCHAR(20) NOT NULL,
    actor VARCHAR(100) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT NOT NULL,
    misled_by JSONB NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_reviews PRIMARY KEY (id),
    CONSTRAINT fk_reviews_alert_id FOREIGN KEY(alert_id) REFERENCES alerts (id)
);

CREATE INDEX ix_reviews_alert_id ON reviews (alert_id);
