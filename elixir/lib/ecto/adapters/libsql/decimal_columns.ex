if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.DecimalColumns do
    @moduledoc false
    # Makes sure that a decimal with many digits is written only to text columns. Such decimals are rare, so the
    # columns of a table are looked up only when one occurs.
    #
    # Decimals that are only compared, not written, can have any number of digits.

    alias Ecto.Adapters.LibSql.{ColumnType, Notes}
    alias EctoLibSql.{Command, Decimals}

    @typep on_conflict :: {term, list, term}

    @doc "The fields of a row in the form to write. `Ecto.Adapters.LibSql.Codec` has marked the decimals."
    @spec write!(map, map, keyword, on_conflict) :: {keyword, on_conflict}
    def write!(meta, schema_meta, fields, on_conflict \\ {:raise, [], []}) do
      {[fields], on_conflict, []} = write_all!(meta, schema_meta, [], [fields], on_conflict, [])
      {fields, on_conflict}
    end

    @doc "Like `write!/4`, for rows, or a query that selects them, and for placeholders."
    @spec write_all!(map, map, [atom], [keyword] | {struct, list}, on_conflict, list) ::
            {[keyword] | {struct, list}, on_conflict, list}
    def write_all!(meta, schema_meta, header, rows, on_conflict, placeholders) do
      if wide_row?(rows) or wide_conflict?(on_conflict) or Enum.any?(placeholders, &wide/1) do
        table = {schema_meta.source, text_columns(meta, schema_meta)}
        {kind, conflict_params, target} = on_conflict

        {
          rows_written!(rows, header, placeholders, table),
          {kind, conflict_written!(kind, conflict_params, table), target},
          narrowed(placeholders)
        }
      else
        {rows, on_conflict, placeholders}
      end
    end

    @doc "The fields by which a row is found."
    @spec compared(keyword) :: keyword
    def compared(filters), do: for({field, value} <- filters, do: {field, wide(value) || value})

    @doc "The assignments of an UPDATE, or of ON CONFLICT DO UPDATE, that may write a decimal."
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
      with true <- Enum.any?(params, &wide/1),
           sql = sql(prepared),
           :update <- Command.detect(sql),
           {source, _schema, prefix} <- elem(query_meta.sources, 0) do
        table = {source, text_columns(meta, %{source: source, prefix: prefix})}

        for note <- Notes.all(sql, "decimals: "), written <- String.split(note, ", ") do
          [name, which] = String.split(written, " ")
          values = if which == "*", do: params, else: [Enum.at(params, String.to_integer(which))]
          assigned!(name, values, table)
        end

        narrowed(params)
      else
        _ -> params
      end
    end

    defp assigned!("+" <> name, values, {source, _texts}) do
      for value <- values, text = wide(value) do
        Decimals.refuse_inc!(text, "the column #{name} of #{source}")
      end
    end

    defp assigned!(name, values, table), do: for(value <- values, do: written!(name, value, table))

    defp sql(prepared) do
      {_id, sql} = elem(prepared, tuple_size(prepared) - 1)
      if is_struct(sql), do: to_string(sql), else: IO.iodata_to_binary(sql)
    end

    # --- decimals with many digits ---

    # The text of such a decimal, or nil. Without a schema, the value arrives as a Decimal.
    defp wide({:decimal, text}), do: text

    defp wide(%Decimal{} = decimal) do
      with {:inexact, text} <- Decimals.text(decimal), do: text, else: (_ -> nil)
    end

    defp wide(_value), do: nil

    defp narrowed(values), do: Enum.map(values, &(wide(&1) || &1))

    defp wide_row?({%{}, params}), do: Enum.any?(params, &wide/1)
    defp wide_row?([[] | rows]), do: wide_row?(rows)

    defp wide_row?([[{_field, {%Ecto.Query{}, params}} | row] | rows]),
      do: Enum.any?(params, &wide/1) or wide_row?([row | rows])

    defp wide_row?([[{_field, value} | row] | rows]) when is_tuple(value) or is_struct(value),
      do: wide(value) != nil or wide_row?([row | rows])

    defp wide_row?([[_ | row] | rows]), do: wide_row?([row | rows])
    defp wide_row?([]), do: false

    defp wide_conflict?({_kind, params, _target}), do: Enum.any?(params, &wide/1)
    defp wide_conflict?(_raise), do: false

    # --- which value is written to which column ---

    defp written!(field, value, {source, texts}) do
      case wide(value) do
        nil ->
          value

        text ->
          if String.downcase(to_string(field)) in texts,
            do: text,
            else: Decimals.refuse!(text, "the column #{field} of #{source}")
      end
    end

    defp rows_written!({query, params}, header, _placeholders, table) do
      first = first_parameter(query)

      for arm <- arms(query) do
        for {field, selected} <- Enum.zip(header, arm.select.fields), ix <- parameters(selected) do
          written!(field, Enum.at(params, ix - first), table)
        end

        # It is unknown to which columns these parameters are written.
        for ix <- parameters([arm.from, Enum.map(arm.joins, & &1.source), arm.with_ctes]),
            field <- header do
          written!(field, Enum.at(params, ix - first), table)
        end
      end

      {query, narrowed(params)}
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

      for {op, field, value} <- updates(query), ix <- parameters(value) do
        name = if op == :inc, do: "+#{field}", else: to_string(field)
        assigned!(name, [Enum.at(params, ix - first)], table)
      end

      narrowed(params)
    end

    defp conflict_written!(_kind, params, _table), do: narrowed(params)

    # --- parameters of a planned query ---

    defp arms(%{combinations: combinations} = query),
      do: [query | Enum.flat_map(combinations, fn {_kind, arm} -> arms(arm) end)]

    # Ecto numbers the parameters of the whole statement; each of this query's parameters occurs in the query.
    defp first_parameter(query), do: query |> parameters() |> Enum.min(fn -> 0 end)

    defp parameters({:^, meta, [ix]}) when is_list(meta) and is_integer(ix), do: [ix]

    defp parameters({:^, meta, [ix, length]}) when is_list(meta) and is_integer(ix),
      do: Enum.to_list(ix..(ix + length - 1)//1)

    defp parameters({:values, meta, [types, ix, rows]}) when is_list(meta) and is_integer(ix),
      do: Enum.to_list(ix..(ix + length(types) * rows - 1)//1)

    # The other keys hold the query as it was before planning.
    defp parameters(%Ecto.Query{} = query),
      do: query |> Map.drop([:__struct__, :sources, :aliases]) |> Map.values() |> parameters()

    defp parameters(%Ecto.SubQuery{query: query}), do: parameters(query)
    defp parameters(%Ecto.Query.SelectExpr{fields: fields}), do: parameters(fields)
    defp parameters(%_{} = struct), do: struct |> Map.from_struct() |> Map.values() |> parameters()
    defp parameters(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> parameters()
    defp parameters([head | tail]), do: parameters(head) ++ parameters(tail)
    defp parameters(%{} = map), do: map |> Map.values() |> parameters()
    defp parameters(_term), do: []

    # --- tables ---

    defp text_columns(meta, table) do
      for {name, type} <- columns(meta, table), ColumnType.text?(type), do: String.downcase(name)
    end

    # Without a prefix, a temporary table hides another table of the same name, just as it does in the statement.
    defp columns(meta, %{source: source, prefix: prefix}) do
      {schema, params} = if prefix, do: {", ?2", [source, prefix]}, else: {"", [source]}
      sql = "SELECT name, type FROM pragma_table_xinfo(?1#{schema})"
      %{rows: rows} = Ecto.Adapters.SQL.query!(meta, sql, params, log: false)
      Enum.map(rows, &List.to_tuple/1)
    end
  end
end
