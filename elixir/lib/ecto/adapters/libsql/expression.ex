if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Expression do
    @moduledoc false
    # Converts Ecto's query expressions to SQL expressions.
    #
    # `to_sql/3` takes an expression of a planned query, the tuple of its sources (see QuerySql.sources/2) and the
    # query. An expression that SQLite cannot compute raises Ecto.QueryError with its name; it is never replaced by
    # something else. The rules that users need to know are in the documentation of Ecto.Adapters.LibSql.

    alias Ecto.Adapters.LibSql.{ExpressionType, Intervals, JsonPath, InExpression}
    alias Ecto.Adapters.LibSql.{Notes, QuerySql, Quoting, SelectColumns, TimeText}
    import ExpressionType, only: [type: 3, locate: 3, selected_as: 2]

    @operators [
      ==: " = ",
      !=: " != ",
      <=: " <= ",
      >=: " >= ",
      <: " < ",
      >: " > ",
      +: " + ",
      -: " - ",
      *: " * ",
      /: " / ",
      and: " AND ",
      or: " OR ",
      like: " LIKE ",
      ilike: " LIKE "
    ]
    @comparisons [:==, :!=, :<=, :>=, :<, :>]
    @arithmetic [:+, :-, :*, :/]
    @operator_names Keyword.keys(@operators)

    # As an operand, an expression of one of these kinds needs brackets; all others do not.
    @compound @operator_names ++ [:is_nil, :in, :not, :fragment]

    @functions ~w(count avg sum min max coalesce row_number rank dense_rank percent_rank cume_dist ntile
                  first_value last_value nth_value lag lead)a

    @doc "The SQL of `expr`."
    @spec to_sql(Macro.t(), tuple, Ecto.Query.t()) :: iodata
    def to_sql(expr, sources, query)

    def to_sql({:^, _, [ix]}, _sources, _query), do: Quoting.parameter(ix + 1)
    def to_sql({:^, _, [ix, length]}, _sources, _query), do: parameters(ix, length)

    def to_sql({{:., _, [source, field]}, _, []}, sources, query)
        when is_atom(field) or is_binary(field) do
      {ix, sources} = locate(source, sources, query)
      column(field, elem(sources, ix), query)
    end

    def to_sql({:&, _, [ix]}, sources, query) do
      {_, name, _} = elem(sources, ix)
      if name == :out_of_reach, do: out_of_reach!(query), else: name
    end

    def to_sql({:in, _, [left, right]}, sources, query) do
      InExpression.in_sql(left, right, sources, query)
    end

    def to_sql({:is_nil, _, [arg]}, sources, query) do
      [operand(arg, sources, query), " IS NULL"]
    end

    def to_sql({:not, _, [{:exists, _, _} = exists]}, sources, query) do
      ["NOT ", to_sql(exists, sources, query)]
    end

    def to_sql({:not, _, [expr]}, sources, query), do: ["NOT (", to_sql(expr, sources, query), ?)]

    def to_sql({:exists, _, [subquery]}, sources, query) do
      ["EXISTS ", to_sql(subquery, sources, query)]
    end

    def to_sql(%Ecto.SubQuery{query: inner}, sources, query) do
      QuerySql.nested(inner, sources, query)
    end

    def to_sql({:fragment, _, [keyword]}, _sources, query)
        when is_list(keyword) or tuple_size(keyword) == 3 do
      unsupported!(query, "a keyword fragment or an interpolated fragment")
    end

    def to_sql({:fragment, _, parts}, sources, query) do
      sql =
        Enum.map(parts, fn
          {:raw, text} -> Notes.foreign(text)
          {:expr, expr} -> to_sql(expr, sources, query)
        end)

      if select?(parts), do: [?(, sql, ?)], else: sql
    end

    def to_sql({:values, _, [types, ix, rows]}, _sources, _query) do
      values_list(Enum.map(types, &elem(&1, 0)), ix, rows)
    end

    def to_sql({tag, _, [name]}, _sources, _query) when tag in [:identifier, :literal] do
      Quoting.name(name)
    end

    def to_sql({:constant, _, [value]}, sources, query), do: to_sql(value, sources, query)
    def to_sql({:splice, _, [{:^, _, [ix, length]}]}, _, _query), do: parameters(ix, length)

    # A decoded column is selected in a different form, so its name cannot stand for the expression.
    def to_sql({:selected_as, _, [name]}, sources, query) do
      with {:ok, expr} <- selected_as(name, query),
           true <- SelectColumns.decoded?(expr, sources, query) do
        operand(expr, sources, query)
      else
        _ -> Quoting.name(name)
      end
    end

    def to_sql({add, _, [value, count, unit]}, sources, query)
        when add in [:datetime_add, :date_add] do
      value = to_sql(value, sources, query)
      count = to_sql(count, sources, query)

      case Intervals.add(add, value, count, unit) do
        {:ok, sql} -> sql
        :error -> unsupported!(query, "the interval #{inspect(unit)}")
      end
    end

    def to_sql({:json_extract_path, _, [value, path]}, sources, query) do
      JsonPath.extract(path, value, &to_sql(&1, sources, query))
    end

    def to_sql({:filter, _, [aggregate, condition]}, sources, query) do
      aggregate = to_sql(aggregate, sources, query)
      [aggregate, " FILTER (WHERE ", to_sql(condition, sources, query), ?)]
    end

    def to_sql({:over, _, [aggregate, window]}, sources, query) do
      window = if is_atom(window), do: Quoting.name(window), else: window(window, sources, query)
      [to_sql(aggregate, sources, query), " OVER ", window]
    end

    def to_sql({:{}, _, elements}, sources, query) do
      [?(, Enum.map_intersperse(elements, ", ", &to_sql(&1, sources, query)), ?)]
    end

    def to_sql({op, _, [left, {quantifier, _, [%Ecto.SubQuery{} = sub]}]}, sources, query)
        when op in @comparisons and quantifier in [:any, :all] do
      InExpression.quantified({op, @operators[op]}, quantifier, left, sub, sources, query)
    end

    def to_sql({quantifier, _, [_]}, _sources, query) when quantifier in [:any, :all] do
      unsupported!(query, "#{quantifier}/1 anywhere but on the right side of a comparison")
    end

    def to_sql({op, _, [left, right]}, sources, query)
        when op in [:==, :!=] and (is_boolean(left) or is_boolean(right)) do
      {flag, other} = if is_boolean(right), do: {right, left}, else: {left, right}

      case other do
        {:json_extract_path, _, [value, [_ | _] = path]} ->
          type = JsonPath.type(path, value, &to_sql(&1, sources, query))
          [type, @operators[op], Quoting.text(to_string(flag))]

        _ ->
          binary(op, left, right, sources, query)
      end
    end

    def to_sql({op, _, [_, _] = args}, sources, query) when op in @arithmetic do
      arithmetic(op, args, sources, query)
    end

    def to_sql({op, _, [left, right]}, sources, query) when op in @operator_names do
      binary(op, left, right, sources, query)
    end

    def to_sql({sign, _, [arg]}, sources, query) when sign in [:-, :+] do
      [Atom.to_string(sign), ?(, to_sql(arg, sources, query), ?)]
    end

    def to_sql({:count, _, []}, _sources, _query), do: "count(*)"

    def to_sql({:count, _, [{:&, _, _} | _]}, _sources, query) do
      unsupported!(query, "count/1 of a whole source: count one of its fields, or use count/0")
    end

    def to_sql({fun, _, [arg]}, sources, query) when fun in [:min, :max] do
      [
        Atom.to_string(fun),
        ?(,
        comparable(arg, ordered_as([arg], sources, query), sources, query),
        ?)
      ]
    end

    def to_sql({fun, _, [arg, :distinct]}, sources, query) when fun in @functions do
      [Atom.to_string(fun), "(DISTINCT ", to_sql(arg, sources, query), ?)]
    end

    def to_sql({fun, _, args}, sources, query) when fun in @functions and is_list(args) do
      args = Enum.map_intersperse(args, ", ", &to_sql(&1, sources, query))
      [Atom.to_string(fun), ?(, args, ?)]
    end

    def to_sql(%Ecto.Query.Tagged{value: value, type: type}, sources, query) do
      tagged(value, type, sources, query)
    end

    def to_sql(%Decimal{} = decimal, _sources, _query) do
      Quoting.text(Decimal.to_string(decimal, :normal))
    end

    def to_sql(nil, _sources, _query), do: "NULL"
    def to_sql(true, _sources, _query), do: "1"
    def to_sql(false, _sources, _query), do: "0"
    def to_sql(value, _sources, _query) when is_integer(value), do: Integer.to_string(value)
    def to_sql(value, _sources, _query) when is_float(value), do: Float.to_string(value)

    def to_sql(value, _sources, _query) when is_binary(value) do
      if String.valid?(value), do: Quoting.text(value), else: Quoting.blob(value)
    end

    # A literal in its stored form.
    def to_sql({:blob, bytes}, _sources, _query) when is_binary(bytes), do: Quoting.blob(bytes)

    # A literal list that is an array value.
    def to_sql(list, sources, query) when is_list(list) do
      ["json_array(", Enum.map_intersperse(list, ", ", &json_element(&1, sources, query)), ?)]
    end

    def to_sql({name, _, args}, _sources, query) when is_atom(name) and is_list(args) do
      unsupported!(query, "#{name}/#{length(args)}")
    end

    def to_sql(other, _sources, query), do: unsupported!(query, inspect(other))

    @doc "The SQL of `expr`, in brackets if it needs them next to an operator."
    @spec operand(Macro.t(), tuple, Ecto.Query.t()) :: iodata
    def operand({op, _, args} = expr, sources, query) when op in @compound and is_list(args) do
      [?(, to_sql(expr, sources, query), ?)]
    end

    def operand(expr, sources, query), do: to_sql(expr, sources, query)

    @doc "One term of an ORDER BY."
    @spec order({atom, Macro.t()}, tuple, Ecto.Query.t()) :: iodata
    def order({direction, expr}, sources, query) do
      form = ExpressionType.form([expr], sources, query)
      ordered(direction, in_form_sql(expr, form, sources, query), form)
    end

    @doc "One term of an ORDER BY, from its SQL and the form in which it is ordered."
    @spec ordered(atom, iodata, ExpressionType.form()) :: iodata
    def ordered(direction, sql, form), do: [in_form(sql, form), direction(direction)]

    @doc "A window's definition in brackets."
    @spec window(keyword, tuple, Ecto.Query.t()) :: iodata
    def window(definition, sources, query) do
      parts =
        Enum.map_intersperse(definition, ?\s, fn
          {:partition_by, exprs} ->
            ["PARTITION BY ", Enum.map_intersperse(exprs, ", ", &to_sql(&1, sources, query))]

          {:order_by, terms} ->
            ["ORDER BY ", Enum.map_intersperse(terms, ", ", &order(&1, sources, query))]

          {:frame, {:fragment, _, _} = frame} ->
            to_sql(frame, sources, query)

          {other, _} ->
            unsupported!(query, "#{inspect(other)} in a window")
        end)

      [?(, parts, ?)]
    end

    @doc "Like `operand/3`, in the form in which the expression is compared."
    @spec comparable(Macro.t(), ExpressionType.form(), tuple, Ecto.Query.t()) :: iodata
    def comparable(expr, :stored, sources, query), do: operand(expr, sources, query)

    # The moment of a sum would contain its long SQL several times.
    def comparable({add, _, _} = expr, {:moment, length}, sources, query)
        when add in [:datetime_add, :date_add],
        do: TimeText.moment_of(to_sql(expr, sources, query), length)

    def comparable(expr, form, sources, query),
      do: in_form(in_form_sql(expr, form, sources, query), form)

    # Inside an expression, SQLite resolves a name to a table's column first, and to a selected column only then.
    defp in_form_sql({:selected_as, _, [name]} = expr, form, sources, query) when form != :stored do
      case {query.combinations, selected_as(name, query)} do
        {[], {:ok, selected}} -> to_sql(selected, sources, query)
        _ -> to_sql(expr, sources, query)
      end
    end

    defp in_form_sql(expr, _form, sources, query), do: to_sql(expr, sources, query)

    @doc """
    Two expressions in the form in which they are compared with each other.

    A column compared with a number is compared as a number, whatever it holds, and by its index if that holds numbers.
    A column of times is compared by its texts and its index, with a text that has its place among them.
    """
    @spec compared(Macro.t(), Macro.t(), ExpressionType.form(), tuple, Ecto.Query.t()) ::
            {iodata, iodata}
    def compared(left, right, form, sources, query) do
      {left_form, right_form} =
        case {beside(left, form, sources, query), beside(right, form, sources, query)} do
          {nil, nil} -> {form, form}
          {other, nil} -> {:stored, other}
          {nil, other} -> {other, :stored}
          {:number, _} -> {:stored, :number}
          _columns -> {form, form}
        end

      {comparable(left, left_form, sources, query), comparable(right, right_form, sources, query)}
    end

    # The form of what is compared with this column, if the column can stay as it is.
    defp beside(expr, form, sources, query) do
      with true <- form in [:number, {:moment, 26}] and ExpressionType.column?(expr, sources, query) do
        type = type(expr, sources, query)

        cond do
          form == :number -> :number
          ExpressionType.one_format?(type) -> {:among, type}
          true -> nil
        end
      else
        false -> nil
      end
    end

    @doc "The value of `sql` in the form in which it is compared."
    @spec in_form(iodata, ExpressionType.form()) :: iodata
    def in_form(sql, :stored), do: sql
    def in_form(sql, :number), do: ["CAST(", sql, " AS NUMERIC)"]

    def in_form(sql, {:among, type}), do: TimeText.among(sql, type)
    def in_form(sql, {:moment, length}), do: TimeText.moment(sql, length)

    @doc "Whether a fragment is a SELECT."
    @spec select?(list) :: boolean
    def select?([{:raw, text} | _]), do: text =~ ~r/^\s*(select|values|with)\b/i
    def select?(_parts), do: false

    @doc "Raises an `Ecto.QueryError` that names what is not supported."
    @spec unsupported!(Ecto.Query.t() | nil, String.t()) :: no_return
    def unsupported!(nil, what), do: raise(ArgumentError, "SQLite does not support #{what}")

    def unsupported!(query, what) do
      raise Ecto.QueryError, query: query, message: "SQLite does not support #{what}"
    end

    defp column(_field, {_, :out_of_reach, _}, query), do: out_of_reach!(query)
    defp column(field, {_, name, _}, _query), do: [name, ?., Quoting.name(field)]

    defp out_of_reach!(query) do
      unsupported!(
        query,
        "selecting this field of a joined source in update_all or delete_all, because RETURNING only knows the table " <>
          "that is written to: select the field with a query before, in the same transaction"
      )
    end

    defp direction(:asc), do: []
    defp direction(:desc), do: " DESC"
    defp direction(:asc_nulls_last), do: " ASC NULLS LAST"
    defp direction(:asc_nulls_first), do: " ASC NULLS FIRST"
    defp direction(:desc_nulls_last), do: " DESC NULLS LAST"
    defp direction(:desc_nulls_first), do: " DESC NULLS FIRST"

    # A fragment used as the pattern may contain its own ESCAPE, so it must not be put in brackets.
    defp binary(op, left, {:fragment, _, _} = right, sources, query) when op in [:like, :ilike] do
      [operand(left, sources, query), @operators[op], to_sql(right, sources, query)]
    end

    defp binary(op, left, right, sources, query) when op in @comparisons do
      form =
        if op in [:==, :!=],
          do: ExpressionType.form([left, right], sources, query),
          else: ordered_as([left, right], sources, query)

      {left_sql, right_sql} = compared(left, right, form, sources, query)
      sql = [left_sql, @operators[op], right_sql]

      case {left, right} do
        {{:json_extract_path, _, _}, _} -> no_flag(sql, op, left, right, sources, query)
        {_, {:json_extract_path, _, _}} -> no_flag(sql, op, right, left, sources, query)
        _ -> sql
      end
    end

    defp binary(op, left, right, sources, query),
      do: [operand(left, sources, query), @operators[op], operand(right, sources, query)]

    # SQLite turns JSON's `true` and `false` into 1 and 0, although they are not numbers.
    defp no_flag(sql, op, {_, _, [value, [_ | _] = path]}, other, sources, query) do
      if other |> type(sources, query) |> ExpressionType.number?() do
        type = JsonPath.type(path, value, &to_sql(&1, sources, query))
        {joined, is} = if op == :!=, do: {" OR ", " IN "}, else: {" AND ", " NOT IN "}
        [?(, sql, joined, type, is, "('true', 'false'))"]
      else
        sql
      end
    end

    defp no_flag(sql, _op, _path, _other, _sources, _query), do: sql

    # The form of expressions that must have an order.
    defp ordered_as(exprs, sources, query) do
      types = Enum.map(exprs, &type(&1, sources, query))

      if Enum.any?(types, &ExpressionType.json?/1),
        do: unsupported!(query, "ordering arrays or maps"),
        else: ExpressionType.form(exprs, sources, query)
    end

    defp arithmetic(op, [left, right] = args, sources, query) do
      types = Enum.map(args, &type(&1, sources, query))

      cond do
        Enum.any?(types, &ExpressionType.temporal?/1) ->
          unsupported!(query, "#{op} with dates and times: use datetime_add/3 or date_add/3")

        # Text decimals without a decimal point would be divided as integers.
        op == :/ and :decimal in types ->
          ["CAST(", to_sql(left, sources, query), " AS REAL) / ", operand(right, sources, query)]

        true ->
          binary(op, left, right, sources, query)
      end
    end

    defp parameters(_ix, 0), do: []

    defp parameters(ix, length) do
      Enum.map_intersperse((ix + 1)..(ix + length), ?,, &Quoting.parameter/1)
    end

    # SQLite names the columns of VALUES column1, column2 ..., and an alias cannot rename them.
    defp values_list(fields, ix, rows) do
      width = length(fields)

      names =
        fields
        |> Enum.with_index(1)
        |> Enum.map_intersperse(", ", fn {field, n} ->
          ["column", Integer.to_string(n), " AS ", Quoting.name(field)]
        end)

      rows =
        Enum.map_intersperse(0..(rows - 1), ?,, fn row ->
          [?(, parameters(ix + row * width, width), ?)]
        end)

      ["(SELECT ", names, " FROM (VALUES ", rows, "))"]
    end

    defp tagged(value, :binary, _sources, _query) when is_binary(value), do: Quoting.blob(value)

    defp tagged(value, :bitstring, _sources, _query) when is_bitstring(value),
      do: Quoting.bits(value)

    defp tagged(value, :date, sources, query) do
      if value |> type(sources, query) |> ExpressionType.datetime?(),
        do: ["date(", value |> to_sql(sources, query) |> Intervals.whole_seconds(), ?)],
        else: operand(value, sources, query)
    end

    defp tagged(value, type, sources, query) do
      case cast(type) do
        nil -> typed(value, type, sources, query)
        cast -> ["CAST(", to_sql(value, sources, query), " AS ", cast, ?)]
      end
    end

    defp typed(value, type, sources, query) do
      value
      |> operand(sources, query)
      |> TimeText.converted(type(value, sources, query), type)
    end

    defp cast(type) when type in [:id, :integer, :boolean], do: "INTEGER"
    defp cast(:float), do: "REAL"
    defp cast(:string), do: "TEXT"
    defp cast(:binary), do: "BLOB"
    defp cast(_type), do: nil

    defp json_element(value, _, _) when is_boolean(value), do: ["json('", to_string(value), "')"]

    defp json_element(value, sources, query), do: to_sql(value, sources, query)
  end
end
