if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.LongList do
    @moduledoc false
    # `in ^list` with more elements than a statement should have parameters; the engine takes 32,766 of them.
    #
    # The elements go as one parameter, a JSON array. A statement is made before its parameters are at hand, so it
    # says in a comment which of Ecto's parameters are one, and `parameters/2` makes it of them.
    #
    # In the array a blob is `[hex]`; integers, floats and texts are what they are.

    # Below it each element is a parameter.
    @few 1000

    @mark "/* in ^list: "

    @doc "With what the comment begins."
    @spec mark() :: String.t()
    def mark, do: @mark

    @doc "Whether a list of so many elements is a long one."
    @spec long?(non_neg_integer) :: boolean
    def long?(length), do: length > @few

    @doc "The rows `v` of the list whose elements Ecto counts from `ix` on."
    @spec rows(non_neg_integer, pos_integer) :: iodata
    def rows(ix, length) do
      [
        [
          "(SELECT CASE type WHEN 'array' THEN unhex(value ->> 0) ELSE value END AS v FROM json_each(?"
        ],
        [Integer.to_string(ix + 1), ")) #{@mark}#{ix} #{length} */"]
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
          Regex.replace(tokens(), text, fn
            _, <<digit, _::binary>> = n when digit in ?0..?9 -> "?#{number(n, lists)}"
            token, _ -> token
          end)
      end
    end

    defp number(digits, lists) do
      n = String.to_integer(digits)
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
        before ++ [list |> Enum.map(&element(&1, sql)) |> EctoLibSql.JSON.encode!() | behind]
      end)
    end

    def parameters(_sql, params), do: params

    defp element({:blob, bytes}, _sql), do: [Base.encode16(bytes)]
    defp element(value, sql), do: EctoLibSql.Query.encode_param(value, sql)

    # The last one first.
    defp lists(text) do
      if String.contains?(text, @mark) do
        for([@mark <> list] <- Regex.scan(tokens(), text), do: list)
        |> Enum.map(fn list ->
          [ix, length, "*/"] = String.split(list)
          {String.to_integer(ix), String.to_integer(length)}
        end)
        |> Enum.uniq()
        |> Enum.sort(:desc)
      else
        []
      end
    end

    # What is between quotes, comments, and a parameter with its number.
    defp tokens, do: ~r{'[^']*+'|"[^"]*+"|`[^`]*+`|\[[^\]]*+\]|--[^\n]*+|/\*.*?\*/|\?(\d+)}s
  end
end
