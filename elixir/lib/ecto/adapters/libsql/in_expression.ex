if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.InExpression do
    @moduledoc false
    # `in`, and comparisons with `any/1` and `all/1`.
    #
    # | right side of `in` | SQL |
    # |---|---|
    # | a list, of literals or parameters | `IN (...)`; a long one is a parameter: `Ecto.Adapters.LibSql.LongList` |
    # | a field or parameter that holds an array | the elements of its JSON; NULL if the array is NULL |
    # | a subquery, or a fragment that is one | `IN (SELECT ...)` |
    #
    # SQLite has no quantifiers, so `any/1` and `all/1` count the results of the comparison for each row.
    # Decimals are compared as numbers, as everywhere.
    #
    # `x in type(^list, {:array, _})` is refused; see `refuse_array!/1` and `refuse_array!/3`.

    alias Ecto.Adapters.LibSql.{
      Expression,
      ExpressionType,
      JsonElement,
      JSONB,
      LongList,
      Notes,
      QuerySql,
      Quoting,
      WrittenColumns
    }

    import Expression, only: [comparable: 4, in_form: 2, operand: 3, to_sql: 3]

    # Marks the right side of `in ^list`, to distinguish it from other lists.
    @note "in ^list"

    @doc """
    Refuses `x in type(^list, {:array, _})`. `sql` is that of a query that Ecto caches.

    Ecto leaves out the type and passes the list as one parameter. The query then looks like `x in ^list`, where each
    element is a parameter. Ecto never caches a query with `in ^list`, so a cached query must be the former.
    """
    @spec refuse_array!(String.t()) :: :ok
    def refuse_array!(sql) do
      if Notes.all(sql, @note) != [], do: refuse_array(sql)
      :ok
    end

    @doc """
    The same for a query that Ecto does not cache, since it also has an `in ^list`.

    There, what should be the first element of a list is a list itself, one level deeper than the left side. If the type
    of that is not known, Ecto has passed an element that is a list without a type, but has given the array its own.
    """
    @spec refuse_array!(String.t(), list, list) :: :ok
    def refuse_array!(sql, params, cast_params) do
      if Enum.any?(cast_params, &is_list/1) do
        for note <- Notes.all(sql, @note <> " "),
            [ix, length, depth] = String.split(note),
            length != "0",
            ix = String.to_integer(ix),
            deeper?(Enum.at(cast_params, ix), Enum.at(params, ix), depth),
            do: refuse_array(sql)
      end

      :ok
    end

    @doc """
    The same for the query of an `insert_all`, which Ecto does not prepare. `first` is the number of its first parameter.

    Only the parameters are known there. An array is JSON with as many elements as the list has, and one parameter, so
    that the next parameter has the number after it. A list of one element cannot be told from an array by that: if it
    is a text that is JSON of a list of one element, it is refused, too.
    """
    @spec refuse_array_of_rows!(Ecto.Query.t(), list, non_neg_integer) :: :ok
    def refuse_array_of_rows!(query, params, first) do
      if Enum.any?(params, &(json_list(&1) != nil)) do
        sql = query |> QuerySql.rows() |> IO.iodata_to_binary()
        places = [first + length(params) | WrittenColumns.first_parameters(query)]

        for note <- Notes.all(sql, @note <> " "),
            [ix, length, depth] = String.split(note),
            ix = String.to_integer(ix),
            list = json_list(Enum.at(params, ix - first)),
            Integer.to_string(length(list)) == length,
            # The next parameter comes after one parameter.
            Enum.find(Enum.sort(places), &(&1 > ix)) == ix + 1,
            deeper?(list, nil, String.replace(depth, "?", "0")),
            do: refuse_array(sql)
      end

      :ok
    end

    defp json_list("[" <> _ = text), do: list_of(EctoLibSql.JSON.decode(text))
    defp json_list({:blob, bytes}) when is_binary(bytes), do: list_of(JSONB.decode(bytes))
    defp json_list(_param), do: nil

    defp list_of({:ok, list}) when is_list(list), do: list
    defp list_of(_no_json), do: nil

    defp deeper?(list, param, "?"), do: is_list(list) and not match?({:list, _}, param)
    defp deeper?(value, _param, depth), do: depth(value) > String.to_integer(depth)

    defp depth([element | _]), do: 1 + depth(element)
    defp depth([]), do: 1
    defp depth(_value), do: 0

    @spec refuse_array(String.t()) :: no_return
    defp refuse_array(sql) do
      raise ArgumentError,
            "`x in type(^list, {:array, _})` would compare x with the array as a whole: " <>
              "write `x in ^list`. In: #{sql}"
    end

    @doc "The SQL of `left in right`."
    @spec in_sql(Macro.t(), Macro.t(), tuple, Ecto.Query.t()) :: iodata
    def in_sql(_left, [], _sources, _query), do: "0"

    def in_sql(left, {:^, _, [ix, 0]}, sources, query),
      do: [to_sql(left, sources, query), " IN (SELECT NULL WHERE 1=0) ", note(ix, 0, nil)]

    def in_sql(left, {:^, _, [ix, length]} = list, sources, query) do
      form = ExpressionType.form([left, list], sources, query)

      if LongList.long?(length) do
        rows = [" IN (SELECT ", in_form("v", form), " FROM ", LongList.rows(ix, length), ?)]
        [beside_rows(left, form, sources, query) | rows]
      else
        items = for n <- (ix + 1)..(ix + length), do: in_form(Quoting.parameter(n), form)
        note = note(ix, length, ExpressionType.type(left, sources, query))
        [list(left, items, form, sources, query), ?\s, note]
      end
    end

    def in_sql(left, right, sources, query) when is_list(right) do
      form = ExpressionType.form([left | right], sources, query)
      items = Enum.map(right, &comparable(&1, form, sources, query))
      list(left, items, form, sources, query)
    end

    # Ecto passes a list of literals in the form in which an array column would store it.
    def in_sql(left, json, sources, query) when is_binary(json) do
      {:ok, list} = EctoLibSql.JSON.decode(json)
      in_sql(left, literals(list, ExpressionType.type(left, sources, query)), sources, query)
    end

    def in_sql(left, {:blob, jsonb}, sources, query) do
      {:ok, list} = JSONB.decode(jsonb)
      in_sql(left, literals(list, ExpressionType.type(left, sources, query)), sources, query)
    end

    def in_sql(left, %Ecto.SubQuery{} = subquery, sources, query) do
      form = ExpressionType.form([left, subquery], sources, query)
      rows = to_sql(subquery, sources, query)
      in_rows(comparable(left, form, sources, query), " IN ", rows, form)
    end

    # A fragment in brackets is a list, and one that selects is a subquery. Any other fragment is an array, like a field.
    def in_sql(left, {:fragment, _, [{:raw, text} | _] = parts} = fragment, sources, query) do
      if Expression.select?(parts) or String.starts_with?(String.trim_leading(text), "(") do
        [operand(left, sources, query), " IN ", to_sql(fragment, sources, query)]
      else
        in_array(left, fragment, sources, query)
      end
    end

    def in_sql(left, array, sources, query), do: in_array(left, array, sources, query)

    @doc "The SQL of `left op any(subquery)` and `left op all(subquery)`."
    @spec quantified({atom, iodata}, :any | :all, Macro.t(), struct, tuple, Ecto.Query.t()) ::
            iodata
    def quantified({op, operator}, quantifier, left, subquery, sources, query) do
      form = ExpressionType.form([left, subquery], sources, query)
      rows = to_sql(subquery, sources, query)
      left = comparable(left, form, sources, query)

      case {op, quantifier} do
        {:==, :any} -> [?(, in_rows(left, " IN ", rows, form), ?)]
        {:!=, :all} -> [?(, in_rows(left, " NOT IN ", rows, form), ?)]
        _ -> counted(left, operator, quantifier, rows, form)
      end
    end

    # The first parameter of the list, its length, and how deep lists are nested in each element.
    defp note(ix, length, type), do: "/* #{@note} #{ix} #{length} #{nesting(type)} */"

    defp nesting({:array, element}), do: if(is_integer(n = nesting(element)), do: n + 1, else: n)
    defp nesting(type) when type in [nil, :any], do: "?"
    defp nesting(_scalar), do: 0

    # A column is compared as a number (and by its index) with rows of numbers, but not with a list.
    defp list(left, items, form, sources, query) do
      if form == :number and ExpressionType.column?(left, sources, query) do
        rows = Enum.map_intersperse(items, ?,, &[?(, &1, ?)])
        [beside_rows(left, form, sources, query), " IN (VALUES ", rows, ?)]
      else
        [comparable(left, form, sources, query), " IN (", Enum.intersperse(items, ", "), ?)]
      end
    end

    defp beside_rows(left, form, sources, query) do
      if form == :number and ExpressionType.column?(left, sources, query),
        do: to_sql(left, sources, query),
        else: comparable(left, form, sources, query)
    end

    defp in_rows(left, operator, rows, :stored), do: [left, operator, rows]

    defp in_rows(left, operator, rows, form) do
      values = [" SELECT ", in_form("v", form), " FROM ecto_rows)"]
      [left, operator, "(WITH ecto_rows(v) AS ", rows | values]
    end

    # If no true (for any) or false (for all) row decides the result, it is NULL as soon as one row is NULL.
    defp counted(left, operator, quantifier, rows, form) do
      verdict =
        case quantifier do
          :any -> "CASE WHEN max(c) THEN 1 WHEN count(*) > count(c) THEN NULL ELSE 0 END"
          :all -> "CASE WHEN NOT min(c) THEN 0 WHEN count(*) > count(c) THEN NULL ELSE 1 END"
        end

      [
        ["(WITH ecto_rows(v) AS ", rows, " SELECT ", verdict],
        [" FROM (SELECT ", left, operator, in_form("v", form), " AS c FROM ecto_rows))"]
      ]
    end

    # An array is JSON text. If the array is NULL, the result is NULL, as in other databases.
    defp in_array(left, array, sources, query) do
      element =
        case ExpressionType.type(array, sources, query) do
          {:array, element} -> element
          _ -> nil
        end

      form = ExpressionType.form([element, ExpressionType.type(left, sources, query)])
      array = to_sql(array, sources, query)

      left =
        case left |> to_sql(sources, query) |> JsonElement.text(element) do
          :same -> comparable(left, form, sources, query)
          text -> text
        end

      [
        ["(CASE WHEN ", array, " IS NOT NULL THEN ", left, " IN (SELECT "],
        [in_form("value", form), " FROM json_each(", array, ")) END)"]
      ]
    end

    defp literals(list, :binary), do: Enum.map(list, &{:blob, &1})
    defp literals(list, _type), do: list
  end
end
