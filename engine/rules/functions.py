"""Functions that a rule may call: everything that only computes.

A function that reads files, sleeps, changes sessions, or runs SQL that the parser cannot see is absent.
sqlglot knows many functions by a class of their own; those it does not know appear by their name.
"""

TYPED_REFUSED = frozenset(
    ("ReadCSV", "ReadParquet", "CurrentUser", "SessionUser", "CurrentRole", "CurrentCatalog", "XMLTable")
)

NAMES = frozenset(
    """
    abs acos age array_append array_cat array_fill array_length array_lower array_ndims array_position
    array_positions array_prepend array_remove array_replace array_to_json array_to_string array_upper ascii
    asin atan atan2 bit_length bool_and bool_or btrim cardinality cbrt ceil ceiling char_length
    character_length chr clock_timestamp coalesce concat concat_ws convert_from convert_to cos cot count
    crypt current_date current_time current_timestamp date date_bin date_part date_trunc datemultirange
    daterange decode degrees digest div encode exp extract factorial first_value floor format gcd
    gen_random_bytes gen_random_uuid gen_salt generate_series get_byte greatest height hmac host hostmask
    hstore inet_merge initcap int4multirange int4range int8multirange int8range isempty isfinite json_agg
    json_array_elements json_array_elements_text json_array_length json_build_array json_build_object
    json_each json_each_text json_extract_path json_extract_path_text json_object json_object_agg
    json_object_keys json_populate_record json_strip_nulls json_typeof jsonb_agg jsonb_array_elements
    jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each
    jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg
    jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array
    jsonb_path_query_first jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_typeof justify_days justify_hours
    justify_interval lag last_value lcm lead least left length ln log log10 lower lower_inc lower_inf lpad
    ltrim macaddr8_set7bit make_date make_interval make_time make_timestamp make_timestamptz masklen max md5
    min mod netmask network normalize now ntile nullif num_nonnulls num_nulls nummultirange numnode numrange
    octet_length overlay parse_ident phraseto_tsquery pi plainto_tsquery position power quote_ident
    quote_literal quote_nullable radians random range_merge rank regexp_count regexp_instr regexp_like
    regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr
    repeat replace reverse right round row row_number row_to_json rpad rtrim scale set_bit set_byte
    set_masklen setweight sha224 sha256 sha384 sha512 sign similarity sin split_part sqrt starts_with
    statement_timestamp string_agg string_to_array string_to_table strip strpos substr substring sum tan text
    timeofday to_ascii to_char to_date to_hex to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector
    transaction_timestamp translate trim trim_array trim_scale trunc ts_delete ts_filter ts_headline
    tsmultirange tsrange tstzmultirange tstzrange tsvector_to_array unaccent unistr unnest upper upper_inc
    upper_inf uuid_generate_v4 uuid_generate_v5 uuid_nil width_bucket xmlconcat xmlelement xmlforest
    """.split()
)

# The same in MySQL and MariaDB.
MYSQL_NAMES = frozenset(
    """
    abs acos adddate addtime aes_decrypt aes_encrypt ascii asin atan atan2 avg bin bin_to_uuid bit_and
    bit_count bit_length bit_or bit_xor ceil ceiling char char_length character_length chr coalesce compress
    concat concat_ws conv convert convert_tz cos cot count crc32 crc32c curdate current_date current_time
    current_timestamp curtime date date_add date_format date_sub datediff day dayname dayofmonth dayofweek
    dayofyear degrees elt exp export_set extract extractvalue field find_in_set floor format from_base64
    from_days from_unixtime geometryfromtext greatest group_concat hex hour if ifnull inet6_aton inet6_ntoa
    inet_aton inet_ntoa insert instr is_ipv4 is_ipv6 is_uuid isnull json_array json_array_append
    json_array_insert json_arrayagg json_compact json_contains json_contains_path json_depth json_detailed
    json_equals json_exists json_extract json_insert json_keys json_length json_loose json_merge
    json_merge_patch json_merge_preserve json_normalize json_object json_objectagg json_overlaps json_pretty
    json_query json_quote json_remove json_replace json_search json_set json_storage_size json_table
    json_type json_unquote json_valid json_value last_day lcase least left length ln locate log log10 log2
    lower lpad ltrim make_set makedate maketime max md5 microsecond mid min minute mod month monthname
    natural_sort_key now nullif nvl nvl2 oct octet_length ord period_add period_diff pi point polygon
    position pow power quarter quote radians rand random_bytes regexp_instr regexp_like regexp_replace
    regexp_substr repeat replace reverse right round row_number rpad rtrim sec_to_time second sha sha1 sha2
    sign sin soundex space sqrt st_astext st_aswkb st_geometryfromtext st_geomfromtext st_geomfromwkb st_x
    st_y str_to_date strcmp subdate substr substring substring_index subtime sum sysdate tan time
    time_format time_to_sec timediff timestamp timestampadd timestampdiff to_base64 to_char to_days
    to_seconds trim truncate ucase uncompress unhex unix_timestamp updatexml upper utc_date utc_time
    utc_timestamp uuid uuid_short uuid_to_bin values week weekday weekofyear weight_string year yearweek
    """.split()
)

# What else a rule may be made of, by the parser's own names.
NODES = frozenset(
    """
    Add Adjacent Alias All Any AtTimeZone Between BitString BitwiseAnd BitwiseLeftShift BitwiseNot
    BitwiseOr BitwiseRightShift BitwiseXor Boolean Bracket ByteString CTE CheckColumnConstraint
    Collate CollateColumnConstraint Column ColumnConstraint ColumnDef Constraint Create Cube DPipe
    DataType DataTypeParam DefaultColumnConstraint Delete Distinct Div Dot EQ Escape Except Fetch
    Filter ForeignKey From GT GTE GeneratedAsIdentityColumnConstraint Group GroupingSets Having
    HexString ILike Identifier In IndexParameters Insert IntDiv Intersect Interval Introducer Is
    JSONKeyValue JSONPath JSONPathFilter JSONPathKey JSONPathRecursive JSONPathRoot JSONPathSlice
    JSONPathSubscript JSONPathUnion JSONPathWildcard JSONValue Join Kwarg LT LTE Lateral Like
    LikeProperty Limit LimitOptions Literal Mod Mul NEQ National Neg Not NotNullColumnConstraint
    Null NullSafeEQ NullSafeNEQ ObjectIdentifier Offset OnCommitProperty OnConflict Order Ordered Overlaps
    Parameter Paren Placeholder PrimaryKey PrimaryKeyColumnConstraint Properties Property PropertyEQ
    PseudoType RawString Reference Returning Rollup Schema Select SimilarTo Slice Star Sub Subquery
    Table TableAlias TableSample TemporaryProperty TruncateTable Tuple UnicodeString Union
    UniqueColumnConstraint UniqueConstraint Update Values Var Variadic Where Window WindowSpec With
    WithDataProperty WithinGroup
    """.split()
)

# Known to give another value on each call; the server is asked about those that are not known.
VOLATILE = frozenset(
    """
    clock_timestamp gen_random_bytes gen_random_uuid gen_salt nextval rand random random_bytes random_normal
    setseed setval sys_guid timeofday uuid uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 uuid_short
    uuidv4 uuidv7
    """.split()
)

# Words before an opening bracket that call nothing.
SYNTAX = frozenset(
    """
    all and any array as asc between by case conflict cube desc distinct else end except exists false fetch
    filter from full group grouping having ilike in inner insert intersect into is isnull join lateral like
    limit materialized natural not notnull null offset on only or order outer over overlaps partition
    recursive returning row rows select set sets similar some symmetric then true union unique update using
    values when where window with within delete table do nothing rollup
    """.split()
)
# Words that call a function without brackets.
WORDS = frozenset(
    """
    current_catalog current_date current_role current_schema current_time current_timestamp current_user
    localtime localtimestamp session_user system_user user
    """.split()
)

# What depends on who is connected, on the session's own state, or on when exactly a statement began.
SESSION = frozenset(
    """
    current_catalog current_database current_query current_role current_schema current_schemas current_setting
    current_time current_user currval inet_client_addr inet_client_port inet_server_addr inet_server_port
    lastval localtime localtimestamp nextval pg_backend_pid pg_current_snapshot pg_current_xact_id
    pg_current_xact_id_if_assigned pg_is_in_recovery pg_my_temp_schema pg_postmaster_start_time
    session_user set_config setseed setval statement_timestamp system_user txid_current
    txid_current_if_assigned txid_current_snapshot user version
    """.split()
)
# Tell the moment of the transaction, and as which type.
TIMES = {
    "current_date": "date",
    "current_timestamp": "timestamptz",
    "now": "timestamptz",
    "transaction_timestamp": "timestamptz",
}
# Aggregates whose result follows the order in which rows come.
UNORDERED = frozenset(
    """
    array_agg first_value json_agg json_object_agg jsonb_agg jsonb_object_agg last_value mode percentile_disc
    string_agg xmlagg
    """.split()
)
