if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.WrittenColumns do
    @moduledoc false
    # Makes sure that some values are written only to columns that can hold them: a decimal with many digits only to
    # a text column, and a list, which is stored as JSON, only to a column of texts or JSON. The declared types of a
    # table are looked up only when such a value occurs. Ecto passes lists without a type where there is no schema.
    #
    # A value that is only compared, or that an expression uses, can be any decimal or list.

    alias Ecto.Adapters.LibSql.{Codec, ColumnType, Notes}
    alias EctoLibSql.{Command, Decimals}

    @typep on_conflict :: {term, list, term}

    @doc "The fields of a row in the form to write. `Ecto.Adapters.LibSql.Codec` has marked such values."
    @spec write!(map, map, keyword, on_conflict) :: {keyword, on_conflict}
    def write!(meta, schema_meta, fields, on_conflict \\ {:raise, [], []}) do
      {[fields], on_conflict, []} = write_all!(meta, schema_meta, [], [fields], on_conflict, [])
      {fields, on_conflict}
    end

    @doc "Like `write!/4`, for rows, or a query that selects them, and for placeholders."
    @spec write_all!(map, map, [atom], [keyword] | {struct, list}, on_conflict, list) ::
            {[keyword] | {struct, list}, on_conflict, list}
    def write_all!(meta, schema_meta, header, rows, on_conflict, placeholders) do
      if special_row?(rows) or special_conflict?(on_conflict) or
           Enum.any?(placeholders, &special?/1) do
        table = {schema_meta.source, columns(meta, schema_meta)}
        {kind, conflict_params, target} = on_conflict

        {
          rows_written!(rows, header, placeholders, table),
          {kind, conflict_written!(kind, conflict_params, table), target},
          plain_values(placeholders)
        }
      else
        {rows, on_conflict, placeholders}
      end
    end

    @doc "The fields by which a row is found."
    @spec compared(keyword) :: keyword
    def compared(filters), do: for({field, value} <- filters, do: {field, plain(value)})

    @doc "The assignments of an UPDATE, or of ON CONFLICT DO UPDATE, that may write such a value."
    @spec updates(Ecto.Query.t()) :: [{:set | :inc, atom, Macro.t()}]
    def updates(query) do
      for %{expr: expr} <- query.updates,
          {op, fields} when op in [:set, :inc] <- expr,
          {field, value} <- fields,
          not is_number(value) and not is_nil(value) and not is_boolean(value),
          do: {op, field, value}
    end

    @doc "The parameters of a query. A note in an UPDATE says which columns may get which parameter."
    @spec update_all!(map, map, term, list) :: list
    def update_all!(meta, query_meta, prepared, params) do
      with true <- Enum.any?(params, &special?/1),
           sql = sql(prepared),
           :update <- Command.detect(sql),
           {source, _schema, prefix} <- elem(query_meta.sources, 0) do
        table = {source, columns(meta, %{source: source, prefix: prefix})}

        for note <- Notes.all(sql, "written: "), written <- String.split(note, ", ") do
          case String.split(written, " ") do
            [name, "*"] -> used!(name, params, table)
            [name, n] -> assigned!(name, Enum.at(params, String.to_integer(n)), table)
          end
        end

        plain_values(params)
      else
        _ -> params
      end
    end

    defp assigned!("+" <> name, value, table) do
      if listed(value), do: refuse_list!(name, table)
      used!("+" <> name, [value], table)
    end

    defp assigned!(name, value, table), do: written!(name, value, table)

    # An expression may write these decimals; of a list it takes what it needs.
    defp used!("+" <> name, values, {source, _columns}) do
      for value <- values, text = wide(value) do
        Decimals.refuse_inc!(text, "the column #{name} of #{source}")
      end
    end

    defp used!(name, values, table),
      do: for(value <- values, wide(value), do: written!(name, value, table))

    defp sql(prepared) do
      {_id, sql} = elem(prepared, tuple_size(prepared) - 1)
      if is_struct(sql), do: to_string(sql), else: IO.iodata_to_binary(sql)
    end

    # --- decimals with many digits, and lists ---

    # The text of such a decimal, or nil. Without a schema, the value arrives as a Decimal.
    defp wide({:decimal, text}), do: text

    defp wide(%Decimal{} = decimal) do
      with {:inexact, text} <- Decimals.text(decimal), do: text, else: (_ -> nil)
    end

    defp wide(_value), do: nil

    # The JSON of a list, or nil. Without a schema, `insert_all` passes the list itself.
    defp listed({:list, stored}), do: stored

    defp listed(list) when is_list(list) do
      {:ok, stored} = Codec.stored(list)
      stored
    end

    defp listed(_value), do: nil

    defp special?(value) when is_tuple(value) or is_struct(value) or is_list(value),
      do: wide(value) != nil or match?({:list, _}, value) or is_list(value)

    defp special?(_value), do: false

    defp plain(value), do: wide(value) || listed(value) || value
    defp plain_values(values), do: Enum.map(values, &plain/1)

    defp special_row?({%{}, params}), do: Enum.any?(params, &special?/1)
    defp special_row?([[] | rows]), do: special_row?(rows)

    defp special_row?([[{_field, {%Ecto.Query{}, params}} | row] | rows]),
      do: Enum.any?(params, &special?/1) or special_row?([row | rows])

    defp special_row?([[{_field, value} | row] | rows]),
      do: special?(value) or special_row?([row | rows])

    defp special_row?([]), do: false

    defp special_conflict?({_kind, params, _target}), do: Enum.any?(params, &special?/1)
    defp special_conflict?(_raise), do: false

    # --- which value is written to which column ---

    defp written!(field, value, {source, columns} = table) do
      type = columns[String.downcase(to_string(field))]

      cond do
        text = wide(value) ->
          if type && ColumnType.text?(type),
            do: text,
            else: Decimals.refuse!(text, "the column #{field} of #{source}")

        stored = listed(value) ->
          # If there is no such column, the engine says so.
          if type == nil or ColumnType.json?(type), do: stored, else: refuse_list!(field, table)

        true ->
          value
      end
    end

    defp refuse_list!(field, {source, columns}) do
      type = columns[String.downcase(to_string(field))]

      raise ArgumentError,
            "the column #{field} of #{source} is declared as #{type}, so a list cannot be stored in it as JSON: declare it as " <>
              "TEXT (`:array` or `{:array, type}` in a migration), or pass the JSON of the list as a string"
    end

    defp rows_written!({query, params}, header, _placeholders, table) do
      first = first_parameter(query)

      for arm <- arms(query) do
        for {field, selected} <- Enum.zip(header, arm.select.fields) do
          written_by!(field, selected, params, first, table)
        end

        # It is unknown to which columns these parameters are written.
        for ix <- parameters([arm.from, Enum.map(arm.joins, & &1.source), arm.with_ctes]),
            field <- header do
          used!(to_string(field), [Enum.at(params, ix - first)], table)
        end
      end

      {query, plain_values(params)}
    end

    defp rows_written!(rows, _header, placeholders, table) do
      for row <- rows,
          do: for({field, cell} <- row, do: {field, cell!(field, cell, placeholders, table)})
    end

    defp cell!(field, {:placeholder, n} = cell, placeholders, table) do
      written!(field, Enum.at(placeholders, n - 1), table)
      cell
    end

    defp cell!(field, {%Ecto.Query{}, _params} = cell, _placeholders, table),
      do: rows_written!(cell, [field], [], table)

    defp cell!(field, value, _placeholders, table), do: written!(field, value, table)

    defp conflict_written!(%{updates: _} = query, params, table) do
      first = first_parameter(query)

      for {op, field, value} <- updates(query) do
        name = if op == :inc, do: "+#{field}", else: to_string(field)
        written_by!(name, value, params, first, table)
      end

      plain_values(params)
    end

    defp conflict_written!(_kind, params, _table), do: plain_values(params)

    # Ecto selects a field under a name.
    defp written_by!(name, {key, expr}, params, first, table) when is_atom(key),
      do: written_by!(name, expr, params, first, table)

    defp written_by!(name, {:^, _, [ix]}, params, first, table),
      do: assigned!(to_string(name), Enum.at(params, ix - first), table)

    defp written_by!(name, expr, params, first, table),
      do:
        used!(to_string(name), for(ix <- parameters(expr), do: Enum.at(params, ix - first)), table)

    # --- parameters of a planned query ---

    defp arms(%{combinations: combinations} = query),
      do: [query | Enum.flat_map(combinations, fn {_kind, arm} -> arms(arm) end)]

    @doc """
    The number of a query's first parameter.

    Ecto numbers the parameters of the whole statement; each of this query's parameters occurs in the query.
    """
    @spec first_parameter(Ecto.Query.t()) :: non_neg_integer
    def first_parameter(query), do: query |> first_parameters() |> Enum.min(fn -> 0 end)

    @doc "The numbers of the first parameters of all places in a query that have parameters."
    @spec first_parameters(Ecto.Query.t()) :: [non_neg_integer]
    def first_parameters(query), do: for({first, _count} <- places(query), do: first)

    defp parameters(term),
      do: for({first, count} <- places(term), ix <- first..(first + count - 1)//1, do: ix)

    # Each with its first parameter and their number.
    defp places({:^, meta, [ix]}) when is_list(meta) and is_integer(ix), do: [{ix, 1}]

    defp places({:^, meta, [ix, length]}) when is_list(meta) and is_integer(ix),
      do: [{ix, length}]

    defp places({:values, meta, [types, ix, rows]}) when is_list(meta) and is_integer(ix),
      do: [{ix, length(types) * rows}]

    # The other keys hold the query as it was before planning.
    defp places(%Ecto.Query{} = query),
      do: query |> Map.drop([:__struct__, :sources, :aliases]) |> Map.values() |> places()

    defp places(%Ecto.SubQuery{query: query}), do: places(query)
    defp places(%Ecto.Query.SelectExpr{fields: fields}), do: places(fields)
    defp places(%_{} = struct), do: struct |> Map.from_struct() |> Map.values() |> places()
    defp places(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> places()
    defp places([head | tail]), do: places(head) ++ places(tail)
    defp places(%{} = map), do: map |> Map.values() |> places()
    defp places(_term), do: []

    # --- tables ---

    # The declared types, by the names of the columns.
    # Without a prefix, a temporary table hides another table of the same name, just as it does in the statement.
    defp columns(meta, %{source: source, prefix: prefix}) do
      {schema, params} = if prefix, do: {", ?2", [source, prefix]}, else: {"", [source]}
      sql = "SELECT name, type FROM pragma_table_xinfo(?1#{schema})"
      %{rows: rows} = Ecto.Adapters.SQL.query!(meta, sql, params, log: false)
      Map.new(rows, fn [name, type] -> {String.downcase(name), type} end)
    end
  end
end
