"""What PostgreSQL itself holds a viewer and a triager to (contract, Roles); SQLite has no logins.

Revision ID: 0005
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# A login that may change profiles is an admin or the owner; the rules below apply to all others. So no role is named here,
# and a site calls its roles as it likes.
_OTHERS = "not has_table_privilege(current_user, {profile}::regclass, 'update')"

_LOGIN = """
create or replace function refterm_own_login() returns trigger language plpgsql set search_path = {schema}, pg_temp as $body$
begin
    new.login = session_user;
    return new;
end $body$
"""
# An address as it stands in a contact's e-mail field, alone or within `Name <...>`, `mailto:` or a list. `mailto:` may
# have characters as percent and two hexadecimal digits.
_ADDRESSED = """
create or replace function refterm_addressed(email text, recipient text) returns boolean language plpgsql immutable
set search_path = {schema}, pg_temp as $body$
begin
    if position(chr(37) in email) > 0 and lower(email) ~ 'mailto:' then
        email = coalesce((
            select convert_from(string_agg(
                case when length(one) = 3 then decode(substr(one, 2), 'hex') else convert_to(one, 'UTF8') end,
                ''::bytea order by place), 'UTF8')
            from regexp_matches(email, chr(37) || '[0-9A-Fa-f]{{2}}|.', 'gs') with ordinality as found (part, place),
                lateral (select part[1] as one) as part
        ), email);
    end if;
    return coalesce((
        select bool_or(before ~ '(^|[[:space:]<;,:])$' and after ~ '^($|[[:space:]>;,?])')
        from (
            select part as before, lead(part) over (order by place) as after
            from unnest(string_to_array(email, recipient)) with ordinality as cut (part, place)
        ) as pairs
        where after is not null
    ), false);
end $body$
"""
_OWED = """
create or replace function refterm_owed() returns trigger language plpgsql set search_path = {schema}, pg_temp as $body$
declare
    one referral;
    customer boolean;
    allowed boolean;
begin
    select * into one from referral where id = new.referral_id;
    customer = new.recipient = '' or exists (
        select from json_array_elements(one.contacts::json) as person
        where refterm_addressed(person ->> 'email', new.recipient)
    );
    if new.kind in ('new-referral', 'reminder') then
        allowed = exists (
            select from profile, json_array_elements(profile.locations::json) as place,
                json_array_elements(place -> 'contacts') as person
            where profile.name = one.profile and person ->> 'email' = new.recipient
        );
    elsif new.kind = 'expired' then
        allowed = one.outcome = 'expired' and customer;
    elsif new.kind in ('declined', 'reply', 'assigned', 'follow-up') then
        allowed = customer or exists (
            select from setting where left(key, 7) = 'people.' and value = new.recipient
        );
    elsif new.kind = 'push' then
        allowed = customer or position('@' in new.recipient) = 0;
    end if;
    if not coalesce(allowed, false) or new.state not in ('held', 'due')
        or not exists (select from history where id = new.history_id and referral_id = new.referral_id)
    then
        raise exception using errcode = 'insufficient_privilege',
            message = 'permission denied: only an admin may owe this to ' || coalesce(new.recipient, 'nobody');
    end if;
    return new;
end $body$
"""
_OWN = """
create or replace function refterm_own_item() returns trigger language plpgsql set search_path = {schema}, pg_temp as $body$
begin
    if not exists (select from history where id = old.history_id and login = session_user) then
        raise exception using errcode = 'insufficient_privilege',
            message = 'permission denied: only an admin may retry or drop what others owe';
    end if;
    return new;
end $body$
"""
_TRIGGERS = (
    "create or replace trigger refterm_own_login before insert on history for each row when ({others})"
    " execute function refterm_own_login()",
    "create or replace trigger refterm_owed before insert on outbox for each row when ({others}) execute function refterm_owed()",
    # What delivery itself drops, because nobody needs it any more, is no letter to a customer.
    "create or replace trigger refterm_own_item before update on outbox for each row when ({others}"
    " and old.kind in ('new-referral', 'declined', 'expired', 'reply', 'push')"
    " and (new.state = 'dropped' and old.state <> 'dropped'"
    " or new.state in ('held', 'due') and old.state in ('failed', 'dropped')))"
    " execute function refterm_own_item()",
)


def upgrade() -> None:
    """Make the triggers of a server; a file has none."""
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    schema = bind.exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    profile = bind.exec_driver_sql("select quote_literal(quote_ident(current_schema()) || '.profile')").scalar_one()
    others = _OTHERS.format(profile=profile)
    for statement in (_LOGIN, _ADDRESSED, _OWED, _OWN, *_TRIGGERS):
        bind.exec_driver_sql(statement.format(schema=schema, others=others))
