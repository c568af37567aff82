defmodule Ecto.Adapters.LibSql.Intervals do
  @moduledoc false
  # Generates the SQL of `datetime_add/3` and `date_add/3`.
  #
  # SQLite's own date functions are limited to milliseconds, and turn 31 January plus a month into 3 March. Here a
  # result has microseconds, and a day that the month does not have becomes the last day of the month. The text has
  # the format of the argument: separator, fraction of a second (also written if the sum has one) and zone. A fraction
  # of a month counts as that part of 30 days.

  @second 1_000_000
  @units %{
    "week" => 604_800 * @second,
    "day" => 86_400 * @second,
    "hour" => 3_600 * @second,
    "minute" => 60 * @second,
    "second" => @second,
    "millisecond" => 1_000,
    "microsecond" => 1
  }
  @months %{"year" => 12, "month" => 1}
  @month 30 * 86_400 * @second

  @doc "The sum of `value` and `count` units, or `:error` for an unknown unit."
  @spec add(:datetime_add | :date_add, iodata, iodata, String.t()) :: {:ok, iodata} | :error
  def add(kind, value, count, unit) do
    case {@units, @months} do
      {%{^unit => size}, _} -> {:ok, sql(kind, value, moved_by_time(count, size))}
      {_, %{^unit => size}} -> {:ok, sql(kind, value, moved_by_months(count, size))}
      _ -> :error
    end
  end

  @doc "Whether `count` units are known to be whole seconds."
  @spec whole_seconds?(Macro.t(), String.t()) :: boolean
  def whole_seconds?({:-, _, [count]}, unit), do: whole_seconds?(count, unit)

  def whole_seconds?(count, unit) do
    size = @units[unit] || Map.get(@months, unit, 1) * @month

    is_number(count) and rem(round(count * size), @second) == 0
  end

  @doc """
  A time without the fraction of its second, for SQLite's date functions.

  The SQLite version of a server rounds fractions to milliseconds when it calculates, so that
  `date('2024-01-31T23:59:59.999999')` is 1 February.
  """
  @spec whole_seconds(iodata) :: iodata
  def whole_seconds(value) do
    [
      ["substr(", value, ", 1, 19) || CASE WHEN ", value],
      [" GLOB '*[+-][0-9][0-9]:[0-9][0-9]' THEN substr(", value, ", -6) ELSE '' END"]
    ]
  end

  # d: the value, s: its whole seconds, u: microseconds since 1970, f: microseconds after the last full second.
  defp sql(kind, value, moved) do
    [
      ["(SELECT ", format(kind), " FROM (SELECT d, u, (u % 1000000 + 1000000) % 1000000 AS f"],
      [" FROM (SELECT d, ", fraction(), " + ", moved.sql, " AS u"],
      [" FROM (SELECT d, n, ", whole_seconds("d"), " AS s"],
      [" FROM (SELECT ", value, " AS d, ", moved.count, " AS n)))))"]
    ]
  end

  defp fraction do
    "CAST(round(CAST('0' || substr(d, 20) AS REAL) * 1000000) AS INTEGER)"
  end

  defp moved_by_time(count, size) do
    %{
      count: ["CAST(round((", count, ") * #{size}) AS INTEGER)"],
      sql: "strftime('%s', s) * 1000000 + n"
    }
  end

  # The day stays the same, or becomes the last one of a shorter month: the smaller of two dates as text.
  defp moved_by_months(count, size) do
    months = "CAST(n AS INTEGER)"

    date =
      "min(date(s, 'start of month', #{months} || ' months', (strftime('%d', s) - 1) || ' days'), " <>
        "date(s, 'start of month', (#{months} + 1) || ' months', '-1 day'))"

    %{
      count: ["(", count, ") * #{size}"],
      sql:
        "(strftime('%s', #{date}) + strftime('%s', s) - strftime('%s', date(s))) * 1000000" <>
          " + CAST(round((n - #{months}) * #{@month}) AS INTEGER)"
    }
  end

  defp format(:date_add), do: "strftime('%Y-%m-%d', (u - f) / 1000000, 'unixepoch')"

  defp format(:datetime_add) do
    "strftime('%Y-%m-%d' || CASE substr(d, 11, 1) WHEN ' ' THEN ' ' ELSE 'T' END || '%H:%M:%S', " <>
      "(u - f) / 1000000, 'unixepoch')" <>
      " || CASE WHEN f != 0 OR substr(d, 20, 1) = '.' THEN printf('.%06d', f) ELSE '' END" <>
      " || CASE WHEN d GLOB '*Z' OR d GLOB '*[+-][0-9][0-9]:[0-9][0-9]' THEN 'Z' ELSE '' END"
  end
end
