if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.ExpressionType do
    @moduledoc false
    # Determines the types of expressions from schemas, `values/2`, `type/2` and Ecto's functions, also through
    # subqueries and CTEs.
    #
    # In SQLite only values have types. The adapter has to know the type of an expression before comparing it, if its
    # values are stored as text but not ordered as text (decimals, times of several types), and before returning it, if
    # its stored form differs from that in Elixir.

    alias Ecto.Adapters.LibSql.{Expression, Intervals, QuerySql}

    @usec [:naive_datetime_usec, :utc_datetime_usec]
    @datetimes [:naive_datetime, :utc_datetime | @usec]
    @utc [:utc_datetime, :utc_datetime_usec, :any_utc_datetime]
    @mixed [:any_datetime, :any_utc_datetime, :untyped_datetime]
    @moments [:date | @datetimes ++ @mixed]
    @times [:time, :time_usec, :any_time]
    @numbers [:id, :integer, :float, :decimal]

    @predicates ~w(== != < > <= >= and or not is_nil like ilike exists)a
    @counts ~w(count row_number rank dense_rank ntile)a
    # These return one of the values of their first argument.
    @of_first ~w(min max first_value last_value nth_value filter over)a

    @typedoc """
    A type of Ecto. `:any_datetime`, `:any_utc_datetime` (all of them in UTC) and `:any_time` stand for a mixture of
    types, whose texts have different formats. `:untyped_datetime` is a datetime of which nothing else is known.
    `:untyped_boolean` is a condition that Ecto does not declare to be a boolean. `nil` means unknown.
    """
    @type t :: term

    @typedoc """
    How values have to be compared: as stored, as numbers, or as points in time, written as texts of the given
    length.
    """
    @type form :: :stored | :number | {:moment, 15 | 26}

    @doc "The type of the expression's values."
    @spec type(Macro.t(), tuple, Ecto.Query.t()) :: t
    def type({{:., _, [source, field]}, _, []}, sources, query) do
      {ix, sources} = locate(source, sources, query)
      field_type(elem(sources, ix), field)
    end

    def type(%Ecto.Query.Tagged{type: type}, _sources, _query), do: type
    def type(%Ecto.SubQuery{query: inner}, sources, query), do: selected(inner, sources, query)
    def type(%Decimal{}, _sources, _query), do: :decimal
    def type(value, _sources, _query) when is_boolean(value), do: :boolean
    def type(value, _sources, _query) when is_integer(value), do: :integer
    def type(value, _sources, _query) when is_float(value), do: :float
    def type({predicate, _, _}, _, _) when predicate in @predicates, do: :boolean
    def type({:in, _, [_, _]}, _sources, _query), do: :untyped_boolean
    def type({count, _, _}, _, _) when count in @counts, do: :integer
    def type({:date_add, _, _}, _sources, _query), do: :date

    # The text of a sum has the format of the value's text, and a fraction of a second if it needs one.
    def type({:datetime_add, _, [value, count, unit]}, sources, query) do
      case type(value, sources, query) do
        type when type in @usec ->
          type

        type when type in @datetimes ->
          if Intervals.whole_seconds?(count, unit), do: type, else: mixed([type])

        nil ->
          :untyped_datetime

        type ->
          mixed([type])
      end
    end

    def type({:avg, _, [arg | _]}, sources, query) do
      if type(arg, sources, query) == :decimal, do: :decimal, else: :float
    end

    def type({:sum, _, [arg | _]}, sources, query), do: type(arg, sources, query)

    def type({function, _, [arg | _]}, sources, query) when function in @of_first,
      do: type(arg, sources, query)

    def type({function, _, [arg | rest]}, sources, query) when function in [:lag, :lead] do
      common([arg | Enum.drop(rest, 1)], sources, query)
    end

    def type({:coalesce, _, args}, sources, query), do: common(args, sources, query)

    def type({operator, _, args}, sources, query) when operator in [:+, :-, :*, :/],
      do: common(args, sources, query)

    def type({:selected_as, _, [name]}, sources, query) do
      case selected_as(name, query) do
        {:ok, expr} -> type(expr, sources, query)
        :error -> nil
      end
    end

    def type(_expr, _sources, _query), do: nil

    # A mixture of these types of datetimes.
    defp mixed(types) do
      case types -- [:untyped_datetime] do
        [] -> :untyped_datetime
        types -> if types -- @utc == [], do: :any_utc_datetime, else: :any_datetime
      end
    end

    defp common(exprs, sources, query) do
      types = exprs |> Enum.map(&type(&1, sources, query)) |> Enum.uniq()

      case List.delete(types, nil) do
        [type] ->
          # A parameter has the format of its value, not that of the other values.
          if type in @datetimes and Enum.any?(exprs, &parameter?/1), do: mixed([type]), else: type

        types ->
          cond do
            types == [] -> nil
            :decimal in types -> :decimal
            types -- @numbers == [] -> if :float in types, do: :float, else: :integer
            types -- @moments == [] -> mixed(types)
            types -- @times == [] -> :any_time
            true -> nil
          end
      end
    end

    @doc "How values of these types are compared with each other."
    @spec form([t]) :: form
    def form(types) do
      known = types |> Enum.uniq() |> List.delete(nil)

      cond do
        :decimal in known -> :number
        known == [] -> :stored
        match?([type] when type not in [:any_time | @mixed], known) -> :stored
        known -- @moments == [] -> {:moment, 26}
        known -- @times == [] -> {:moment, 15}
        true -> :stored
      end
    end

    @doc "How the values of these expressions are compared with each other."
    @spec form([Macro.t()], tuple, Ecto.Query.t()) :: form
    def form(exprs, sources, query) do
      types = Enum.map(exprs, &type(&1, sources, query))

      # Ecto gives a parameter the type of a field, but not that of other expressions.
      if Enum.any?(exprs, &parameter?/1) and Enum.any?(types, &(&1 in @datetimes)) and
           not Enum.any?(exprs, &field?(&1, sources, query)),
         do: form([:any_datetime | types]),
         else: form(types)
    end

    # Whether the expression is a parameter, or the parameters of a list, without `type/2`.
    defp parameter?({:^, _, [_ | _]}), do: true
    defp parameter?(_expr), do: false

    # Whether Ecto knows the type of this field.
    defp field?({{:., _, [source, field]}, _, []}, sources, query) do
      {ix, sources} = locate(source, sources, query)

      case elem(sources, ix) do
        {nil, _, {:query, inner}} ->
          with {expr, sources} <- inner_field(inner, field), do: field?(expr, sources, inner)

        {_, _, {:query, _cte}} ->
          false

        _ ->
          true
      end
    end

    defp field?(_expr, _sources, _query), do: false

    @doc "Whether values of the type are datetimes."
    @spec datetime?(t) :: boolean
    def datetime?(type), do: type in @datetimes or type in @mixed

    @doc "Whether values of the type are dates, or datetimes whose texts have one format."
    @spec one_format?(t) :: boolean
    def one_format?(type), do: type == :date or type in @datetimes

    @doc "Whether values of the type are dates or times."
    @spec temporal?(t) :: boolean
    def temporal?(type), do: type in @moments or type in @times

    @doc "Whether values of the type are numbers."
    @spec number?(t) :: boolean
    def number?(type), do: type in @numbers

    @doc "Whether values of the type are JSON, whose text has no order of its own."
    @spec json?(t) :: boolean
    def json?({kind, _}) when kind in [:array, :map], do: true
    def json?(type), do: type == :map

    @doc "The expression that `query` selects under a name given by `selected_as/2`."
    @spec selected_as(atom, Ecto.Query.t()) :: {:ok, Macro.t()} | :error
    def selected_as(name, %{select: %{fields: [_ | _] = fields}}) do
      Enum.find_value(fields, :error, &(match?({^name, _}, &1) && {:ok, elem(&1, 1)}))
    end

    def selected_as(_name, _query), do: :error

    @doc "Whether the expression is a column of a table."
    @spec column?(Macro.t(), tuple, Ecto.Query.t()) :: boolean
    def column?({{:., _, [source, _field]}, _, []}, sources, query) do
      {ix, sources} = locate(source, sources, query)
      match?({table, _, schema} when table != nil and not is_tuple(schema), elem(sources, ix))
    end

    def column?(_expr, _sources, _query), do: false

    @doc "The type of a column, or `nil` if its source has no schema."
    @spec field_type(tuple, atom | String.t()) :: t
    def field_type(source, field) do
      case source do
        {_, _, {:query, inner}} ->
          with {expr, sources} <- inner_field(inner, field), do: type(expr, sources, inner)

        {_, _, {:values, types}} ->
          Keyword.get(types, field)

        {_, _, schema} when is_atom(schema) and not is_nil(schema) ->
          schema_type(schema, field)

        _ ->
          nil
      end
    end

    @doc "The type of a schema's column, or `nil` if the schema does not have it."
    @spec schema_type(module, atom | String.t()) :: t
    def schema_type(schema, field) do
      Enum.find_value(schema.__schema__(:fields), fn name ->
        if schema.__schema__(:field_source, name) == field do
          schema.__schema__(:type, name) |> Ecto.Type.type()
        end
      end)
    end

    @doc "The expression that a subquery or a CTE selects under a name, with the sources it refers to; or `nil`."
    @spec inner_field(Ecto.Query.t(), atom | String.t()) :: {Macro.t(), tuple} | nil
    def inner_field(%{select: %{fields: fields}} = inner, field) do
      Enum.find_value(fields, fn selected ->
        {key, expr} = named(selected)
        if key && to_string(key) == to_string(field), do: {expr, QuerySql.sources(inner, [])}
      end)
    end

    def inner_field(_inner, _field), do: nil

    defp named({key, expr}) when is_atom(key) or is_binary(key), do: {key, expr}
    defp named({{:., _, [_, key]}, _, []} = field), do: {key, field}
    defp named(expr), do: {nil, expr}

    # The type of a subquery's only column, when the subquery is used as an expression.
    defp selected(inner, sources, query) do
      inner = QuerySql.inside(inner, sources, query)

      case inner.select.fields do
        [selected] -> selected |> named() |> elem(1) |> type(QuerySql.sources(inner, []), inner)
        _several -> nil
      end
    end

    @doc "Locates a source: its index, and the tuple of sources that contains it."
    @spec locate(Macro.t(), tuple, Ecto.Query.t()) :: {non_neg_integer, tuple}
    def locate({:&, _, [ix]}, sources, _query), do: {ix, sources}
    def locate({:as, _, [name]}, sources, query), do: {Map.fetch!(query.aliases, name), sources}
    def locate({:parent_as, _, [name]}, _sources, query), do: QuerySql.parent(query, name)

    def locate(other, _sources, query),
      do: Expression.unsupported!(query, "a field of #{inspect(other)}")
  end
end
