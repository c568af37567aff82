if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.LongList do
    @moduledoc false
    # Passes the elements of a long `in ^list` as one parameter. The engine accepts at most 32,766 parameters.
    #
    # That parameter is a JSON array. The SQL is generated before the parameters are known, so a note in the statement
    # says which of Ecto's parameters belong to the list, and `parameters/2` combines them.
    #
    # In the array, integers, floats and texts are themselves. A value that JSON cannot represent is a nested array: a
    # blob is `[hex]` (here, too, bytes that are not UTF-8 are a blob), and an infinity is `["9e999", "real"]`.

    alias Ecto.Adapters.LibSql.Notes

    # Up to this length, each element is a parameter of its own.
    @few 1000

    @note "in ^list: "
    @int64 -0x8000000000000000..0x7FFFFFFFFFFFFFFF

    @doc "Whether a list of this length is passed as one parameter."
    @spec long?(non_neg_integer) :: boolean
    def long?(length), do: length > @few

    @doc "A subquery whose column `v` has the elements of the list that starts at Ecto's parameter `ix`."
    @spec rows(non_neg_integer, pos_integer) :: iodata
    def rows(ix, length) do
      [
        [
          "(SELECT CASE type WHEN 'array' THEN CASE value ->> 1 WHEN 'real' THEN CAST(value ->> 0 AS REAL)"
        ],
        [" ELSE unhex(value ->> 0) END ELSE value END AS v"],
        [" FROM json_each(?", Integer.to_string(ix + 1), ")) /* #{@note}#{ix} #{length} */"]
      ]
    end

    @doc "The statement with its parameters renumbered so that each long list is one parameter."
    @spec numbered(iodata) :: iodata
    def numbered(sql) do
      text = IO.iodata_to_binary(sql)

      case lists(text) do
        [] ->
          text

        lists ->
          Notes.renumbered(text, &number(&1, lists))
      end
    end

    defp number(n, lists) do
      n - Enum.sum(for {ix, length} <- lists, n > ix + length, do: length - 1)
    end

    @doc "Converts Ecto's parameters to those of a statement renumbered by `numbered/1`."
    @spec parameters(iodata, list | map) :: list | map
    def parameters(sql, params) when is_list(params) and length(params) > @few do
      sql = IO.iodata_to_binary(sql)

      sql
      |> lists()
      |> Enum.reduce(params, fn {ix, length}, params ->
        {before, rest} = Enum.split(params, ix)
        {list, behind} = Enum.split(rest, length)

        if length(list) != length do
          raise ArgumentError,
                "a list of the statement has #{length} elements, which are not among the parameters: " <>
                  "what `to_sql/3` gives belongs together. In: #{sql}"
        end

        before ++ [list |> Enum.map(&element(&1, sql)) |> EctoLibSql.JSON.encode!() | behind]
      end)
    end

    def parameters(_sql, params), do: params

    defp element({:blob, bytes}, _sql), do: [bytes |> IO.iodata_to_binary() |> Base.encode16()]

    defp element(value, sql) do
      case EctoLibSql.Query.encode_param(value, sql) do
        text when is_binary(text) ->
          if String.valid?(text), do: text, else: [Base.encode16(text)]

        number when is_float(number) or (is_integer(number) and number in @int64) ->
          number

        integer when is_integer(integer) ->
          raise ArgumentError, "the element #{integer} of an `in ^list` does not fit into 64 bits"

        nil ->
          nil

        :infinity ->
          ["9e999", "real"]

        :neg_infinity ->
          ["-9e999", "real"]

        other ->
          raise ArgumentError,
                "an element of an `in ^list` must be nil, a boolean, a number or a binary, got: #{inspect(other)}"
      end
    end

    # The long lists of a statement, last one first.
    defp lists(text) do
      for(note <- Notes.all(text, @note), do: Regex.run(~r/\A(\d+) (\d+)\z/, note))
      |> Enum.flat_map(fn
        [_, ix, length] -> [{String.to_integer(ix), String.to_integer(length)}]
        nil -> []
      end)
      |> Enum.uniq()
      |> Enum.sort(:desc)
    end
  end
end
