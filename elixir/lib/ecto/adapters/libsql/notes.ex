if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Notes do
    @moduledoc false
    # What a statement says about itself, in comments, to who runs it: it is made before its parameters are at hand.
    #
    # | note | says |
    # |---|---|
    # | `/* in ^list */` | that these parameters are the elements of a list |
    # | `/* in ^list: 2 1001 */` | that this parameter is a list: `Ecto.Adapters.LibSql.LongList` |
    # | `/* decimals: price 0 */` | what becomes of which column: `Ecto.Adapters.LibSql.DecimalColumns` |
    # | `/* ecto_libsql: 0 decimal */` | how columns are decoded: `Ecto.Adapters.LibSql.SelectColumns` |
    #
    # What looks like one between quotes is a text or a name. A fragment's text is its author's: its comments are no
    # notes, even if they have been copied from a log.

    @beginnings ["in ^list", "decimals: ", "ecto_libsql: "]
    @opened Enum.map(@beginnings, &("/* " <> &1))

    @doc "The notes of a statement that begin with `beginning`: what stands behind it, without spaces around it."
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

    @doc "The text of a fragment, in which nothing is a note."
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

    @doc "The statement with other numbers of its parameters."
    @spec renumbered(String.t(), (pos_integer -> pos_integer)) :: String.t()
    def renumbered(sql, number) do
      Regex.replace(tokens(), sql, fn
        _, <<digit, _::binary>> = n when digit in ?0..?9 ->
          "?#{n |> String.to_integer() |> number.()}"

        token, _ ->
          token
      end)
    end

    # What is between quotes, comments, and a parameter with its number.
    defp tokens,
      do: ~r{'[^']*+'|"[^"]*+"|`[^`]*+`|\[[^\]]*+\]|--[^\n]*+|/\*.*?(?:\*/|\z)|\?(\d+)}s
  end
end
