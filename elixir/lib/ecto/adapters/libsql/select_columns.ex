if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.SelectColumns do
    @moduledoc false
    # Generates the columns of a SELECT or a RETURNING, and decodes their values.
    #
    # In the select of a top-level query, some columns are decoded: those that are computed, so that Ecto may not know
    # their type, but `Ecto.Adapters.LibSql.ExpressionType` does. A comment after the statement,
    # `/* ecto_libsql: 0 decimal, 2 json */`, lists them. The adapter reads it from the statements of Ecto's queries,
    # when they are prepared, and never from raw SQL.
    #
    # | kind | selected | returned by SQLite as |
    # |---|---|---|
    # | `json` | a JSON path | JSON text, because only there `true` differs from 1 |
    # | `decimal` | a decimal | text |
    # | `boolean` | a condition; not `in`, which Ecto does not declare to be a boolean | 1 and 0 |
    # | `date`, `time`, `naive_datetime`, `utc_datetime` | a date or time | ISO 8601 |
    # | `list`, `map` | an array, a map | JSON |
    #
    # The arms of a combination have to agree: a column that is a JSON path in one arm and something else in another
    # has SQLite's values. If the combination compares the rows of its arms (all except UNION ALL), decimals are
    # numbers there, as long as a number keeps their digits.

    alias Ecto.Adapters.LibSql.{Codec, DecimalText, Expression, ExpressionType, JsonPath}
    alias Ecto.Adapters.LibSql.{QuerySql, Quoting}

    # The type that loads each kind.
    @kinds %{
      json: nil,
      decimal: :decimal,
      boolean: :boolean,
      date: :date,
      time: :time,
      naive_datetime: :naive_datetime,
      utc_datetime: :utc_datetime,
      list: {:array, :any},
      map: :map
    }
    @names Map.new(@kinds, fn {kind, _} -> {Atom.to_string(kind), kind} end)

    @mark " /* ecto_libsql: "
    @comment ~r{ /\* ecto_libsql: ((?:\d+ \w+(?:, )?)+) \*/\z}

    # The expressions whose type Ecto's planner knows.
    @known_predicates ~w(== != < > <= >= and or is_nil like ilike)a
    @functions ~w(avg sum min max first_value last_value nth_value lag lead)a

    # The operators and functions that always return numbers.
    @computations ~w(+ - * / avg sum min max)a

    @typedoc "How the values of a column are returned: as one of the kinds above, or unchanged."
    @type column :: atom

    @doc """
    Raises `Ecto.QueryError` if a query selects a whole source that has no schema, because its rows would have more
    columns than Ecto reads.
    """
    @spec refuse_whole_source!(Ecto.Query.t()) :: :ok
    def refuse_whole_source!(%{select: %{fields: fields}} = query) do
      if Enum.any?(fields, &match?({:&, _, [_]}, &1)) do
        Expression.unsupported!(
          query,
          "selecting a whole source without a schema: select its fields"
        )
      end

      :ok
    end

    def refuse_whole_source!(_query), do: :ok

    @doc "How the columns of a top-level query are returned; `prefix` is the alias prefix of its sources."
    @spec of(Ecto.Query.t(), iodata) :: [column]
    def of(query, prefix) do
      arms = for arm <- arms(query), do: own_columns(arm, QuerySql.sources(arm, prefix))

      # If the arms have different numbers of columns, the engine reports it.
      case arms |> Enum.map(&length/1) |> Enum.uniq() do
        [_] -> Enum.zip_with(arms, &agreed/1)
        several -> List.duplicate(:plain, Enum.max(several))
      end
    end

    defp arms(%{combinations: combinations} = query) do
      [query | Enum.flat_map(combinations, fn {_, arm} -> arms(QuerySql.arm(arm, query)) end)]
    end

    @doc "The types that each column has in the arms of a combination."
    @spec arm_types(Ecto.Query.t(), iodata) :: [[ExpressionType.t()]]
    def arm_types(query, prefix) do
      types =
        for arm <- arms(query) do
          sources = QuerySql.sources(arm, prefix)
          Enum.map(arm.select.fields, &ExpressionType.type(expression(&1), sources, arm))
        end

      Enum.zip_with(types, & &1)
    end

    @doc "Pairs all fields with their columns. If arms have different numbers of columns, the engine reports it."
    @spec paired([field], [column]) :: [{field, column}] when field: term
    def paired([field | fields], [column | columns]),
      do: [{field, column} | paired(fields, columns)]

    def paired(fields, _columns), do: Enum.map(fields, &{&1, :plain})

    @doc """
    The columns in the form in which the arms of a combination compare them.

    Some arms may have decimals as numbers and others as text, so decimals are compared as `:number`.
    """
    @spec compared(Ecto.Query.t(), iodata, [column]) :: [column]
    def compared(query, prefix, columns) do
      if Enum.all?(query.combinations, &match?({:union_all, _arm}, &1)) do
        columns
      else
        Enum.zip_with(columns, arm_types(query, prefix), fn column, types ->
          if :decimal in types, do: :number, else: column
        end)
      end
    end

    @doc "The expression of a selected field, with or without a name."
    @spec expression(Macro.t() | {atom | String.t(), Macro.t()}) :: Macro.t()
    def expression({key, expr}) when is_atom(key) or is_binary(key), do: expr
    def expression(expr), do: expr

    @doc "Whether a column is decoded, that is, selected in another form than that of its expression."
    @spec decoded?(Macro.t(), tuple, Ecto.Query.t()) :: boolean
    # A combination can be ordered only by names.
    def decoded?(expr, sources, %{combinations: []} = query),
      do: match?({:computed, _}, own_column(expr, sources, query))

    def decoded?(_expr, _sources, _query), do: false

    defp own_columns(query, sources) do
      Enum.map(query.select.fields, fn
        {name, expr} when is_atom(name) ->
          if decoded?(expr, sources, query),
            do: own_column(expr, sources, query),
            else: {:stored, :plain}

        expr ->
          own_column(expr, sources, query)
      end)
    end

    # A column whose type Ecto knows is `:stored`.
    defp own_column({:json_extract_path, _, [_, _]}, _sources, _query), do: {:computed, :json}

    defp own_column(expr, sources, query) do
      kind = expr |> ExpressionType.type(sources, query) |> kind()
      {if(kind == :plain or known?(expr, sources, query), do: :stored, else: :computed), kind}
    end

    defp known?({{:., _, [source, _field]}, _, []}, sources, query) do
      {ix, sources} = ExpressionType.locate(source, sources, query)
      not match?({_, _, {:query, _inner}}, elem(sources, ix))
    end

    defp known?(%Ecto.Query.Tagged{}, _sources, _query), do: true
    defp known?({predicate, _, _}, _, _) when predicate in @known_predicates, do: true
    defp known?({:not, _, [{operator, _, _}]}, _, _), do: operator not in [:in, :exists]
    defp known?({call, _, [arg, _]}, s, q) when call in [:filter, :over], do: known?(arg, s, q)

    # Ecto knows the type of these functions only if their argument is a field.
    defp known?({function, _, [{{:., _, _}, _, []} = field | _]}, sources, query)
         when function in @functions,
         do: known?(field, sources, query)

    defp known?(_expr, _sources, _query), do: false

    defp kind({:array, _}), do: :list
    defp kind({:map, _}), do: :map
    defp kind(:map), do: :map
    defp kind(type) when type in [:time, :time_usec, :any_time], do: :time
    defp kind(type) when type in [:untyped_datetime, :untyped_boolean], do: :plain

    defp kind(type) when type in [:utc_datetime, :utc_datetime_usec, :any_utc_datetime],
      do: :utc_datetime

    defp kind(type) when type in [:decimal, :boolean, :date], do: type

    defp kind(type) do
      if ExpressionType.datetime?(type), do: :naive_datetime, else: :plain
    end

    # If all arms have the same kind, the column is decoded unless Ecto knows the type in every arm.
    defp agreed(columns) do
      case Enum.uniq_by(columns, &elem(&1, 1)) do
        [{_, kind}] -> if {:computed, kind} in columns, do: kind, else: :plain
        _several -> :plain
      end
    end

    @doc "The columns of a query whose rows are used by SQL."
    @spec plain(Ecto.Query.t()) :: [column]
    def plain(query), do: Enum.map(query.select.fields, fn _ -> :plain end)

    @doc "The result columns."
    @spec to_sql(Ecto.Query.t(), tuple, [column]) :: iodata
    def to_sql(%{select: %{fields: []}}, _sources, _columns), do: "1"

    def to_sql(%{select: %{fields: fields}} = query, sources, columns) do
      paired(fields, columns)
      |> Enum.map_intersperse(", ", fn {field, column} ->
        [value(field, sources, query, column), name(field)]
      end)
    end

    @doc "The SQL of a column's value."
    @spec value(Macro.t() | {atom | String.t(), Macro.t()}, tuple, Ecto.Query.t(), column) :: iodata
    def value({name, expr}, sources, query, column) when is_atom(name) and column != :plain,
      do: value(expr, sources, query, column)

    def value({:json_extract_path, _, [value, path]}, sources, query, :json) do
      JsonPath.json(path, value, &Expression.to_sql(&1, sources, query))
    end

    def value(expr, sources, query, :decimal) do
      ["CAST(", Expression.to_sql(expr, sources, query), " AS TEXT)"]
    end

    def value(field, sources, query, :number) do
      expr = expression(field)
      sql = Expression.operand(expr, sources, query)

      cond do
        not (expr |> ExpressionType.type(sources, query) |> ExpressionType.number?()) -> sql
        match?({operator, _, _} when operator in @computations, expr) -> DecimalText.rounded(sql)
        true -> DecimalText.number(sql)
      end
    end

    # A whole source without a schema; see `refuse_whole_source!/1`.
    def value({:&, _, [ix]}, sources, _query, _column), do: [elem(elem(sources, ix), 1), ".*"]

    def value({key, value}, sources, query, _) when is_atom(key) or is_binary(key) do
      Expression.to_sql(value, sources, query)
    end

    def value(value, sources, query, _column), do: Expression.to_sql(value, sources, query)

    @doc "`AS` and the name of a column, or nothing."
    @spec name(Macro.t() | {atom | String.t(), Macro.t()}) :: iodata
    def name({key, _value}) when is_atom(key) or is_binary(key), do: [" AS " | Quoting.name(key)]
    def name(_value), do: []

    @doc "The comment after a statement that lists the decoded columns, or nothing."
    @spec comment([column]) :: iodata
    def comment(columns) do
      case for {kind, n} <- Enum.with_index(columns), kind != :plain, do: "#{n} #{kind}" do
        [] -> []
        decoded -> [@mark, Enum.intersperse(decoded, ", "), " */"]
      end
    end

    @doc "The decoders of a statement's columns, each a function or nil; nil if no column is decoded."
    @spec decoders(String.t()) :: [(term -> term) | nil] | nil
    def decoders(sql) do
      with true <- String.ends_with?(sql, " */"),
           [_, comment] <- Regex.run(@comment, sql),
           decoded = Regex.scan(~r/(\d+) (\w+)/, comment, capture: :all_but_first) do
        kinds = for [n, name] <- decoded, into: %{}, do: {String.to_integer(n), @names[name]}
        for n <- 0..Enum.max(Map.keys(kinds)), do: decoder(kinds[n])
      else
        _ -> nil
      end
    end

    @doc "Decodes rows."
    @spec decode([list] | nil, [(term -> term) | nil] | nil) :: [list] | nil
    def decode([_ | _] = rows, [_ | _] = decoders), do: Enum.map(rows, &decode_row(&1, decoders))
    def decode(rows, _decoders), do: rows

    defp decoder(nil), do: nil
    defp decoder(:json), do: &json/1
    defp decoder(kind), do: &Codec.read(&1, @kinds[kind])

    defp json(text) when is_binary(text) do
      case EctoLibSql.JSON.decode(text) do
        {:ok, value} -> value
        {:error, _} -> text
      end
    end

    defp json(other), do: other

    defp decode_row([value | row], [decoder | decoders]) do
      value = if value == nil or decoder == nil, do: value, else: decoder.(value)
      [value | decode_row(row, decoders)]
    end

    defp decode_row(row, _decoders), do: row
  end
end
