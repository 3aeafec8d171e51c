"""The tables, one set for SQLite and PostgreSQL. Migrations make them: see migrations/.

Moments are in milliseconds since 1970, durations in microseconds, both whole numbers. Names that repeat in every row
stand once, in `journey`, `place` and `step_name`. `step` and `run` both say the journey and the moment, because a
month of percentiles must not join a million rows.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

ASKED_FOR = text("scheduled_ms IS NOT NULL")
"""Runs that a tick asked for."""
OPEN = text("state <> 'done'")
"""Ticks of which the outcome is not known yet."""
STANDING = text("resolved_ms IS NULL")
"""Incidents that are not over."""
WAITING = text("ended_ms IS NULL")
"""Letters that are still to be sent."""

BIG = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in an INTEGER."""

about = Table(
    "about",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

journey = Table(
    "journey",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    # As its newest run says:
    Column("seen_ms", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("stage", String),
    Column("owner", String),
    Column("criticality", String, nullable=False),
    Column("slo", Text),
    Column("schedule", Text),
)

place = Table(
    "place",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("region", String, nullable=False),
    Column("device", String, nullable=False),  # "" for none
    UniqueConstraint("region", "device"),
)

step_name = Table(
    "step_name",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("journey_id", ForeignKey("journey.id"), nullable=False),
    Column("path", Text, nullable=False),
    UniqueConstraint("journey_id", "path"),
)

run = Table(
    "run",
    metadata,
    Column("id", BIG, primary_key=True),
    Column("run_id", String, nullable=False, unique=True),
    Column("journey_id", ForeignKey("journey.id"), nullable=False),
    Column("place_id", ForeignKey("place.id"), nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("scheduled_ms", BigInteger),
    Column("attempt", SmallInteger, nullable=False),
    Column("verdict", String, nullable=False),
    Column("duration_us", BigInteger),
    Column("promised_us", BigInteger),
    Column("owner", String),
    Column("fault", String),
    Column("failed_step", Text),
    Column("claim", Text),
    Column("fingerprint", String),
    Column("release", String),
    Column("commit", String),
    Column("parameters", Text),  # as core.variants has them; none: without any, or not known
    Column("blocked_by", Text),  # the journey, as journey.key
    Index("run_by_journey", "journey_id", "started_ms", "place_id", "attempt", "verdict"),
    Index("run_by_time", "started_ms"),
    Index("run_by_tick", "scheduled_ms", "journey_id", sqlite_where=ASKED_FOR, postgresql_where=ASKED_FOR),
)

record = Table(
    "record",
    metadata,
    Column("id", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("zlib", LargeBinary, nullable=False),  # the whole record, as JSON
)

step = Table(
    "step",
    metadata,
    Column("run", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("journey_id", Integer, nullable=False),
    Column("place_id", Integer, nullable=False),
    Column("step_id", ForeignKey("step_name.id"), nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Column("verdict", String, nullable=False),
    Column("first", SmallInteger, nullable=False),  # 1 in a first attempt
    Column("owner", String),
    Column("sla_us", BigInteger),
    Index("step_by_journey", "journey_id", "started_ms", "step_id", "place_id", "duration_us", "first", "verdict"),
    sqlite_with_rowid=False,
)

measurement = Table(
    "measurement",
    metadata,
    Column("run", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("journey_id", Integer, nullable=False),
    Column("place_id", Integer, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("name", String, nullable=False),
    Column("value", Float, nullable=False),
    Column("unit", String, nullable=False),
    Column("carrier", String),
    Index("measurement_by_journey", "journey_id", "name", "started_ms"),
    sqlite_with_rowid=False,
)

artifact = Table(
    "artifact",
    metadata,
    Column("run", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("path", Text),
    Column("media_type", String, nullable=False),
    Column("size", BigInteger),
    Column("sha256", String),
    sqlite_with_rowid=False,
)

day = Table(
    "day",
    metadata,
    # What is left of the runs of a day when they are gone: how they ended, and how long they and their steps took.
    Column("day", Integer, primary_key=True),  # days since 1970, in UTC
    Column("journey_id", ForeignKey("journey.id"), primary_key=True),
    Column("place_id", ForeignKey("place.id"), primary_key=True),
    Column("counts", Text, nullable=False),  # {"passed": 280, "failed": 3}: of first attempts
    sqlite_with_rowid=False,
)

day_timing = Table(
    "day_timing",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("journey_id", ForeignKey("journey.id"), primary_key=True),
    Column("place_id", ForeignKey("place.id"), primary_key=True),
    Column("step_id", Integer, primary_key=True),  # 0: the whole journey
    Column("histogram", Text, nullable=False),
    sqlite_with_rowid=False,
)

lease = Table(
    "lease",
    metadata,
    # What one process holds, of all machines: an address of a pool, one made for a run, a run's part of the ledger.
    Column("kind", String, primary_key=True),  # "pool:sms", "made:shop/mail:email", "created"
    Column("name", Text, primary_key=True),
    Column("token", String),  # of who holds it; another one, or none, for whoever lost it
    Column("holder", Text),  # the same for people
    Column("until_ms", BigInteger, nullable=False),  # by the clock of the database, as is used_ms
    Column("used_ms", BigInteger, nullable=False),  # taken last; 0 for never
    Column("state", Text),  # what is remembered of an address, as JSON: message.AddressState
    sqlite_with_rowid=False,
)

late_message = Table(
    "late_message",
    metadata,
    Column("id", BIG, primary_key=True),
    Column("channel", String, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("told", Text, nullable=False),  # message.LateMessage as JSON
)

created = Table(
    "created",
    metadata,
    # What runs created in the product and nobody has removed yet.
    Column("run_id", String, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("product", Text, nullable=False),
    Column("told", Text, nullable=False),  # created.Created as JSON
    Column("tries", Text, nullable=False),  # the removals that failed, as a JSON list
    sqlite_with_rowid=False,
)

watched = Table(
    "watched",
    metadata,
    # Which journey is to run in which region, and up to where that was accounted for.
    Column("journey", String, primary_key=True),
    Column("region", String, primary_key=True),
    Column("since_ms", BigInteger, nullable=False),  # watched without a break
    Column("upto_ms", BigInteger),  # all ticks until then are in the book; none: it is not watched any more
    Column("seen_ms", BigInteger, nullable=False),  # when a scheduler said so last
    Column("told", Text, nullable=False),  # plan.Plan as JSON
    sqlite_with_rowid=False,
)

tick = Table(
    "tick",
    metadata,
    # The claim: who adds the row runs the journey then, and nobody else ever does.
    Column("journey", String, primary_key=True),
    Column("region", String, primary_key=True),
    Column("at_ms", BigInteger, primary_key=True),
    Column("state", String, nullable=False),  # ticks.State
    Column("token", String),  # of the process that claimed it; none once it is done
    Column("holder", Text),  # the same for people
    Column("until_ms", BigInteger, nullable=False),  # by the clock of the database
    Column("lasts_ms", BigInteger, nullable=False),  # how long before that it was renewed last
    Index("tick_open", "until_ms", sqlite_where=OPEN, postgresql_where=OPEN),
    sqlite_with_rowid=False,
)

agent = Table(
    "agent",
    metadata,
    # An agent of a fleet, as it told last how it is.
    Column("region", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("seen_ms", BigInteger, nullable=False),  # by the clock of the scheduler that heard it
    Column("told", Text, nullable=False),  # as JSON
    sqlite_with_rowid=False,
)

maintenance = Table(
    "maintenance",
    metadata,
    # Windows of maintenance that were begun by command. One that is over stays: targets are kept without it.
    Column("name", String, primary_key=True),
    Column("told", Text, nullable=False),  # maintenance.Maintenance as JSON
    Column("source", Text, nullable=False),  # for people: where it comes from
    sqlite_with_rowid=False,
)
alert_state = Table(
    "alert_state",
    metadata,
    # What is known of one journey between two looks at its runs.
    Column("journey", String, primary_key=True),
    Column("told", Text, nullable=False),  # analysis.alerting.State as JSON, with the checksum of its policy
    sqlite_with_rowid=False,
)

incident = Table(
    "incident",
    metadata,
    Column("id", String, primary_key=True),
    Column("opened_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("resolved_ms", BigInteger),
    Column("told", Text, nullable=False),  # alerting.Incident as JSON
    Index("incident_standing", "id", sqlite_where=STANDING, postgresql_where=STANDING),
    Index("incident_by_time", "changed_ms"),
    sqlite_with_rowid=False,
)

outgoing = Table(
    "outgoing",
    metadata,
    # The outbox: what one address is to be told. The address itself is a secret, and is not in it.
    Column("id", BIG, primary_key=True),
    Column("key", String, nullable=False, unique=True),  # the same for each try
    Column("incident", String, nullable=False),
    Column("turn", String, nullable=False),  # alerting.Turn
    Column("at_ms", BigInteger, nullable=False),
    Column("route", String, nullable=False),
    Column("address", String, nullable=False),  # its fingerprint
    Column("label", Text, nullable=False),  # what people may see of it
    Column("not_before_ms", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("ended_ms", BigInteger),  # sent, or given up
    Column("why", Text),  # it is not sent yet, or never will be; none once it is sent
    Index("outgoing_waiting", "id", sqlite_where=WAITING, postgresql_where=WAITING),
    Index("outgoing_by_incident", "incident"),
)
