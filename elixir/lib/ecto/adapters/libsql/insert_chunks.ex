if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.InsertChunks do
    @moduledoc false
    # Splits the rows of an `insert_all` into chunks, one for each statement.
    #
    # Rows that lack different columns need different statements, because SQLite has no `DEFAULT` inside `VALUES`. A
    # statement has at most 32,766 parameters. The order of the rows is kept.
    #
    # Ecto numbers the parameters of queries, in cells and in ON CONFLICT, across all rows; here they are renumbered
    # for their statement.

    @most_parameters 32_766

    @typep cell :: {atom, term}
    @typep on_conflict :: {term, [term], term}

    @doc "Each chunk is the header, the rows and the ON CONFLICT of one INSERT."
    @spec split([atom], [[cell]] | {struct, [term]}, on_conflict, [term]) ::
            [{[atom], [[cell]] | {struct, [term]}, on_conflict}]
    def split(header, rows, on_conflict, placeholders)

    def split(header, {%{}, _params} = query, on_conflict, _placeholders) do
      [{header, query, on_conflict}]
    end

    def split(header, rows, {_, conflict_params, _} = on_conflict, placeholders) do
      most = @most_parameters - length(placeholders) - length(conflict_params)

      case chunks(rows, most) do
        {[{_, rows, _, _}], _total} when rows == [] -> [{header, rows, on_conflict}]
        {[{fields, rows, 0, _}], _total} -> [{fields, rows, on_conflict}]
        {chunks, total} -> Enum.map(chunks, &numbered(&1, on_conflict, total))
      end
    end

    # Each chunk has its fields, its rows, its first parameter and the parameter after its last.
    defp chunks(rows, most) do
      {chunks, chunk, total} =
        Enum.reduce(rows, {[], {[], [], 0}, 0}, fn row, {chunks, {fields, rows, first}, next} ->
          behind = next + parameters(row, 0)

          if fields?(row, fields) and behind - first <= most and rows != [] do
            {chunks, {fields, [row | rows], first}, behind}
          else
            chunks = if rows == [], do: chunks, else: [{fields, rows, first, next} | chunks]
            {chunks, {Enum.map(row, &elem(&1, 0)), [row], next}, behind}
          end
        end)

      {fields, rows, first} = chunk
      chunks = [{fields, rows, first, total} | chunks]

      {Enum.reduce(chunks, [], fn chunk, all ->
         [put_elem(chunk, 1, Enum.reverse(elem(chunk, 1))) | all]
       end), total}
    end

    defp fields?([{field, _} | row], [field | fields]), do: fields?(row, fields)
    defp fields?([], []), do: true
    defp fields?(_, _), do: false

    defp parameters([{_, {:placeholder, _}} | row], n), do: parameters(row, n)

    defp parameters([{_, {%Ecto.Query{}, params}} | row], n),
      do: parameters(row, n + length(params))

    defp parameters([_ | row], n), do: parameters(row, n + 1)
    defp parameters([], n), do: n

    defp numbered({fields, rows, first, behind}, {kind, params, target}, total) do
      rows =
        for row <- rows do
          for cell <- row do
            case cell do
              {field, {%Ecto.Query{} = query, params}} -> {field, {shifted(query, -first), params}}
              cell -> cell
            end
          end
        end

      {fields, rows, {shifted(kind, behind - first - total), params, target}}
    end

    defp shifted({:^, meta, [n | rest]}, by) when is_list(meta) and is_integer(n) do
      {:^, meta, [n + by | rest]}
    end

    defp shifted({:values, meta, [types, n, rows]}, by) when is_integer(n) do
      {:values, meta, [types, n + by, rows]}
    end

    defp shifted(tuple, by) when is_tuple(tuple) do
      tuple |> Tuple.to_list() |> shifted(by) |> List.to_tuple()
    end

    defp shifted([head | tail], by), do: [shifted(head, by) | shifted(tail, by)]
    defp shifted(%{} = map, by), do: :maps.map(fn _key, value -> shifted(value, by) end, map)
    defp shifted(term, _by), do: term
  end
end
