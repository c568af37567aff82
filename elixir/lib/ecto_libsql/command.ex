defmodule EctoLibSql.Command do
  @moduledoc false
  # Detects the kind of an SQL statement.

  @doc """
  Returns the kind of a statement by its first word, or, for `WITH`, by the verb after the common table expressions.

      iex> EctoLibSql.Command.detect("-- all of them\\nSELECT * FROM t")
      :select
  """
  # Fast path: Ecto's statements begin like this.
  def detect("SELECT " <> _), do: :select
  def detect("INSERT INTO " <> _), do: :insert
  def detect("UPDATE " <> _), do: :update
  def detect("DELETE FROM " <> _), do: :delete

  def detect(sql) when is_binary(sql) do
    case first_word(sql) do
      word when word in ~w(select values explain) -> :select
      "with" -> sql |> after_with() |> verb(0)
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

  defp after_with(sql) do
    {start, size} = :binary.match(String.downcase(sql, :ascii), "with")
    :binary.part(sql, start + size, byte_size(sql) - start - size)
  end

  # The first verb of a statement outside parentheses.
  defp verb("", _depth), do: :select
  defp verb("(" <> rest, depth), do: verb(rest, depth + 1)
  defp verb(")" <> rest, depth), do: verb(rest, depth - 1)
  defp verb("--" <> rest, depth), do: rest |> behind("\n") |> verb(depth)
  defp verb("/*" <> rest, depth), do: rest |> behind("*/") |> verb(depth)
  defp verb("[" <> rest, depth), do: rest |> behind("]") |> verb(depth)

  defp verb(<<quote, rest::binary>>, depth) when quote in [?", ?', ?`],
    do: rest |> behind(<<quote>>) |> verb(depth)

  defp verb(<<c, _::binary>> = sql, depth) when c in ?a..?z or c in ?A..?Z or c == ?_ or c > 127 do
    word = name(sql, 0)
    rest = :binary.part(sql, byte_size(word), byte_size(sql) - byte_size(word))

    case depth == 0 and String.downcase(word, :ascii) do
      word when word in ~w(select values) -> :select
      word when word in ~w(insert replace) -> :insert
      "update" -> :update
      "delete" -> :delete
      _ -> verb(rest, depth)
    end
  end

  defp verb(<<_, rest::binary>>, depth), do: verb(rest, depth)

  defp name(sql, size) do
    case sql do
      <<_::binary-size(size), c, _::binary>>
      when c in ?a..?z or c in ?A..?Z or c in ?0..?9 or c in [?_, ?$] or c > 127 ->
        name(sql, size + 1)

      _ ->
        :binary.part(sql, 0, size)
    end
  end

  defp behind(sql, mark) do
    case :binary.split(sql, mark) do
      [_, rest] -> rest
      _ -> ""
    end
  end

  defp first_word(<<c, rest::binary>>) when c in [?\s, ?\t, ?\n, ?\r, ?\f, ?;], do: first_word(rest)

  defp first_word("--" <> rest), do: rest |> behind("\n") |> first_word()
  defp first_word("/*" <> rest), do: rest |> behind("*/") |> first_word()
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
