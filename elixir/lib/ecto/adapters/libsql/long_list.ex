if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.LongList do
    @moduledoc false
    # `in ^list` with more elements than a statement should have parameters; the engine takes 32,766 of them.
    #
    # The elements go as one parameter, a JSON array. A statement is made before its parameters are at hand, so it
    # says in a note which of Ecto's parameters are one, and `parameters/2` makes it of them.
    #
    # In the array integers, floats and texts are what they are. What JSON has not is an array: a blob `[hex]` (as
    # everywhere bytes that are not UTF-8 are one), an infinity `["9e999", "real"]`.

    alias Ecto.Adapters.LibSql.Notes

    # Below it each element is a parameter.
    @few 1000

    @note "in ^list: "
    @int64 -0x8000000000000000..0x7FFFFFFFFFFFFFFF

    @doc "Whether a list of so many elements is a long one."
    @spec long?(non_neg_integer) :: boolean
    def long?(length), do: length > @few

    @doc "The rows `v` of the list whose elements Ecto counts from `ix` on."
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

    @doc "The statement with the numbers that its parameters have when each long list is one."
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

    @doc "The parameters of a statement that is `numbered/1`, of those that Ecto gives."
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
                "an element of an `in ^list` has to be nil, a boolean, a number or a binary, got: #{inspect(other)}"
      end
    end

    # The last one first.
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
