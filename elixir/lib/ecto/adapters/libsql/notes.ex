if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Notes do
    @moduledoc false
    # Notes are SQL comments in a generated statement, which tell the code that runs the statement what it needs to
    # know. They are needed because the SQL is generated before its parameters are known.
    #
    # | note | meaning |
    # |---|---|
    # | `/* in ^list 2 3 0 */` | these parameters are the elements of a list: `Ecto.Adapters.LibSql.InExpression` |
    # | `/* in ^list: 2 1001 */` | this parameter is a list: `Ecto.Adapters.LibSql.LongList` |
    # | `/* written: price 0 */` | what is written to which column: `Ecto.Adapters.LibSql.WrittenColumns` |
    # | `/* by rowid: p0 */` | the condition behind it finds rows by their rowid: `Ecto.Adapters.LibSql.RowKey` |
    # | `/* ecto_libsql: 0 decimal */` | how columns are decoded: `Ecto.Adapters.LibSql.SelectColumns` |
    #
    # Text in quotes is never a note. Comments in a fragment are not notes either, because the user wrote them, even
    # if they were copied from a log.

    @beginnings ["in ^list", "written: ", "by rowid: ", "ecto_libsql: "]
    @opened Enum.map(@beginnings, &("/* " <> &1))

    @doc "The notes of a statement that begin with `beginning`: the trimmed text after it."
    @spec all(String.t(), String.t()) :: [String.t()]
    def all(sql, beginning) do
      opened = "/* " <> beginning

      if String.contains?(sql, opened) do
        for [token | _] <- Regex.scan(tokens(), sql), String.starts_with?(token, opened) do
          token |> String.replace_prefix(opened, "") |> String.trim_trailing("*/") |> String.trim()
        end
      else
        []
      end
    end

    @doc "The statement before and after its first note that begins with `beginning`, which must have one."
    @spec around(String.t(), String.t()) :: {String.t(), String.t()}
    def around(sql, beginning) do
      opened = "/* " <> beginning

      [[{at, size} | _] | _] =
        tokens()
        |> Regex.scan(sql, return: :index)
        |> Enum.drop_while(fn [{at, size} | _] ->
          not String.starts_with?(binary_part(sql, at, size), opened)
        end)

      {binary_part(sql, 0, at), binary_part(sql, at + size, byte_size(sql) - at - size)}
    end

    @doc "The text of a fragment, changed so that none of its comments is taken for a note."
    @spec foreign(String.t()) :: String.t()
    def foreign(text) do
      if String.contains?(text, @opened) do
        Regex.replace(tokens(), text, fn
          <<"/* ", comment::binary>> -> "/* of a fragment: " <> comment
          token -> token
        end)
      else
        text
      end
    end

    @doc "The statement with its parameters renumbered."
    @spec renumbered(String.t(), (pos_integer -> pos_integer)) :: String.t()
    def renumbered(sql, number) do
      Regex.replace(tokens(), sql, fn
        _, <<digit, _::binary>> = n when digit in ?0..?9 ->
          "?#{n |> String.to_integer() |> number.()}"

        token, _ ->
          token
      end)
    end

    # Matches quoted text, comments, and numbered parameters.
    defp tokens,
      do: ~r{'[^']*+'|"[^"]*+"|`[^`]*+`|\[[^\]]*+\]|--[^\n]*+|/\*.*?(?:\*/|\z)|\?(\d+)}s
  end
end
