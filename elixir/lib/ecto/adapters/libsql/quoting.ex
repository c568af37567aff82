defmodule Ecto.Adapters.LibSql.Quoting do
  @moduledoc false
  # Writes names and literals in SQL.
  #
  # Every function returns iodata and accepts any name or text. Quotes inside are doubled, so the contents of a name
  # or value cannot end it. A name with a NUL byte raises `ArgumentError`, because the engine would cut off the
  # statement there.

  @doc "A table, column, index or constraint name in double quotes."
  @spec name(atom | String.t()) :: iodata
  def name(name) when is_atom(name) and not is_nil(name), do: name(Atom.to_string(name))

  def name(name) when is_binary(name), do: [?", inside(name, name), ?"]

  # Fast path: every statement has names, and few of them contain quotes.
  defp inside(<<?", _::binary>>, name), do: name |> no_nul!() |> String.replace("\"", "\"\"")
  defp inside(<<0, _::binary>>, name), do: no_nul!(name)
  defp inside(<<_, rest::binary>>, name), do: inside(rest, name)
  defp inside(<<>>, name), do: name

  defp no_nul!(name) do
    if String.contains?(name, <<0>>),
      do: raise(ArgumentError, "a name cannot contain a NUL byte: #{inspect(name)}"),
      else: name
  end

  @doc "A name, after the name of its attached database if `prefix` is given."
  @spec name(nil | atom | String.t(), atom | String.t()) :: iodata
  def name(nil, name), do: name(name)
  def name(prefix, name), do: [name(prefix), ?., name(name)]

  @doc "Names separated by commas."
  @spec names([atom | String.t()]) :: iodata
  def names(names), do: Enum.map_intersperse(names, ", ", &name/1)

  @doc """
  A text literal.

  SQLite has no literal for text with a NUL byte, so such a text is written as a blob and cast.
  """
  @spec text(String.t()) :: iodata
  def text(value) when is_binary(value) do
    if String.contains?(value, <<0>>) do
      ["CAST(", blob(value), " AS TEXT)"]
    else
      [?', String.replace(value, "'", "''"), ?']
    end
  end

  @doc "A blob literal."
  @spec blob(binary) :: iodata
  def blob(value) when is_binary(value), do: ["x'", Base.encode16(value, case: :lower), ?']

  @doc """
  A bitstring as a blob literal in its stored form: a byte with the number of padding bits at the end, then the
  bits.
  """
  @spec bits(bitstring) :: iodata
  def bits(value) do
    padding = rem(8 - rem(bit_size(value), 8), 8)
    blob(<<padding, value::bitstring, 0::size(padding)>>)
  end

  @doc "The `n`-th parameter of the statement, counted from 1."
  @spec parameter(pos_integer) :: iodata
  def parameter(n), do: [?? | Integer.to_string(n)]
end
