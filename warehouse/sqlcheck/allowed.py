"""What SQL may be made of: closed lists of functions, types and engine nodes.

Whatever is not listed is refused, so a new engine version opens nothing.
Left out on purpose: functions that read files, settings or other queries, that
sleep or write, that take code (lambdas), or that grow a value to any size
(repeat, lpad, format, range as a list).
"""

from __future__ import annotations

from sqlglot import exp

_OPERATORS = """
    + - * / // % ** ^ || & | ~ << >> xor ~~ !~~ ~~* !~~* -> ->>
    like_escape not_like_escape ilike_escape not_ilike_escape
"""
_AGGREGATES = """
    count count_star count_if countif sum avg mean min max any_value first last
    arg_max arg_min max_by min_by argmax argmin median mode quantile quantile_cont
    quantile_disc percentile_cont percentile_disc approx_quantile approx_count_distinct
    stddev stddev_samp stddev_pop variance var_samp var_pop corr covar_pop covar_samp
    regr_slope regr_intercept regr_r2 regr_count skewness kurtosis entropy
    bool_and bool_or grouping string_agg group_concat listagg list array_agg
"""
_WINDOWS = """
    row_number rank dense_rank percent_rank cume_dist ntile lag lead
    first_value last_value nth_value
"""
_NUMBERS = """
    abs ceil ceiling floor round trunc sqrt cbrt exp ln log log2 log10 pow power mod sign
    greatest least isnan isinf isfinite fdiv fmod pi sin cos tan asin acos atan atan2
    radians degrees nullif ifnull if coalesce
"""
_STRINGS = """
    lower upper lcase ucase length len strlen char_length character_length trim ltrim rtrim
    substr substring left right replace reverse concat concat_ws contains starts_with
    ends_with prefix suffix position strpos instr split_part string_split str_split
    regexp_matches regexp_extract regexp_replace regexp_full_match ascii chr translate
    md5 sha256 json_extract json_extract_string
"""
_TIMES = """
    now today current_date current_timestamp get_current_timestamp current_localtimestamp
    localtimestamp date_trunc datetrunc date_part datepart extract date_diff datediff
    date_add date_sub datesub age year quarter month week weekofyear isoyear yearweek day
    dayofweek weekday isodow dayofmonth dayofyear hour minute second millisecond microsecond
    epoch epoch_ms epoch_us epoch_ns to_timestamp make_date make_time make_timestamp strftime
    strptime try_strptime time_bucket last_day dayname monthname timezone to_years to_months
    to_weeks to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds date
"""
_LISTS = """
    list_value row list_contains list_has array_contains array_length list_extract
    array_extract list_sort list_distinct list_max list_min
"""

FUNCTIONS = frozenset(
    (_OPERATORS + _AGGREGATES + _WINDOWS + _NUMBERS + _STRINGS + _TIMES + _LISTS).split()
)
SERIES = frozenset({"range", "generate_series"})
"""The only table functions, with constant bounds."""
CALLABLE = FUNCTIONS | SERIES

_TYPES = """
    varchar text string char bpchar nvarchar tinyint smallint integer int int1 int2 int4 int8
    bigint hugeint int128 utinyint usmallint uinteger ubigint uhugeint float float4 float8 real
    double
    decimal numeric boolean bool date time timestamp datetime timestamptz timestamp_s
    timestamp_ms timestamp_us timestamp_ns interval json list array
    """
TYPES = frozenset(_TYPES.split()) | {
    "timestamp with time zone",
    "timestamp without time zone",
    "double precision",
}

_ENGINE_CLASSES = """
    COLUMN_REF CONSTANT FUNCTION CAST CASE BETWEEN OPERATOR CONJUNCTION COMPARISON SUBQUERY
    STAR WINDOW TYPE
    """
ENGINE_CLASSES = frozenset(_ENGINE_CLASSES.split())
"""Expression classes of the engine's own syntax tree."""

_ENGINE_OPERATORS = """
    OPERATOR_NOT OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE OPERATOR_NULLIF
    COMPARE_IN COMPARE_NOT_IN ARRAY_EXTRACT OPERATOR_TRY ARRAY_CONSTRUCTOR GROUPING_FUNCTION
    """
ENGINE_OPERATORS = frozenset(_ENGINE_OPERATORS.split())

_ENGINE_NODES = """
    SELECT_NODE SET_OPERATION_NODE BASE_TABLE SUBQUERY JOIN EMPTY TABLE_FUNCTION EXPRESSION_LIST
    PIVOT ORDER_MODIFIER LIMIT_MODIFIER DISTINCT_MODIFIER ORDER_DEFAULT ASCENDING DESCENDING
    """
ENGINE_NODES = frozenset(_ENGINE_NODES.split())
"""Query nodes, table references and modifiers of the engine's own syntax tree."""

ENGINE_JOINS = frozenset({"REGULAR", "CROSS"})

_SYNTAX = """
    Select Union Intersect Except Subquery From Where Group Having Order Ordered Limit Offset
    Distinct With CTE Table TableAlias Join Identifier Column Star Alias Literal Boolean Null
    Paren Tuple Neg Not Is NullSafeEQ NullSafeNEQ EQ NEQ GT GTE LT LTE Like ILike Escape
    And Or Xor Add Sub Mul Div IntDiv Mod DPipe BitwiseAnd BitwiseOr BitwiseXor BitwiseNot
    BitwiseLeftShift BitwiseRightShift Between In Exists Any All Case If Cast TryCast DataType
    DataTypeParam Interval IntervalSpan Var Window WindowSpec Filter WithinGroup IgnoreNulls
    RespectNulls Qualify Values Pivot JSONPath JSONPathRoot JSONPathKey AtTimeZone Bracket
    Cube Rollup GroupingSets SimilarTo
    """
# Functions whose class in sqlglot has other names than the engine's.
_TYPED_FUNCTIONS = """
    And Or Xor Not Case If Cast TryCast Coalesce Nullif In Between Exists Extract TsOrDsAdd
    JSONExtract JSONExtractScalar Anonymous AnonymousAggFunc CombinedAggFunc Array Struct
    Quantile ApproxQuantile PercentileCont PercentileDisc GroupConcat ArrayAgg AnyValue
    ArgMax ArgMin CountIf LogicalAnd LogicalOr Median Mode StddevSamp StddevPop Variance
    VariancePop StrPosition StrToTime TimeToStr UnixToTime TimestampTrunc DateTrunc DateBin
    DateDiff DateAdd DateSub TimestampDiff CurrentDate CurrentTimestamp CurrentTimestampLTZ
    RegexpLike RegexpExtract RegexpReplace RegexpFullMatch RegexpILike Split SplitPart
    StartsWith EndsWith Contains ArrayContains ArraySize GenerateSeries GenerateDateArray
    MD5 SHA2 Substring Trim Length Lower Upper Left Right Concat ConcatWs SafeConcat
    TimeToUnix ApproxDistinct DPipe Pow Ln Log TimeStrToTime ToDays Localtimestamp
    DateFromParts TimestampFromParts TimeFromParts
    """

SQLGLOT_NODES = frozenset((_SYNTAX + _TYPED_FUNCTIONS).split()) | {
    kind.__name__
    for kind in exp.ALL_FUNCTIONS
    if any(name.lower() in FUNCTIONS for name in kind.sql_names())
}
"""Node types of sqlglot's tree."""
