if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.DecimalText do
    @moduledoc false
    # SQL about decimals of which nobody knows whether the column has numbers or texts.

    @doc "Whether `sql`, a text, is the number that SQLite makes of it, with all its digits."
    @spec exact?(iodata) :: iodata
    def exact?(sql) do
      mantissa = ["substr(", sql, ", 1, instr(lower(", sql, ") || 'e', 'e') - 1)"]
      digits = ["trim(replace(ltrim(", mantissa, ", '-'), '.', ''), '0')"]

      [
        ["(length(", digits, ") <= 15 OR ", sql, " NOT GLOB '*[^-0-9]*'"],
        [" AND typeof(CAST(", sql, " AS NUMERIC)) = 'integer')"]
      ]
    end

    @doc "The number of `sql`; its text where a number would lose digits."
    @spec number(iodata) :: iodata
    def number(sql) do
      [
        ["CASE WHEN typeof(", sql, ") <> 'text' THEN ", rounded(sql)],
        [" WHEN ", sql, " GLOB '*[^-+.0-9eE]*' OR length(", sql, ") > 300 THEN ", sql],
        [" WHEN ", exact?(sql), " THEN CAST(", sql, " AS NUMERIC) ELSE ", sql, " END"]
      ]
    end

    @doc "A number with the 15 digits that a column of decimals keeps, however it was computed."
    @spec rounded(iodata) :: iodata
    def rounded(sql), do: ["CAST(CAST(", sql, " AS TEXT) AS NUMERIC)"]

    @doc """
    What is computed of a column, or an error where that would lose digits which its text has.

    SQL has no function that raises, but json_extract() does, with the path that it was given.
    """
    @spec computed(iodata, iodata) :: iodata
    def computed(column, sql) do
      [
        [
          "CASE WHEN typeof(",
          column,
          ") = 'text' AND NOT ",
          exact?(column),
          " THEN json_extract('0', "
        ],
        [
          "'inc: of a decimal of more than 15 digits. Read it, add, and write it in a transaction')"
        ],
        [" ELSE ", sql, " END"]
      ]
    end
  end
end
