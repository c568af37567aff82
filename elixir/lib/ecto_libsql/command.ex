defmodule EctoLibSql.Command do
  @moduledoc "What kind of statement a text is."

  @doc """
  What a statement does, by its first word.

      iex> EctoLibSql.Command.detect("-- all of them\\nSELECT * FROM t")
      :select
  """
  def detect(sql) when is_binary(sql) do
    case first_word(sql) do
      word when word in ~w(select with values explain) -> :select
      word when word in ~w(insert replace) -> :insert
      "update" -> :update
      "delete" -> :delete
      word when word in ~w(create drop alter) -> :create
      "begin" -> :begin
      word when word in ~w(commit end) -> :commit
      "rollback" -> :rollback
      "pragma" -> :pragma
      _ -> :unknown
    end
  end

  def detect(_), do: :unknown

  defp first_word(<<c, rest::binary>>) when c in [?\s, ?\t, ?\n, ?\r, ?\f, ?;], do: first_word(rest)

  defp first_word("--" <> rest) do
    case :binary.split(rest, "\n") do
      [_, rest] -> first_word(rest)
      _ -> ""
    end
  end

  defp first_word("/*" <> rest) do
    case :binary.split(rest, "*/") do
      [_, rest] -> first_word(rest)
      _ -> ""
    end
  end

  defp first_word(sql), do: sql |> letters(0) |> String.downcase(:ascii)

  defp letters(sql, size) do
    case sql do
      <<_::binary-size(size), c, _::binary>> when c in ?a..?z or c in ?A..?Z ->
        letters(sql, size + 1)

      _ ->
        binary_part(sql, 0, size)
    end
  end
end
