defmodule EctoLibSql.Vector do
  @moduledoc """
  Helpers for libSQL's vectors: their text form, their column types, and the bytes that are stored.

  | type | element | column |
  |---|---|---|
  | `:f32` | 32 bits | `F32_BLOB(n)` |
  | `:f64` | 64 bits | `F64_BLOB(n)` |
  | `:f16`, `:bf16` | 16 bits | `F16_BLOB(n)`, `FB16_BLOB(n)` |
  | `:f8` | 8 bits, scaled by the vector's smallest and largest element | `F8_BLOB(n)` |
  | `:f1bit` | the sign | `F1BIT_BLOB(n)` |
  """

  @columns %{
    f32: "F32_BLOB",
    f64: "F64_BLOB",
    f16: "F16_BLOB",
    bf16: "FB16_BLOB",
    f8: "F8_BLOB",
    f1bit: "F1BIT_BLOB"
  }

  @doc """
  Returns a vector as text, for `vector32()` and the other vector functions.

      iex> EctoLibSql.Vector.text([1.0, 2, 3.5])
      "[1.0,2,3.5]"
  """
  @spec text([number]) :: String.t()
  def text(numbers) when is_list(numbers) do
    Enum.all?(numbers, &is_number/1) ||
      raise ArgumentError, "a vector must be a list of numbers, got: #{inspect(numbers, limit: 5)}"

    "[#{Enum.join(numbers, ",")}]"
  end

  @doc """
  Returns the type of a vector column.

      iex> EctoLibSql.Vector.type(3)
      "F32_BLOB(3)"
  """
  @spec type(pos_integer, atom) :: String.t()
  def type(dimensions, element \\ :f32) when is_integer(dimensions) and dimensions > 0 do
    column =
      @columns[element] ||
        raise ArgumentError,
              "#{inspect(element)} is not a vector type: use one of #{inspect(Map.keys(@columns))}"

    "#{column}(#{dimensions})"
  end

  @doc """
  Returns the SQL for the distance between a column and a vector: `:cos` (1 minus the cosine) or `:l2` (Euclidean).

      iex> EctoLibSql.Vector.distance(:l2, "d.embedding", [1.0, 2.0])
      "vector_distance_l2(d.embedding, '[1.0,2.0]')"
  """
  @spec distance(:cos | :l2, String.t(), [number] | String.t()) :: String.t()
  def distance(metric, column, vector) when metric in [:cos, :l2] and is_binary(column) do
    column =~ ~r/\A[a-zA-Z_][a-zA-Z0-9_.]*\z/ ||
      raise ArgumentError,
            "#{inspect(column)} is not a column name: " <>
              "use letters, digits, underscores and dots only"

    "vector_distance_#{metric}(#{column}, '#{checked(vector)}')"
  end

  defp checked(vector) when is_list(vector), do: text(vector)

  # The text becomes part of a statement, so it may contain nothing but numbers.
  defp checked(vector) when is_binary(vector) do
    if vector =~ ~r/\A\[[-+0-9.eE, ]*\]\z/,
      do: vector,
      else:
        raise(
          ArgumentError,
          "#{inspect(vector)} is not the text of a vector, such as \"[1.0, 2.5]\""
        )
  end

  @doc """
  Encodes a vector as the bytes that a column of type `:f32` or `:f64` stores.

      iex> EctoLibSql.Vector.decode(EctoLibSql.Vector.encode([1.0, -2.5]))
      [1.0, -2.5]
  """
  @spec encode([number], :f32 | :f64) :: binary
  def encode(numbers, element \\ :f32)
  def encode(numbers, :f32), do: for(n <- numbers, into: <<>>, do: <<n::float-little-32>>)

  # The last byte marks the elements as 64-bit.
  def encode(numbers, :f64),
    do: for(n <- numbers, into: <<>>, do: <<n::float-little-64>>) <> <<2>>

  @doc "Decodes the bytes of a column of type `:f32` or `:f64` into a list of numbers."
  @spec decode(binary) :: [float]
  def decode(bytes) when is_binary(bytes) do
    if rem(byte_size(bytes), 8) == 1 and :binary.last(bytes) == 2,
      do: for(<<n::float-little-64 <- bytes>>, do: n),
      else: for(<<n::float-little-32 <- bytes>>, do: n)
  end
end
