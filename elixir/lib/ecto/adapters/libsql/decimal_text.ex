if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.DecimalText do
    @moduledoc false
    # SQL for decimals when it is unknown whether the column holds numbers or text.

    @doc "SQL that checks whether the text `sql` converts to a number without losing digits."
    @spec exact?(iodata) :: iodata
    def exact?(sql) do
      mantissa = ["substr(", sql, ", 1, instr(lower(", sql, ") || 'e', 'e') - 1)"]
      digits = ["trim(replace(ltrim(", mantissa, ", '-'), '.', ''), '0')"]

      [
        ["(length(", digits, ") <= 15 OR ", sql, " NOT GLOB '*[^-0-9]*'"],
        [" AND typeof(CAST(", sql, " AS NUMERIC)) = 'integer')"]
      ]
    end

    @doc "SQL for the number of `sql`, or its text if a number would lose digits."
    @spec number(iodata) :: iodata
    def number(sql) do
      [
        ["CASE WHEN typeof(", sql, ") <> 'text' THEN ", rounded(sql)],
        [" WHEN ", sql, " GLOB '*[^-+.0-9eE]*' OR length(", sql, ") > 300 THEN ", sql],
        [" WHEN ", exact?(sql), " THEN CAST(", sql, " AS NUMERIC) ELSE ", sql, " END"]
      ]
    end

    @doc "SQL that rounds a number to the 15 digits that a decimal column keeps, however it was computed."
    @spec rounded(iodata) :: iodata
    def rounded(sql), do: ["CAST(CAST(", sql, " AS TEXT) AS NUMERIC)"]

    @doc """
    SQL for a value computed from a column; an error if that would lose digits of the column's text.

    SQLite has no function for raising an error here, but json_extract() raises one that contains the given path.
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
          "'inc: cannot add to a decimal of more than 15 digits: read it, add to it and write it, in one transaction')"
        ],
        [" ELSE ", sql, " END"]
      ]
    end
  end
end
