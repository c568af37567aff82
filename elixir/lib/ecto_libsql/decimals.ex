defmodule EctoLibSql.Decimals do
  @moduledoc false
  # Decides whether a number column can hold a decimal exactly. The package Decimal may be missing, so this reads
  # the fields of the struct.

  @int64 -0x8000000000000000..0x7FFFFFFFFFFFFFFF

  # SQLite converts the text to a 64-bit integer or to a double, which keeps 15 digits. The smallest doubles keep
  # fewer.
  @digits 15
  @exponents -307..307

  @doc """
  The text of a decimal as `{:ok, text}`, or as `{:inexact, text}` if a number column would round it.

  Raises ArgumentError for NaN, for an infinity, and for an exponent that needs more digits than can be stored.
  """
  @spec text(struct) :: {:ok | :inexact, String.t()}
  def text(%{__struct__: Decimal, coef: coef} = decimal) when not is_integer(coef) do
    raise ArgumentError, "SQLite cannot store the decimal #{decimal}: pass a finite number or nil"
  end

  # The limits of PostgreSQL.
  def text(%{__struct__: Decimal, exp: exp} = decimal) when exp not in -16_383..131_072 do
    raise ArgumentError,
          "the decimal #{decimal} has too many digits to be stored: its exponent must be from -16383 to 131072"
  end

  def text(%{__struct__: Decimal} = decimal) do
    {if(exact?(decimal), do: :ok, else: :inexact), apply(Decimal, :to_string, [decimal, :normal])}
  end

  defp exact?(%{coef: 0}), do: true

  defp exact?(%{sign: sign, coef: coef, exp: exp}) do
    integer?(sign, coef, exp) or
      (
        digits = significant(coef)
        length(digits) <= @digits and (length(Integer.digits(coef)) + exp - 1) in @exponents
      )
  end

  defp integer?(sign, coef, exp) when exp in 0..18, do: (sign * coef * 10 ** exp) in @int64
  defp integer?(_sign, _coef, _exp), do: false

  defp significant(coef) do
    coef |> Integer.digits() |> Enum.reverse() |> Enum.drop_while(&(&1 == 0))
  end

  @doc "Raises because a column would round a decimal."
  @spec refuse!(String.t(), String.t()) :: no_return
  def refuse!(text, column) do
    raise ArgumentError,
          "#{column} would round #{short(text)}, because it stores numbers with 15 digits. Round the value first, or make " <>
            "the column a text: with a `precision:` above 15 in a migration that adds or modifies it, or with " <>
            "`config :ecto_libsql, decimal_type: :text` for all new columns"
  end

  @doc "Raises because `inc:` adds doubles and would lose digits."
  @spec refuse_inc!(String.t(), String.t()) :: no_return
  def refuse_inc!(text, column) do
    raise ArgumentError,
          "`inc:` cannot add #{short(text)} to #{column}, because it calculates with 15 digits: round the number first, or " <>
            "read the value, add to it (`Decimal.add/2`) and write it, in one transaction"
  end

  @doc "Raises because the default of a column is not a decimal."
  @spec refuse_default!(String.t(), atom) :: no_return
  def refuse_default!(value, column),
    do:
      raise(
        ArgumentError,
        "the default #{inspect(value)} of the column #{column} is not a decimal: " <>
          "pass a number, or a string such as \"1.50\""
      )

  @doc "Raises because a statement may write a decimal to a column that would round it."
  @spec refuse_unseen!(String.t()) :: no_return
  def refuse_unseen!(text) do
    raise ArgumentError,
          "a column of numbers would round #{short(text)} to 15 digits, and raw SQL does not tell which column is written: " <>
            "round the value first, or, for a text column, pass a string (`Decimal.to_string/2`)"
  end

  defp short(text) when byte_size(text) > 60, do: binary_part(text, 0, 60) <> "..."
  defp short(text), do: text
end
