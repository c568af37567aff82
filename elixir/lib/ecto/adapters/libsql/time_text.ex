if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.TimeText do
    @moduledoc false
    # Converts the texts of dates and datetimes in SQL. Each type has one format, in which the order of the texts is
    # that of the times. `EctoLibSql.Times` writes the same formats.

    alias Ecto.Adapters.LibSql.ExpressionType
    alias EctoLibSql.TypeOptions

    @doc """
    The moment of a date or datetime in 26 characters, as `2026-11-27T10:20:30.000004`.

    `length` is 26, or 15 for a time of day.
    """
    @spec moment(iodata, 15 | 26) :: iodata
    def moment(sql, length) do
      midnight = if length == 26, do: [" WHEN length(", sql, ") = 10 THEN 'T00:00:00.'"], else: []

      [
        ["substr(replace(rtrim(", sql, ", 'Z'), ' ', 'T') || CASE", midnight],
        [" WHEN instr(", sql, ", '.') THEN '' ELSE '.' END"],
        [" || '000000', 1, ", Integer.to_string(length), ?)]
      ]
    end

    @doc "Like `moment/2`, with `sql` in it only once."
    @spec moment_of(iodata, 15 | 26) :: iodata
    def moment_of(sql, length),
      do: ["(SELECT ", moment("d", length), " FROM (SELECT ", sql, " AS d))"]

    @doc "The text in which a date or datetime is stored as `type`, which cuts off what the type does not have."
    @spec stored(iodata, atom) :: iodata
    def stored(sql, type), do: of_moment(sql, written(type))

    @doc """
    A date or datetime as a text that has its place among the texts of `type`, and is equal to one of them only if the
    time is the same. What the type does not have stands after it.
    """
    @spec among(iodata, atom) :: iodata
    def among(sql, type) do
      {size, rest} = if type == :date, do: {10, "T00:00:00.000000"}, else: {19, ".000000"}
      tail = ["substr(v, #{size + 1})"]

      if type in [:naive_datetime_usec, :utc_datetime_usec] do
        stored(sql, type)
      else
        of_moment(sql, [
          written(type),
          [" || CASE ", tail, " WHEN '", rest, "' THEN '' ELSE ", tail, " END"]
        ])
      end
    end

    @doc "The SQL of `expr`, whose type is known, as a value that is stored as `type`."
    @spec converted(iodata, ExpressionType.t(), ExpressionType.t()) :: iodata
    def converted(sql, from, to) do
      if from != to and ExpressionType.one_format?(to) and
           (from == :date or ExpressionType.datetime?(from)),
         do: stored(sql, to),
         else: sql
    end

    defp of_moment(sql, text) do
      ["(SELECT ", text, " FROM (SELECT ", moment("d", 26), " AS v FROM (SELECT ", sql, " AS d)))"]
    end

    # The text of the moment `v`.
    defp written(:date), do: "substr(v, 1, 10)"

    defp written(type) do
      size = if type in [:naive_datetime_usec, :utc_datetime_usec], do: 26, else: 19

      case TypeOptions.get(:datetime_type) do
        :text_datetime ->
          "replace(substr(v, 1, #{size}), 'T', ' ')"

        :iso8601 when type in [:utc_datetime, :utc_datetime_usec] ->
          "substr(v, 1, #{size}) || 'Z'"

        :iso8601 ->
          "substr(v, 1, #{size})"
      end
    end
  end
end
